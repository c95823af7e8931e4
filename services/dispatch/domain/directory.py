"""The dispatch directory: whose duty a category in an area is (R4), as data."""

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
class Directory:
    """`entries` by (category, area). A category covers what is below it: `a/b` is below `a`."""

    version: str
    units: Mapping[str, Unit]
    entries: Mapping[tuple[str, str], Entry]

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
