"""The dispatch directory: whose duty a category in an area is (R4), and how often, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that tickets can be dispatched to."""

    id: str
    zh: str
    en: str
    level: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Whose duty it is. An empty area covers every area."""

    unit: str
    co_handlers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """How often a ticket may come back.

    disputed_return: the return on which dispute review rules, finally (R24).
    redos_by_rule: redos that an unsatisfied visit orders by itself; redos: in all, the others
    ordered by a supervisor (R29).
    """

    disputed_return: int
    redos_by_rule: int
    redos: int


@dataclass(frozen=True, slots=True)
class Directory:
    """`entries` by (category, area). A category covers what is below it: `a/b` is below `a`.

    `version` is that of the rules too: one file, one decision of the city.
    """

    version: str
    units: Mapping[str, Unit]
    entries: Mapping[tuple[str, str], Entry]
    rules: Rules

    def find(self, category: str, area: str) -> Entry | None:
        """The most exact entry: the longest category, in the area before everywhere."""
        part = category
        while True:
            for where in (area, ""):
                entry = self.entries.get((part, where))
                if entry is not None:
                    return entry
            part, slash, _ = part.rpartition("/")
            if not slash:
                return None
