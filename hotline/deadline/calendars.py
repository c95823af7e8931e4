"""`python -m hotline.deadline.calendars`: the shipped tables against two independent libraries.

Prints every day on which they differ. Exit code 1 if a difference is not among those that
`services/deadline/registry/calendars/README.md` decides. The libraries are needed here alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar
import holidays

from services.deadline.adapters.registry import load_calendar

# The notice for 2006 (国办发明电〔2005〕35号) has this Saturday worked.
DECIDED = {("cn", "chinesecalendar", date(2005, 12, 31))}
YEARS = {"cn": range(2004, 2027), "us-federal": range(2010, 2028)}


@dataclass(frozen=True, slots=True)
class Difference:
    """A day that a library has otherwise than our table."""

    calendar: str
    library: str
    day: date
    ours: bool

    @property
    def is_decided(self) -> bool:
        return (self.calendar, self.library, self.day) in DECIDED


def differences() -> Iterator[Difference]:
    """Every day of every library that answers for a calendar."""
    for name, years in YEARS.items():
        ours = load_calendar(name)
        for library, is_working in _libraries(name, years):
            day = date(years.start, 1, 1)
            while day.year in years:
                if is_working(day) != ours.is_working(day):
                    yield Difference(name, library, day, ours.is_working(day))
                day += timedelta(days=1)


def _libraries(name: str, years: range) -> Iterator[tuple[str, Callable[[date], bool]]]:
    if name == "cn":
        yield "chinesecalendar", chinese_calendar.is_workday
    yield "holidays", holidays.country_holidays(name[:2].upper(), years=years).is_working_day


def main() -> None:
    """Print and judge."""
    found = list(differences())
    for one in found:
        ours = "working" if one.ours else "off"
        word = "decided" if one.is_decided else "UNDECIDED"
        sys.stdout.write(f"{one.calendar} {one.day} {ours}, {one.library} differs: {word}\n")
    sys.exit(not all(one.is_decided for one in found))


if __name__ == "__main__":
    main()
