"""Rule set and catalogue of a city, from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from services.intake.domain.matter import MatterFacts
from services.intake.domain.rules import Catalogue, Outcome, Rule, RuleSet, one_of

_FACTS = {field.name: field.type for field in fields(MatterFacts)}
_RULE = {"number", "rule", "outcome", "when"}


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
        zone = ZoneInfo(top["time_zone"])
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name}: time_zone: {top['time_zone']!r} is no time zone") from None
    catalogue = Catalogue(_names(top, "categories", name), _names(top, "areas", name))
    return City(rule_set, catalogue, zone, str(top["country_code"]))


def parse_rules(top: Any, name: str) -> RuleSet:
    """The rules in the order of the file, which is the order in which they are asked."""
    _require(top, {"id", "version", "rules"}, set(), f"{name}: the file")
    rules = tuple(_rule(part, f"{name}: rules.{n}") for n, part in enumerate(top["rules"]))
    return RuleSet(top["id"], top["version"], rules)


def _read(city: str, file_name: str) -> tuple[Any, str]:
    file = resources.files("services.intake") / "registry" / city / file_name
    name = f"intake/registry/{city}/{file_name}"
    if not file.is_file():
        raise ValueError(f"no rules for city {city!r}: {name} is missing")
    return yaml.safe_load(file.read_text("utf-8")), name


def _require(part: Any, keys: set[str], optional: set[str], where: str) -> None:
    if not isinstance(part, dict):
        raise ValueError(f"{where} must be a mapping")
    unknown, missing = part.keys() - keys - optional, keys - part.keys()
    if unknown or missing:
        what = f"unknown {sorted(unknown)}" if unknown else f"missing {sorted(missing)}"
        raise ValueError(f"{where}: {what}")


def _names(top: Mapping[str, Any], key: str, name: str) -> dict[str, str]:
    if not isinstance(top[key], dict) or not top[key]:
        raise ValueError(f"{name}: {key} must map ids to names")
    return {str(k): str(v) for k, v in top[key].items()}


def _rule(part: Any, where: str) -> Rule:
    _require(part, _RULE, {"reason", "right_place"}, where)
    try:
        outcome = Outcome(part["outcome"])
    except ValueError:
        raise ValueError(f"{where}.outcome: {part['outcome']!r} is no outcome") from None
    reason = part.get("reason", {})
    if outcome is Outcome.REFUSE:
        _require(reason, {"zh", "en"}, set(), f"{where}.reason")
    return Rule(
        number=int(part["number"]),
        rule=part["rule"],
        outcome=outcome,
        condition=one_of(_wanted(part["when"], f"{where}.when")),
        reason_zh=reason.get("zh", ""),
        reason_en=reason.get("en", ""),
        right_place=part.get("right_place", ""),
    )


def _wanted(when: Any, where: str) -> dict[str, frozenset[str] | bool]:
    if not isinstance(when, dict) or not when:
        raise ValueError(f"{where} must name at least one fact")
    wanted: dict[str, frozenset[str] | bool] = {}
    for fact, value in when.items():
        if fact not in _FACTS:
            raise ValueError(f"{where}: {fact!r} is no fact of a matter")
        if isinstance(value, bool) == (_FACTS[fact] == "bool"):
            wanted[fact] = value if isinstance(value, bool) else frozenset(map(str, value))
        else:
            raise ValueError(f"{where}.{fact}: {value!r} is not of its type")
    return wanted
