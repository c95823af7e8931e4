"""What the city has laid down, as it is in effect at an instant: shipped, or published since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.intake.adapters.articles import parse_articles
from services.intake.adapters.categories import parse_tree
from services.intake.adapters.channels import parse_channels
from services.intake.adapters.hotlines import parse_register
from services.intake.adapters.registry import City
from services.intake.adapters.rule_sets import parse_rules
from services.intake.domain.categories import Catalogue, Tree, not_readable
from services.intake.domain.hotlines import Register, against_r7
from services.intake.domain.rules import RuleSet
from services.kernel.clock import Clock
from services.kernel.decider import replace
from services.kernel.registry import Entry, Kind, Registry, RegistryStore, Unfit

_OF_A_CITY = frozenset({"channels", "hotlines", "articles", "categories"})
_LATEST = datetime.max.replace(tzinfo=UTC)


def kinds_of(city: City) -> dict[str, Kind[Any]]:
    """The registries of a city, each by its name, with what is shipped."""
    catalogue, rules = city.catalogue, f"rules/{city.rules.id}"
    shipped = {
        "channels": (catalogue.switchboard, parse_channels),
        "hotlines": (catalogue.register, parse_register),
        "articles": (catalogue.articles, parse_articles),
        "categories": (catalogue.tree, parse_tree),
        rules: (city.rules, _rules_of(city.rules.id)),
    }
    return {
        name: Kind(value, _named(parse, name), city.documents.get(name))
        for name, (value, parse) in shipped.items()
    }


def _named(parse: Callable[[Any, str], Any], name: str) -> Callable[[Any], Any]:
    return lambda document: parse(document, name)


def _rules_of(set_id: str) -> Callable[[Any, str], RuleSet]:
    """A city keeps its set: another one is another name."""

    def parse(document: Any, name: str) -> RuleSet:
        rules = parse_rules(document, name)
        if rules.id != set_id:
            raise ValueError(f"{name}: id: {rules.id!r} is another set")
        return rules

    return parse


class CityRegistry(Registry):
    """The registries of a city; what may not be changed at all is refused before it is taken."""

    def __init__(self, store: RegistryStore, clock: Clock, kinds: Mapping[str, Kind[Any]]) -> None:
        super().__init__(store, clock, kinds)
        self._parses = {name: kind.parse for name, kind in kinds.items()}
        self.is_as_shipped = True

    async def refresh(self) -> list[Entry]:
        found = await super().refresh()
        published = [entry.name for entry in found if entry.version]
        if any(name in _OF_A_CITY or name.startswith("rules/") for name in published):
            self.is_as_shipped = False
        return found

    async def publish(self, name: str, document: Any, **stated: Any) -> Entry:
        """Raises Unfit for what R7 refuses without an approval, and for a category that is gone or
        has another name (R4)."""
        if name in ("hotlines", "categories"):
            try:
                self._require_allowed(name, self._parses[name](document))
            except ValueError as error:
                raise Unfit(str(error)) from None
        return await super().publish(name, document, **stated)

    def _require_allowed(self, name: str, after: Register | Tree) -> None:
        before = self.at(name, _LATEST)
        if isinstance(after, Register):
            if found := against_r7(before, after):
                raise ValueError(f"{name}: {found[0]}")
        elif found := not_readable(before, after):
            raise ValueError(f"{name}: {found[0]}, so that its old tickets stay readable")


class Books:
    """A city by time. Without a registry it is as shipped for ever."""

    def __init__(self, city: City, registry: CityRegistry | None = None) -> None:
        self.city = city
        self._registry = registry
        self._names = tuple(kinds_of(city))
        self._composed: tuple[tuple[int, ...], City] = ((0,) * len(self._names), city)

    def at(self, instant: datetime) -> City:
        """By the time of a command alone, so that every replica decides alike."""
        if self._registry is None or self._registry.is_as_shipped:
            return self.city
        version = self._registry.version
        versions = tuple([version(name, instant) for name in self._names])
        if versions != self._composed[0]:
            self._composed = versions, self._city(self._registry, instant)
        return self._composed[1]

    def laid_down(self, instant: datetime) -> tuple[RuleSet, Catalogue]:
        """What a decision rests on."""
        city = self.at(instant)
        return city.rules, city.catalogue

    def _city(self, registry: Registry, instant: datetime) -> City:
        catalogue = replace(
            self.city.catalogue,
            switchboard=registry.at("channels", instant),
            register=registry.at("hotlines", instant),
            articles=registry.at("articles", instant),
            tree=registry.at("categories", instant),
        )
        name = f"rules/{self.city.rules.id}"
        rules, number = registry.at(name, instant), registry.version(name, instant)
        if number:  # a decision cites one version of the set, whatever the file calls itself
            rules = replace(rules, version=f"{rules.version}/{number}")
        return replace(self.city, rules=rules, catalogue=catalogue)
