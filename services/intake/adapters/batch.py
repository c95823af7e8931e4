"""Matters as JSON lines in, decisions out: the rule sets without a city around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

import orjson

from services.intake.adapters.rule_sets import load_rules
from services.intake.domain.acceptance import receipt_from
from services.intake.domain.matter import (
    Case,
    Earlier,
    Kind,
    MatterFacts,
    Progress,
    Supplement,
    unknown_words,
)
from services.intake.domain.rules import Decision, Outcome, RuleSet

E = TypeVar("E", bound=StrEnum)
DECISIONS = {
    Outcome.ACCEPT: "accepted",
    Outcome.REFUSE: "refused",
    Outcome.DIVERT: "diverted",
    Outcome.TRANSFER: "transferred",
    Outcome.LINK: "linked",
    Outcome.ASK: "supplement_asked",
    Outcome.ANSWER: "answered_at_once",
}
# R16: what the states of an earlier ticket say of its handling, whichever system named them.
_BEING_HANDLED = """
being_handled handling in_progress in_handling in_hand processing open pending received accepted
queued dispatched confirmed contacted progressing replied reopened redo linked merged returned
extended paused supplement_asked
"""
_HANDLED = """
handled completed complete closed done finished resolved archived visited rated evaluated answered
answered_at_once
"""
_NOT_HANDLED = "not_handled refused withdrawn cancelled canceled diverted transferred rejected"
_STATES: Mapping[str, Progress] = {
    **dict.fromkeys(_BEING_HANDLED.split(), Progress.BEING_HANDLED),
    **dict.fromkeys(_HANDLED.split(), Progress.HANDLED),
    **dict.fromkeys(_NOT_HANDLED.split(), Progress.NOT_HANDLED),
}
_FACTS = {field.name: str(field.type) for field in fields(MatterFacts)}
# A channel that only knows that there is an answer, or a ground, says so by `true`.
_STATED_BY_TRUE = {"kb_answer": "KB", "other_ground": "on record"}
_KEYS = {
    "id", "rule_set", "title", "description", "kind", "channel", "called_number", "caller", "facts",
    "earlier", "supplement",
}  # fmt: skip
_EARLIER = {"ticket", "state", "same_caller", "same_matter", "new_circumstance"}
# The facts with the sub-centre's line; raises LookupError where nobody knows it.
Transferable = Callable[[MatterFacts], MatterFacts]


class BadLine(ValueError):
    """The line cannot be decided; the text says what to put right."""


def decided(lines: Iterable[bytes], transferable: Transferable) -> Iterator[bytes]:
    """One answer per line that is not blank, in their order; a bad one spoils no other.

    `transferable` gives the line of the sub-centre that is stated by number or name (R9).
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield orjson.dumps(_answer(line, number, transferable)) + b"\n"


def _answer(line: bytes, number: int, transferable: Transferable) -> dict[str, Any]:
    found: Any = None
    try:
        found = _parsed(line)
        rules, case = _rules(found), _case(found, transferable)
        return _told(found, case, rules.decide(case))
    except BadLine as error:
        name = found.get("id") if isinstance(found, dict) else None
        known = name if isinstance(name, str | int) and not isinstance(name, bool) else None
        return {"id": known, "error": f"line {number}: {error}"}


def _parsed(line: bytes) -> Any:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadLine("not a JSON object")
    name = found.get("id")
    if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
        raise BadLine("id must be a text or a whole number")
    return found


@cache
def _set(name: str) -> RuleSet:
    try:
        return load_rules(name)
    except ValueError as error:
        raise BadLine(str(error)) from None


def _rules(found: Mapping[str, Any]) -> RuleSet:
    name = found.get("rule_set")
    if not isinstance(name, str):
        raise BadLine("rule_set must name a rule set, such as suzhou or trial-measures")
    return _set(name)


def _case(found: Mapping[str, Any], transferable: Transferable) -> Case:
    for key in found.keys() - _KEYS:
        if meant := get_close_matches(key, _KEYS, n=1, cutoff=0.85):
            raise BadLine(f"{key[:40]}: there is no such field: {meant[0]} is meant")
    for name in ("title", "caller"):
        _mapping(found.get(name), name)
    for name in ("description", "channel", "called_number"):
        if not isinstance(found.get(name, ""), str | None):
            raise BadLine(f"{name} must be a text")
    supplement = found.get("supplement")
    return Case(
        kind=_word(Kind, found.get("kind"), "kind"),
        facts=_facts(_mapping(found.get("facts"), "facts"), transferable),
        earlier=_earlier(found.get("earlier")),
        supplement=Supplement.NONE
        if supplement is None
        else _word(Supplement, supplement, "supplement"),
    )


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise BadLine(f"{where} must be an object")
    return value or {}


