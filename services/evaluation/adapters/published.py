"""The score formula as an administrator publishes it, version by version (R30, R31)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.evaluation.adapters.registry import Registry as Shipped
from services.evaluation.adapters.registry import document, load, parse
from services.evaluation.domain.formula import Formula
from services.kernel.decider import replace
from services.kernel.registry import Kind, Registry

NAME = "formula"


def kinds(city: str) -> dict[str, Kind[Formula]]:
    """What the registry keeps. Raises ValueError where the city has no formula."""
    shipped = load(city)

    def read(content: Any) -> Formula:
        found = parse(content, NAME)
        if _fixed(found) != _fixed(shipped):
            raise ValueError(
                f"{NAME}: id, time_zone, windows and surge stay as they are: months are counted "
                "by the zone, and the live windows read theirs from the release's file"
            )
        return found.formula

    return {NAME: Kind(shipped.formula, read, document(city))}


class InEffect:
    """The formula in effect at an instant."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._cited: dict[int, Formula] = {}

    def __call__(self, at: datetime) -> Formula:
        """An entry cites one version, whatever the file calls itself."""
        number = self._registry.version(NAME, at)
        if number not in self._cited:
            found: Formula = self._registry.at(NAME, at)
            version = f"{found.version}/{number}" if number else found.version
            self._cited[number] = replace(found, version=version)
        return self._cited[number]


def _fixed(city: Shipped) -> tuple[Any, ...]:
    return city.formula.id, city.zone, city.keep, city.surge
