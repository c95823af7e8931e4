"""A city's own days on top of another calendar: closures, make-up days, hours (R21, R27, R28).

The calendar below is published by somebody else, so that its later notices reach the city.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import lru_cache

from services.deadline.domain.calendar import Calendar, Shift


@dataclass(frozen=True, slots=True)
class OwnDays:
    """What a calendar that `extends` another one says itself; the rest is the other one's.

    So are weekend and published years: who publishes a year makes its due dates certain (R28).
    """

    id: str
    version: str
    extends: str
    days_off: Mapping[date, str] = field(hash=False)
    make_up: Mapping[date, str] = field(hash=False)
    notices: Mapping[int, tuple[str, ...]] = field(default_factory=dict, hash=False)
    time_zone: str = ""
    close_of_business: time | None = None
    shifts: tuple[Shift, ...] = ()

    def __post_init__(self) -> None:
        if both := sorted(self.days_off.keys() & self.make_up.keys()):
            raise ValueError(f"calendar {self.id}: {both[0]} is both off and a make-up day")

    def over(self, below: Calendar) -> Calendar:
        """The whole calendar. What is said here of a day beats what is said below, also later."""
        off = {d: why for d, why in below.days_off.items() if d not in self.make_up}
        make_up = {d: why for d, why in below.make_up.items() if d not in self.days_off}
        years = below.notices.keys() | self.notices.keys()
        return Calendar(
            id=self.id,
            version=f"{self.version}/{below.id}@{below.version}",
            time_zone=self.time_zone or below.time_zone,
            published_from=below.published_from,
            published_through=below.published_through,
            weekend=below.weekend,
            days_off=off | _named(self.days_off, self.id),
            make_up=make_up | _named(self.make_up, self.id),
            notices={y: below.notices.get(y, ()) + self.notices.get(y, ()) for y in years},
            close_of_business=self.close_of_business or below.close_of_business,
            shifts=self.shifts or below.shifts,
        )


def laid(base: Calendar, own: tuple[OwnDays, ...]) -> Calendar:
    """The calendar that own days, the lowest first, give on `base`, which alone stays as it is.

    Each dated reason names the calendar that it comes from, so that a proof says so (R27).
    """
    return _laid(base, own) if own else base


@lru_cache(maxsize=64)  # every decision asks, and a calendar counts its years once
def _laid(base: Calendar, own: tuple[OwnDays, ...]) -> Calendar:
    off, make_up = _named(base.days_off, base.id), _named(base.make_up, base.id)
    found = replace(base, days_off=off, make_up=make_up)
    for part in own:
        found = part.over(found)
    return found


def _named(days: Mapping[date, str], calendar: str) -> dict[date, str]:
    return {day: f"{why} ({calendar})" for day, why in days.items()}