def _word(words: type[E], value: Any, where: str) -> E:
    if value is None:
        raise BadLine(f"{where} is missing: it must be one of {', '.join(words)}")
    if not isinstance(value, str) or value not in list(words):
        raise BadLine(f"{where} must be one of {', '.join(words)}")
    return words(value)


def _facts(stated: Mapping[str, Any], transferable: Transferable) -> MatterFacts:
    facts = MatterFacts(**{name: _fact(name, v) for name, v in stated.items() if v is not None})
    if unknown := unknown_words(facts):
        raise BadLine(
            f"facts.{unknown[0]}: {getattr(facts, unknown[0])[:40]!r} is not a known word"
        )
    try:
        return transferable(facts)
    except LookupError:  # of another city's register: a batch hands nothing over
        return facts


def _fact(name: str, value: Any) -> Any:
    """A fact of its own type; for a text, False says that there is none."""
    form = _FACTS.get(name)
    if form is None:
        raise BadLine(f"facts.{name[:40]}: there is no such fact")
    if form == "bool":
        if not isinstance(value, bool):
            raise BadLine(f"facts.{name} must be true or false")
        return value
    if form.startswith("tuple"):
        return _elements(name, value)
    if value is False:
        return ""
    if value is True and name in _STATED_BY_TRUE:
        return _STATED_BY_TRUE[name]
    if not isinstance(value, str):
        raise BadLine(f"facts.{name} must be a text")
    return value.strip()


def _elements(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise BadLine(f"facts.{name} must be a list of texts")
    return tuple(value)


def _earlier(value: Any) -> tuple[Earlier, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadLine("earlier must be a list")
    return tuple(_one_earlier(part, f"earlier.{n}") for n, part in enumerate(value))


def _one_earlier(part: Any, where: str) -> Earlier:
    if not isinstance(part, dict):
        raise BadLine(f"{where} must be an object")
    if unknown := sorted(part.keys() - _EARLIER):
        raise BadLine(f"{where}: {unknown[0][:40]!r} is no field of an earlier ticket")
    ticket, state = part.get("ticket"), part.get("state")
    if not isinstance(ticket, str) or not ticket:
        raise BadLine(f"{where}.ticket must be a number")
    if not isinstance(state, str) or state.lower() not in _STATES:
        raise BadLine(f"{where}.state must be one of {', '.join(sorted(_STATES))}")
    flags = [part.get(n) or False for n in ("same_caller", "same_matter", "new_circumstance")]
    if not all(isinstance(flag, bool) for flag in flags):
        raise BadLine(f"{where}: same_caller, same_matter, new_circumstance are true or false")
    return Earlier(ticket, _STATES[state.lower()], *flags)


def _told(found: Mapping[str, Any], case: Case, decision: Decision) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": found["id"],
        "rule_set": found["rule_set"],
        "decision": DECISIONS[decision.outcome],
    }
    more = {
        "rule": decision.rule,
        "number": decision.number,
        **_where_to(found, decision),
        "missing": list(decision.missing),
        "not_to": case.barred_unit if decision.outcome is Outcome.ACCEPT else "",
        "right_place": decision.right_place.both,
    }
    told |= {name: value for name, value in more.items() if value}
    told |= {"reason": decision.reason.both, "matched": list(decision.matched)}
    ignored = sorted(key[:40] for key in found.keys() - _KEYS)
    return told | ({"ignored": ignored} if ignored else {})


def _where_to(found: Mapping[str, Any], decision: Decision) -> dict[str, str]:
    if decision.outcome is Outcome.DIVERT:
        # In the form of the running service's; a batch hands nothing over, so no line knows it.
        return {"line": decision.to, "receipt": receipt_from(decision.to, str(found["id"]))}
    if decision.outcome in (Outcome.TRANSFER, Outcome.LINK):
        return {"to": decision.to}
    return {}
