"""What a city counts in a unit's score: the words of its formula, without its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from services.kernel.decider import Value

MEASURED = ("on_time", "confirmed_on_time", "contacted", "solved", "satisfied", "promise_kept")


class Formula(Value):
    """One version of a city's score formula (R30, R31).

    `attempts` is the number of failed visits after which nobody is asked any more (R29).
    `handling`, `confirming` and `promising` name the clocks whose misses spoil `on_time`,
    `confirmed_on_time` and `promise_kept`. `weights` says how many of a hundred points each rate
    brings; R30 does not name promises, so they bring none unless the city says so.
    """

    id: str
    version: str
    attempts: int
    handling: frozenset[str]
    confirming: frozenset[str]
    weights: Mapping[str, int]
    promising: frozenset[str] = frozenset({"reply_promise"})

    @property
    def name(self) -> str:
        """As decisions cite it."""
        return f"{self.id}/{self.version}"


Formulas = Callable[[datetime], Formula]
"""The formula in effect at an instant. An entry is booked by that of its visit, whenever (R31)."""


def always(formula: Formula) -> Formulas:
    """The same at any time."""
    return lambda _: formula
