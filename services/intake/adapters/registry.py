"""What intake knows of its city, from YAML."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.intake.adapters.entries import names, required, text
from services.intake.adapters.rule_sets import load_rules
from services.intake.domain.rules import Catalogue, RuleSet
from services.kernel import yaml_file

_CATALOGUE = {"id", "version", "rule_set", "time_zone", "country_code", "categories", "areas"}


@dataclass(frozen=True, slots=True)
class City:
    """What intake knows of its city; `country_code` is for numbers dialled without one."""

    rules: RuleSet
    catalogue: Catalogue
    zone: ZoneInfo
    country_code: str


def load(city: str) -> City:
    """Raises ValueError with one sentence that names file and key."""
    top, name = _read(city, "catalogue.yaml")
    required(top, _CATALOGUE, set(), f"{name}: the file")
    try:
        zone = ZoneInfo(text(top, "time_zone", name))
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name}: time_zone: {top['time_zone']!r} is no time zone") from None
    country_code = text(top, "country_code", name)
    catalogue = Catalogue(names(top, "categories", name), names(top, "areas", name))
    return City(load_rules(text(top, "rule_set", name)), catalogue, zone, country_code)


def _read(city: str, file_name: str) -> tuple[Any, str]:
    file = resources.files("services.intake") / "registry" / city / file_name
    name = f"intake/registry/{city}/{file_name}"
    if not file.is_file():
        raise ValueError(f"no catalogue for city {city!r}: {name} is missing")
    return yaml_file.read(file, name), name
