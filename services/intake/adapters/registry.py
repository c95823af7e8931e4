"""Rule set and catalogue of a city, from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.intake.domain.matter import VOCABULARY, Kind, MatterFacts
from services.intake.domain.rules import Catalogue, Outcome, Rule, RuleSet, one_of
from services.kernel import yaml_file

_FACTS = {field.name: field.type for field in fields(MatterFacts)}
_RULE = {"number", "rule", "outcome", "when"}
_BOTH = {"zh", "en"}


@dataclass(frozen=True, slots=True)
class City:
    """What intake knows of its city; `country_code` is for numbers dialled without one."""

    rules: RuleSet
    catalogue: Catalogue
    zone: ZoneInfo
    country_code: str


def load(city: str) -> City:
    """Raises ValueError with one sentence that names file and key."""
    rules, name = _read(city, "rule_set.yaml")
    rule_set = parse_rules(rules, name)
    top, name = _read(city, "catalogue.yaml")
    keys = {"id", "version", "time_zone", "country_code", "categories", "areas"}
    _require(top, keys, set(), f"{name}: the file")
    try:
        zone = ZoneInfo(_word(top, "time_zone", name))
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name}: time_zone: {top['time_zone']!r} is no time zone") from None
    country_code = _word(top, "country_code", name)
    catalogue = Catalogue(_names(top, "categories", name), _names(top, "areas", name))
    return City(rule_set, catalogue, zone, country_code)


def parse_rules(top: Any, name: str) -> RuleSet:
    """The rules in the order of the file, which is the order in which they are asked."""
    _require(top, {"id", "version", "rules"}, set(), f"{name}: the file")
    if not isinstance(top["rules"], list) or not top["rules"]:
        raise ValueError(f"{name}: rules must be a list of at least one rule")
    rules = tuple(_rule(part, f"{name}: rules.{n}") for n, part in enumerate(top["rules"]))
    return RuleSet(_word(top, "id", name), _word(top, "version", name), rules)


def _read(city: str, file_name: str) -> tuple[Any, str]:
    file = resources.files("services.intake") / "registry" / city / file_name
    name = f"intake/registry/{city}/{file_name}"
    if not file.is_file():
        raise ValueError(f"no rules for city {city!r}: {name} is missing")
    return yaml_file.read(file, name), name


def _require(part: Any, keys: set[str], optional: set[str], where: str) -> None:
    if not isinstance(part, dict):
        raise ValueError(f"{where} must be a mapping")
    unknown, missing = part.keys() - keys - optional, keys - part.keys()
    if unknown or missing:
        what = f"unknown {sorted(map(str, unknown))}" if unknown else f"missing {sorted(missing)}"
        raise ValueError(f"{where}: {what}")


def _word(part: Mapping[str, Any], key: str, where: str) -> str:
    value = part[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{where}: {key}: {value!r} is no text (quote it)")
    return value


def _words(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        raise ValueError(f"{where} must be a list of texts (quote numbers)")
    return tuple(value)


def _names(top: Mapping[str, Any], key: str, name: str) -> dict[str, str]:
    if not isinstance(top[key], dict) or not top[key]:
        raise ValueError(f"{name}: {key} must map ids to names")
    for word in top[key]:
        if not isinstance(word, str):
            raise ValueError(f"{name}: {key}: {word!r} is no text (quote it)")
    return {word: _word(top[key], word, f"{name}: {key}") for word in top[key]}


def _rule(part: Any, where: str) -> Rule:
    _require(part, _RULE, {"reason", "right_place", "lines", "kinds"}, where)
    outcome = _outcome(part["outcome"], where)
    if type(part["number"]) is not int or part["number"] < 1:
        raise ValueError(f"{where}.number: {part['number']!r} is no number from 1")
    number, rule = part["number"], _word(part, "rule", where)
    condition = one_of(_wanted(part["when"], f"{where}.when"))
    if outcome is Outcome.DIVERT:
        _require(part, {*_RULE, "lines"}, set(), where)
        return Rule(number, rule, outcome, condition, lines=_words(part["lines"], f"{where}.lines"))
    _require(part, {*_RULE, "reason", "right_place"}, {"kinds"}, where)
    zh, en = _zh_en(part, "reason", where)
    place, kinds = _place(part, where), _kinds(part, where)
    return Rule(number, rule, outcome, condition, zh, en, place, kinds=kinds)


def _outcome(value: Any, where: str) -> Outcome:
    try:
        return Outcome(value)
    except ValueError:
        raise ValueError(f"{where}.outcome: {value!r} is no outcome") from None


def _kinds(part: Mapping[str, Any], where: str) -> frozenset[Kind]:
    words = _words(part["kinds"], f"{where}.kinds") if "kinds" in part else ()
    unknown = sorted(set(words) - set(Kind))
    if unknown:
        raise ValueError(f"{where}.kinds: {unknown} is no kind of matter")
    return frozenset(map(Kind, words))


def _zh_en(part: Mapping[str, Any], key: str, where: str) -> tuple[str, str]:
    _require(part[key], _BOTH, set(), f"{where}.{key}")
    return _word(part[key], "zh", f"{where}.{key}"), _word(part[key], "en", f"{where}.{key}")


def _place(part: Mapping[str, Any], where: str) -> str:
    """One text for both languages: a number reads the same in each."""
    zh, en = _zh_en(part, "right_place", where)
    return zh if zh == en else f"{zh} {en}"


def _wanted(when: Any, where: str) -> dict[str, frozenset[str] | bool]:
    if not isinstance(when, dict) or not when:
        raise ValueError(f"{where} must name at least one fact")
    return {fact: _values(fact, value, where) for fact, value in when.items()}


def _values(fact: str, value: Any, where: str) -> frozenset[str] | bool:
    if fact not in _FACTS:
        raise ValueError(f"{where}: {fact!r} is no fact of a matter")
    if _FACTS[fact] == "bool":
        if not isinstance(value, bool):
            raise ValueError(f"{where}.{fact}: {value!r} is neither true nor false")
        return value
    words = frozenset(_words(value, f"{where}.{fact}"))
    unknown = words - VOCABULARY.get(fact, words)
    if unknown:
        raise ValueError(f"{where}.{fact}: {sorted(unknown)} is not in the vocabulary")
    return words
