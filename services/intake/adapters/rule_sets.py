"""Rule sets from YAML, their conditions compiled."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from services.intake.adapters.conditions import VARIABLES, compiled
from services.intake.adapters.entries import required, sentences, text, texts, words
from services.intake.domain.matter import VOCABULARY, Progress
from services.intake.domain.rules import NO_WORDS, PLACEHOLDERS, Outcome, Rule, RuleSet, Words
from services.kernel import yaml_file

_SET = {"id", "version", "accepted", "accepted_barred", "accepted_related", "rules"}
_RULE = {"rule", "outcome", "when", "reason"}
_MORE = {
    Outcome.REFUSE: ({"right_place"}, {"right_places"}),
    Outcome.DIVERT: ({"right_place", "lines"}, {"any_line"}),
    Outcome.TRANSFER: ({"right_place"}, set()),
    Outcome.LINK: ({"right_place", "links"}, set()),
    Outcome.ASK: (set(), set()),
    Outcome.ANSWER: (set(), set()),
}
_FOLDER = resources.files("services.intake") / "registry" / "rule_sets"


def shipped() -> tuple[str, ...]:
    """The names of the rule sets that come with Hotline."""
    return tuple(sorted(f.name.removesuffix(".yaml") for f in _FOLDER.iterdir()))


def shipped_rules(name: str) -> Any:
    """The document of a shipped set. Raises ValueError."""
    return _read(name)[0]


def load_rules(name: str) -> RuleSet:
    """The shipped set of that name. Raises ValueError with one sentence that names file and key."""
    return parse_rules(*_read(name))


def conditions_of(name: str) -> list[str]:
    """The conditions of a shipped set, in its order. Raises ValueError."""
    top, where = _read(name)
    return [text(part, "when", where) for part in top["rules"]]


def _read(name: str) -> tuple[Any, str]:
    if name not in shipped():
        raise ValueError(f"there is no rule set {name[:40]!r}: {', '.join(shipped())}")
    where = f"intake/registry/rule_sets/{name}.yaml"
    return yaml_file.read(_FOLDER / f"{name}.yaml", where), where


def parse_rules(top: Any, name: str) -> RuleSet:
    """The rules in the order of the file, which is the order in which they are asked."""
    required(top, _SET, {"elements"}, f"{name}: the file")
    if not isinstance(top["rules"], list) or not top["rules"]:
        raise ValueError(f"{name}: rules must be a list of at least one rule")
    places = [f"{name}: rules.{n}" for n in range(len(top["rules"]))]
    rules = tuple(_rule(part, where) for part, where in zip(top["rules"], places, strict=True))
    conditions = [
        text(part, "when", where) for part, where in zip(top["rules"], places, strict=True)
    ]
    return RuleSet(
        text(top, "id", name),
        text(top, "version", name),
        rules,
        compiled(conditions, [f"{where}.when" for where in places]),
        accepted=_words(top["accepted"], f"{name}: accepted"),
        accepted_barred=_words(top["accepted_barred"], f"{name}: accepted_barred"),
        accepted_related=_words(top["accepted_related"], f"{name}: accepted_related"),
        elements=_elements(top.get("elements", {}), f"{name}: elements"),
    )


def _elements(value: Any, where: str) -> Mapping[str, Words]:
    """The names of what a matter may lack (R18)."""
    if not isinstance(value, dict) or not all(isinstance(element, str) for element in value):
        raise ValueError(f"{where} must map elements to their names")
    return {element: words(value[element], f"{where}.{element}") for element in value}


def _rule(part: Any, where: str) -> Rule:
    required(
        part, _RULE, {"number", *(k for pair in _MORE.values() for ks in pair for k in ks)}, where
    )
    outcome = _outcome(part["outcome"], where)
    more, optional = _MORE[outcome]
    required(part, _RULE | more, optional | {"number"}, where)
    number = part.get("number", 0)
    if type(number) is not int or ("number" in part and number < 1):
        raise ValueError(f"{where}.number: {number!r} is no number from 1")
    fact, by_value = _places(part.get("right_places"), f"{where}.right_places")
    return Rule(
        rule=text(part, "rule", where),
        outcome=outcome,
        number=number,
        reason=_words(part["reason"], f"{where}.reason"),
        place=_words(part["right_place"], f"{where}.right_place") if more else NO_WORDS,
        place_fact=fact,
        places=by_value,
        lines=texts(part["lines"], f"{where}.lines") if "lines" in part else (),
        any_line=_flag(part, "any_line", where),
        links=_links(part.get("links"), f"{where}.links"),
    )


def _outcome(value: Any, where: str) -> Outcome:
    if value not in list(_MORE):
        raise ValueError(f"{where}.outcome: {value!r} is no outcome: {', '.join(_MORE)}")
    return Outcome(value)


def _flag(part: Mapping[str, Any], key: str, where: str) -> bool:
    value = part.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{where}.{key}: {value!r} is neither true nor false")
    return value


def _links(value: Any, where: str) -> frozenset[Progress]:
    named = texts(value, where) if value is not None else ()
    if unknown := sorted(set(named) - set(Progress)):
        raise ValueError(f"{where}: {unknown[0]!r} is not one of {', '.join(Progress)}")
    return frozenset(map(Progress, named))


def _places(value: Any, where: str) -> tuple[str, dict[str, Words]]:
    """The fact by whose value the right place differs, and the places."""
    if value is None:
        return "", {}
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(f"{where} must name one fact")
    ((fact, by_value),) = value.items()
    if fact not in VOCABULARY or fact not in VARIABLES:
        raise ValueError(f"{where}: {fact!r} is no fact that is stated in one of a few words")
    required(by_value, set(), set(VOCABULARY[fact]), f"{where}.{fact}")
    return fact, {word: _words(by_value[word], f"{where}.{fact}.{word}") for word in by_value}


def _words(value: Any, where: str) -> Words:
    return sentences(value, PLACEHOLDERS, where)
