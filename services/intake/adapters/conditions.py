"""Conditions of rules in CEL, compiled once for a whole set (docs/decisions/006)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter

from cel_expr_python import cel

from services.intake.domain.matter import VOCABULARY, Case, Kind, MatterFacts, Progress, Supplement
from services.intake.domain.rules import Conditions

_TYPES = {"str": cel.Type.STRING, "bool": cel.Type.BOOL}
_FACTS = {f.name: _TYPES[str(f.type)] for f in fields(MatterFacts) if f.name != "missing"}
_stated = attrgetter(*_FACTS)
# A list costs ten times what a word does: the two that a matter has are counted for the conditions.
VARIABLES = {
    **_FACTS,
    "kind": cel.Type.STRING,
    "missing": cel.Type.INT,
    "supplement": cel.Type.STRING,
    "repeats_being_handled": cel.Type.BOOL,
    "repeats_handled": cel.Type.BOOL,
}
_WORDS = frozenset({"", *Kind, *Supplement, *frozenset().union(*VOCABULARY.values())})
_QUOTED = re.compile(r"'([^'\\]*)'|\"([^\"\\]*)\"")
_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter|matches)\s*\(")
_LONGEST = 500
_KEPT = 4_096  # most matters state none of the facts, or what many others state


class ConditionFails(ValueError):
    """A condition that has no value for this matter, such as the first of no elements."""


def compiled(conditions: Sequence[str], names: Sequence[str]) -> Conditions:
    """One callable for all of them: whether each holds, in their order.

    Raises ValueError with the name of the condition that is not CEL, gives neither true nor false,
    or names a variable, or a word in quotes, that no matter has. None may loop, so none takes long.
    """
    environment = cel.NewEnv(variables=VARIABLES)
    for condition, name in zip(conditions, names, strict=True):
        _check(environment, condition, name)
    whole = environment.compile("[" + ",".join(f"({c})" for c in conditions) + "]")

    @lru_cache(maxsize=_KEPT)
    def held_by(*values: object) -> Sequence[bool]:
        found = whole.eval(data=dict(zip(VARIABLES, values, strict=True))).plain_value()
        if not isinstance(found, list):  # an error comes as a value, and is never a "no"
            raise ConditionFails(str(found))
        return tuple(found)

    def held(case: Case) -> Sequence[bool]:
        return held_by(*values_of(case))

    held(Case(Kind.CONSULTATION))
    return held


def values_of(case: Case) -> tuple[object, ...]:
    """What the conditions are asked about, in the order of VARIABLES."""
    facts = case.facts
    repeated = {earlier.progress for earlier in case.repeats} if case.earlier else ()
    return (
        *_stated(facts),
        case.kind.value,
        len(facts.missing),
        case.supplement.value,
        Progress.BEING_HANDLED in repeated,
        Progress.HANDLED in repeated,
    )


def _check(environment: cel.Env, condition: str, name: str) -> None:
    if len(condition) > _LONGEST:
        raise ValueError(f"{name}: longer than {_LONGEST} characters")
    if loop := _LOOP.search(condition):
        raise ValueError(f"{name}: {loop[0].strip(' .(')} is not for rules")
    words = {single or double for single, double in _QUOTED.findall(condition)}
    if unknown := sorted(words - _WORDS):
        raise ValueError(f"{name}: no fact of a matter is stated as {unknown[0]!r}")
    try:
        kind = environment.compile(condition).return_type()
    except RuntimeError as error:
        raise ValueError(f"{name}: {_sentence(error)}") from None
    if kind != cel.Type.BOOL:
        raise ValueError(f"{name}: gives {kind.name()}, neither true nor false")


def _sentence(error: RuntimeError) -> str:
    first = str(error).splitlines()[0]
    return re.sub(r"^INVALID_ARGUMENT: ERROR: <input>:", "", first)
