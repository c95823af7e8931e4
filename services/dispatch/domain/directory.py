"""The dispatch directory: whose duty a category in an area is (R4), and how often, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from services.kernel.decider import Value


class Unit(Value):
    """A unit that tickets can be dispatched to."""

    id: str
    zh: str
    en: str
    level: str


class Entry(Value):
    """Whose duty it is. An empty area covers every area."""

    unit: str
    co_handlers: tuple[str, ...] = ()


class Rules(Value):
    """How often a ticket may come back.

    disputed_return: the return on which dispute review rules, finally (R24).
    redos_by_rule: redos that an unsatisfied visit orders by itself; redos: in all, the others
    ordered by a supervisor (R29).
    """

    disputed_return: int
    redos_by_rule: int
    redos: int


class Directory(Value):
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
            if entry := self.own(part, area):
                return entry
            part, slash, _ = part.rpartition("/")
            if not slash:
                return None

    def own(self, category: str, area: str) -> Entry | None:
        """The entry of that very category, in the area before everywhere."""
        return self.entries.get((category, area)) or self.entries.get((category, ""))

    def hinted(self, category: str, area: str, hint: str) -> Entry | None:
        """The entry that the category tree names, where the category has none of its own (R4).

        It counts before those of the categories above. A hint that names one of these says nothing
        new: an entry between the two is more exact.
        """
        above = f"{category}/".startswith(f"{hint}/")
        return None if not hint or above or self.own(category, area) else self.find(hint, area)


Directories = Callable[[datetime], Directory]
"""The directory in effect at the instant of a command."""


def always(directory: Directory) -> Directories:
    """The same at any time."""
    return lambda _: directory
