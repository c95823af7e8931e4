"""Working days of a city: which days count, and why the others do not (R21, R28).

A calendar is data (see `registry/calendars/`): weekends, dated days off with their reason, dated
make-up working days 调休, and the years for which notices were published. Outside those years it
knows weekends and 1 January only, and says so (`is_published`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEW_YEAR_UNPUBLISHED = "元旦 1 January (year not published)"

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """One version of one calendar; equal calendars give equal answers.

    `weekend` maps `date.weekday()` to the reason shown for that day; `days_off` and `make_up` map
    dates to reasons, and a dated entry beats the weekend. `notices` says, per year, which notices
    it was taken from. Where `close_of_business` is set a day ends then, else at 24:00.
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
    zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _years: dict[int, list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if both := sorted(self.days_off.keys() & self.make_up.keys()):
            raise ValueError(f"calendar {self.id}: {both[0]} is both off and a make-up day")
        if not set(range(7)) - self.weekend.keys():
            raise ValueError(f"calendar {self.id}: no weekday is a working day")
        if self.published_from > self.published_through:
            raise ValueError(f"calendar {self.id}: it ends before it begins")
        object.__setattr__(self, "zone", _zone(self.id, self.time_zone))
        object.__setattr__(self, "_years", {})

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> Calendar:
        """Read the plain form that the YAML files have; `to_data` writes it.

        Keys of `days_off` and `make_up` are one date, a range `first/last`, or several of both
        with commas. Raises ValueError with the sentence to show to whoever edits the file.
        """
        where = f"calendar {data.get('id', '?')}"
        unknown = data.keys() - _FIELDS
        if unknown:
            raise ValueError(f"{where}: unknown field {sorted(unknown)[0]}")
        close = data.get("close_of_business")
        return cls(
            id=_text(where, data, "id"),
            version=_text(where, data, "version"),
            time_zone=_text(where, data, "time_zone"),
            published_from=_year(where, data, "published_from", 1),
            published_through=_year(where, data, "published_through"),
            weekend=_weekend(where, _table(where, data, "weekend")),
            days_off=_dated(where, _table(where, data, "days_off")),
            make_up=_dated(where, _table(where, data, "make_up")),
            notices=_notices(where, _table(where, data, "notices")),
            close_of_business=None if close is None else _clock_time(where, close),
        )

    def to_data(self) -> dict[str, object]:
        """The whole calendar as JSON can carry it, one entry per date: what a proof encloses."""
        data: dict[str, object] = {
            "id": self.id,
            "version": self.version,
            "time_zone": self.time_zone,
            "published_from": self.published_from,
            "published_through": self.published_through,
            "weekend": {WEEKDAYS[number]: why for number, why in sorted(self.weekend.items())},
            "days_off": {str(day): why for day, why in sorted(self.days_off.items())},
            "make_up": {str(day): why for day, why in sorted(self.make_up.items())},
            "notices": {str(year): list(names) for year, names in sorted(self.notices.items())},
        }
        if self.close_of_business is not None:
            data["close_of_business"] = self.close_of_business.isoformat("minutes")
        return data

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
            following = day + _DAY
            local = datetime(following.year, following.month, following.day, tzinfo=self.zone)
        else:
            local = datetime.combine(day, close, tzinfo=self.zone)
        return local.astimezone(UTC)

    def _working(self, year: int) -> list[int]:
        """Ordinals of the working days of one year, in order, made once."""
        days = self._years.get(year)
        if days is None:
            ordinals = range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
            days = [n for n in ordinals if self.reason_off(date.fromordinal(n)) is None]
            self._years[year] = days
        return days


_FIELDS = frozenset(
    {
        "id",
        "version",
        "time_zone",
        "published_from",
        "published_through",
        "weekend",
        "days_off",
        "make_up",
        "notices",
        "close_of_business",
    }
)


def _zone(calendar: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"calendar {calendar}: no time zone is called {name!r}") from error


def _text(where: str, data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{where}: {name} must be a text")
    return value


def _year(where: str, data: Mapping[str, object], name: str, default: int | None = None) -> int:
    value = data.get(name, default)
    if not isinstance(value, int) or not 0 < value < 9998:
        raise ValueError(f"{where}: {name} must be a year")
    return value


def _table(where: str, data: Mapping[str, object], name: str) -> Mapping[object, object]:
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: {name} must be a table")
    return value


def _weekend(where: str, table: Mapping[object, object]) -> dict[int, str]:
    try:
        return {WEEKDAYS.index(str(name).lower()): str(why) for name, why in table.items()}
    except ValueError:
        raise ValueError(f"{where}: weekend names weekdays, such as saturday") from None


def _dated(where: str, table: Mapping[object, object]) -> dict[date, str]:
    dated: dict[date, str] = {}
    for key, reason in table.items():
        for day in _dates(where, key):
            if day in dated:
                raise ValueError(f"{where}: {day} is listed twice")
            dated[day] = str(reason)
    return dated


def _dates(where: str, key: object) -> Iterator[date]:
    """The dates that `2026-02-14, 2026-02-15/2026-02-23` stands for."""
    for part in str(key).split(","):
        first, _, last = part.strip().partition("/")
        try:
            begin = date.fromisoformat(first)
            end = date.fromisoformat(last) if last else begin
        except ValueError:
            raise ValueError(f"{where}: {part.strip()!r} is not a date") from None
        if not 0 <= (end - begin).days <= 366:
            raise ValueError(f"{where}: {part.strip()!r} is not a range of days")
        for offset in range((end - begin).days + 1):
            yield begin + timedelta(days=offset)


def _notices(where: str, table: Mapping[object, object]) -> dict[int, tuple[str, ...]]:
    notices: dict[int, tuple[str, ...]] = {}
    for year, names in table.items():
        if not str(year).isdigit() or not isinstance(names, Sequence) or isinstance(names, str):
            raise ValueError(f"{where}: notices maps years to lists of notices")
        notices[int(str(year))] = tuple(str(name) for name in names)
    return notices


def _clock_time(where: str, value: object) -> time:
    sentence = f"{where}: close_of_business must be a quoted time, such as '17:30'"
    if not isinstance(value, str):  # YAML reads a bare 17:30 as the number 1050
        raise ValueError(sentence)
    try:
        close = time.fromisoformat(value)
    except ValueError:
        raise ValueError(sentence) from None
    if close.tzinfo is not None or close == time.min:
        raise ValueError(sentence)
    return close
