"""Working days of a city: which days count, and why the others do not (R21, R28).

A calendar is data (see `registry/calendars/`): weekends, dated days off with their reason, dated
make-up working days 调休, and the years for which notices were published. Outside those years it
knows weekends and 1 January only, and says so (`is_published`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEW_YEAR = "元旦 New Year's Day"
NEW_YEAR_UNPUBLISHED = "元旦 1 January (year not published)"

_DAY = timedelta(days=1)

Shift = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Calendar:
    """One version of one calendar; equal calendars give equal answers.

    `weekend` maps `date.weekday()` to the reason shown for that day; `days_off` and `make_up` map
    dates to reasons, and a dated entry beats the weekend. `notices` says, per year, which notices
    it was taken from. Where `close_of_business` is set a day ends then, else at 24:00. `shifts` are
    the hours in which people work on a working day, from and to, in order.
    """

    id: str
    version: str
    time_zone: str
    published_through: int
    weekend: Mapping[int, str] = field(hash=False)
    days_off: Mapping[date, str] = field(hash=False)
    make_up: Mapping[date, str] = field(hash=False)
    published_from: int = 1
    notices: Mapping[int, tuple[str, ...]] = field(default_factory=dict, hash=False)
    close_of_business: time | None = None
    shifts: tuple[Shift, ...] = ()
    zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _years: dict[int, list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if both := sorted(self.days_off.keys() & self.make_up.keys()):
            raise ValueError(f"calendar {self.id}: {both[0]} is both off and a make-up day")
        if not set(range(7)) - self.weekend.keys():
            raise ValueError(f"calendar {self.id}: no weekday is a working day")
        if self.published_from > self.published_through:
            raise ValueError(f"calendar {self.id}: it ends before it begins")
        edges = [edge for shift in self.shifts for edge in shift]
        if any(one >= two for one, two in pairwise(edges)):
            raise ValueError(f"calendar {self.id}: shifts must follow each other within a day")
        object.__setattr__(self, "zone", _zone(self.id, self.time_zone))
        object.__setattr__(self, "_years", {})

    def is_published(self, day: date) -> bool:
        """Is the year of that day known for certain, so that nothing need be re-planned (R28)?"""
        return self.published_from <= day.year <= self.published_through

    def is_working(self, day: date) -> bool:
        """Does that day count?"""
        return self.reason_off(day) is None

    def reason_off(self, day: date) -> str | None:
        """Why that day does not count; None for a working day."""
        if day in self.make_up:
            return None
        reason = self.days_off.get(day)
        if reason is None and day.month == day.day == 1 and not self.is_published(day):
            reason = NEW_YEAR_UNPUBLISHED
        return reason if reason is not None else self.weekend.get(day.weekday())

    def add_working_days(self, day: date, count: int) -> date:
        """The count-th working day after `day`, which is not counted itself; before, if negative.

        `day` need not be a working day; a count of 0 gives it back.
        """
        if count == 0:
            return day
        year, target = day.year, day.toordinal()
        days = self._working(year)
        if count > 0:
            index = bisect_right(days, target) + count - 1
            while index >= len(days):
                index -= len(days)
                year += 1
                days = self._working(year)
        else:
            index = bisect_right(days, target - 1) + count
            while index < 0:
                year -= 1
                days = self._working(year)
                index += len(days)
        return date.fromordinal(days[index])

    def working_days_between(self, after: date, through: date) -> int:
        """How many working days lie after the first date, up to and with the second."""
        if through <= after:
            return 0
        first, last = after.toordinal(), through.toordinal()
        count = bisect_right(self._working(through.year), last)
        for year in range(after.year, through.year):
            count += len(self._working(year))
        return count - bisect_right(self._working(after.year), first)

    def local_date(self, instant: datetime) -> date:
        """The city's date at an instant. Raises ValueError for one without an offset."""
        if instant.tzinfo is None:
            raise ValueError(f"the instant {instant.isoformat()} has no offset from UTC")
        return instant.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """The first instant that is too late for that day, in UTC (R21, exclusive).

        24:00 is the first instant of the next day, also where the clocks change at midnight.
        """
        close = self.close_of_business
        if close is None:
            return self.midnight(day + _DAY)
        return self.instant(day, close)

    @property
    def open_shifts(self) -> tuple[Shift, ...]:
        """The shifts, none of which goes on behind the close of business (R21)."""
        close = self.close_of_business
        if close is None:
            return self.shifts
        return tuple((begin, min(end, close)) for begin, end in self.shifts if begin < close)

    def working_time(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """From and to, in UTC, of each shift of that day; none on a day off."""
        if self.shifts and self.is_working(day):
            for begin, end in self.open_shifts:
                yield self.instant(day, begin), self.instant(day, end)

    def with_notice(
        self, days: Mapping[date, bool], publishes_year: int | None = None, notice: str = ""
    ) -> Calendar:
        """The calendar after a notice: what it says of a day beats what was known (R27).

        A year that it publishes is certain from then on (R28); its 1 January stays off unless this
        notice or one before has it worked, for no notice has to repeat the law.
        """
        off = {**self.days_off}
        make_up = {**self.make_up}
        through = max(self.published_through, publishes_year or 0)
        for year in range(self.published_through + 1, through + 1):
            if date(year, 1, 1) not in make_up:
                off.setdefault(date(year, 1, 1), NEW_YEAR)
        reason = f"通知 notice {notice}".rstrip()
        for day, working in days.items():
            (off if working else make_up).pop(day, None)
            if working:
                make_up[day] = reason
            elif day not in off:
                off[day] = self.weekend.get(day.weekday(), reason)
        return replace(
            self,
            version=next_version(self.version),
            published_through=through,
            days_off=off,
            make_up=make_up,
        )

    def midnight(self, day: date) -> datetime:
        """The first instant of that day, in UTC."""
        return self.instant(day, time.min)

    def instant(self, day: date, clock: time) -> datetime:
        """That time of the city's day, in UTC."""
        return _instant(self.zone, day, clock)

    def _working(self, year: int) -> list[int]:
        """Ordinals of the working days of one year, in order, made once."""
        days = self._years.get(year)
        if days is None:
            ordinals = range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
            days = [n for n in ordinals if self.reason_off(date.fromordinal(n)) is None]
            self._years[year] = days
        return days


@lru_cache(maxsize=8_192)
def _instant(zone: ZoneInfo, day: date, clock: time) -> datetime:
    """All clocks of a city meet the same few times of the same days."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def next_version(version: str) -> str:
    """`1` and `1+1` are followed by `1+1` and `1+2`; what a calendar lies on, after `/`, stays."""
    own, lies_on, below = version.partition("/")
    first, _, number = own.partition("+")
    return f"{first}+{int(number or 0) + 1}{lies_on}{below}"


def _zone(calendar: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"calendar {calendar}: no time zone is called {name!r}") from error
