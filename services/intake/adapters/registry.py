"""What intake knows of its city, from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.intake.adapters.articles import load_articles
from services.intake.adapters.categories import load_tree
from services.intake.adapters.channels import load_channels
from services.intake.adapters.entries import names, required, text
from services.intake.adapters.hotlines import load_register
from services.intake.adapters.rule_sets import load_rules, shipped_rules
from services.intake.domain.categories import NO_TREE, Catalogue
from services.intake.domain.rules import RuleSet
from services.intake.domain.similar import SameMatter
from services.kernel import yaml_file
from services.kernel.decider import Value, field

_CATALOGUE = {"id", "version", "rule_set", "time_zone", "country_code", "categories", "areas"}


class City(Value):
    """What intake knows of its city; `country_code` is for numbers dialled without one.

    `documents` are those of the registries as they are shipped, by name.
    """

    rules: RuleSet
    catalogue: Catalogue
    zone: ZoneInfo
    country_code: str
    same: SameMatter | None = None
    documents: Mapping[str, Any] = field(default_factory=dict)


def load(city: str) -> City:
    """Raises ValueError with one sentence that names file and key."""
    top, name = _read(city, "catalogue.yaml")
    required(top, _CATALOGUE, {"tree", "same_matter"}, f"{name}: the file")
    try:
        zone = ZoneInfo(text(top, "time_zone", name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name}: time_zone: {top['time_zone']!r} is no time zone") from None
    country_code = text(top, "country_code", name)
    tree, rows = load_tree(text(top, "tree", name)) if "tree" in top else (NO_TREE, ())
    categories, areas = names(top, "categories", name), names(top, "areas", name)
    articles, article_document = load_articles(city)
    register, hotlines = load_register(city)
    switchboard, channels = load_channels(city)
    catalogue = Catalogue(categories, areas, tree, zone, articles, register, switchboard)
    rules = load_rules(text(top, "rule_set", name))
    documents = {
        "channels": channels,
        "hotlines": hotlines,
        "articles": article_document,
        "categories": {"version": "shipped", "categories": list(rows)},
        f"rules/{rules.id}": shipped_rules(top["rule_set"]),
    }
    same = _same(top["same_matter"], f"{name}: same_matter") if "same_matter" in top else None
    return City(rules, catalogue, zone, country_code, same, documents)


def _same(part: Any, where: str) -> SameMatter:
    """When two matters are the same (R16)."""
    required(part, {"likeness", "radius_m", "days"}, set(), where)
    bounds = {"likeness": 100, "radius_m": 100_000, "days": 3_660}
    for key, most in bounds.items():
        if type(part[key]) is not int or not 0 < part[key] <= most:
            raise ValueError(f"{where}.{key}: {part[key]!r} is no number from 1 to {most}")
    return SameMatter(part["likeness"], part["radius_m"], timedelta(days=part["days"]))


def _read(city: str, file_name: str) -> tuple[Any, str]:
    file = resources.files("services.intake") / "registry" / city / file_name
    name = f"intake/registry/{city}/{file_name}"
    if not file.is_file():
        raise ValueError(f"no catalogue for city {city!r}: {name} is missing")
    return yaml_file.read(file, name), name
