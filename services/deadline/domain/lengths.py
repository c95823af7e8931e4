"""What a clock is given: a length, pauses, extensions. Values only; `due.py` counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import assert_never

from services.kernel.decider import Value, force_setattr

INSTANT = timedelta(microseconds=1)  # the least time between two instants
LONGEST_DAYS = 3_660  # ten years: no legal clock is longer, and counting stays quick


class WorkingDays(Value):
    """That many working days; the last one is the last day."""

    count: int

    def __post_init__(self) -> None:
        _in_bounds(self.count, "working days")


class CalendarDays(Value):
    """That many days, off or not; a last day that is off gives way to the next working day."""

    count: int

    def __post_init__(self) -> None:
        _in_bounds(self.count, "calendar days")


class Running(Value):
    """Absolute time, day and night."""

    time: timedelta

    def __post_init__(self) -> None:
        _in_bounds(self.time / timedelta(days=1), "running time")


class WorkingHours(Value):
    """Time within the calendar's shifts; nights, breaks and days off stand still."""

    time: timedelta

    def __post_init__(self) -> None:
        _in_bounds(self.time / timedelta(days=1), "working time")


class Until(Value):
    """A due instant given from outside; a pause moves it as it moves running time."""

    due_at: datetime

    def __post_init__(self) -> None:
        force_setattr(self, "due_at", in_utc(self.due_at))


Length = WorkingDays | CalendarDays | Running | WorkingHours | Until


class Pause(Value):
    """The clock stands still from `start` to just before `end`; `end` None: it is still open."""

    start: datetime
    end: datetime | None
    reason: str

    def __post_init__(self) -> None:
        force_setattr(self, "start", in_utc(self.start))
        if self.end is not None:
            force_setattr(self, "end", in_utc(self.end))
            if self.end < self.start:
                raise ValueError("a pause ends before it starts")


class Extension(Value):
    """Working days granted, counted from the old due date (R22)."""

    working_days: int

    def __post_init__(self) -> None:
        _in_bounds(self.working_days, "working days of an extension")


class MostExtended(Value):
    """What bounds the extensions of one clock (R22); no working days: it has none."""

    working_days: int
    times: int


def length_from_data(data: Mapping[str, object]) -> Length:
    """Read `{"working_days": 5}`, or calendar_days, hours, minutes, working_hours or until.

    Hours may have a fraction, days may not. Raises ValueError with a sentence for anything else.
    """
    if len(data) != 1:
        raise ValueError("a length has exactly one unit")
    [(unit, amount)] = data.items()
    if unit == "until":
        return Until(datetime.fromisoformat(str(amount)))
    whole = unit not in ("hours", "working_hours")
    if isinstance(amount, bool) or not isinstance(amount, int if whole else int | float):
        raise ValueError(f"{unit} must be a {'whole ' if whole else ''}number")
    assert isinstance(amount, int | float)
    if not 0 < amount <= LONGEST_DAYS * 24 * 60:  # before timedelta overflows
        raise ValueError(f"{unit} must be more than none and at most {LONGEST_DAYS} days")
    match unit:
        case "working_days":
            return WorkingDays(int(amount))
        case "calendar_days":
            return CalendarDays(int(amount))
        case "hours":
            return Running(timedelta(hours=amount))
        case "minutes":
            return Running(timedelta(minutes=amount))
        case "working_hours":
            return WorkingHours(timedelta(hours=amount))
    raise ValueError(f"no unit of length is called {unit!r}")


def length_to_data(length: Length) -> dict[str, object]:
    """What `length_from_data` reads back as the same length."""
    match length:
        case WorkingDays(count):
            return {"working_days": count}
        case CalendarDays(count):
            return {"calendar_days": count}
        case Running(time) if time % timedelta(hours=1) and not time % timedelta(minutes=1):
            return {"minutes": time // timedelta(minutes=1)}
        case Running(time):
            return {"hours": _whole(time)}
        case WorkingHours(time):
            return {"working_hours": _whole(time)}
        case Until(instant):
            return {"until": instant.isoformat()}
    assert_never(length)


def _whole(time: timedelta) -> float:
    hours = time / timedelta(hours=1)
    return int(hours) if hours.is_integer() else hours


def length_to_text(length: Length) -> str:
    """As `working_days=5`; `length_from_text` reads it back."""
    [(unit, amount)] = length_to_data(length).items()
    return f"{unit}={amount}"


def length_from_text(text: str) -> Length:
    """Raises ValueError."""
    unit, _, amount = text.partition("=")
    if unit == "until":
        return length_from_data({unit: amount})
    return length_from_data({unit: float(amount) if "." in amount else int(amount)})


def amount(length: Length) -> float:
    """To compare lengths of one kind by: the shorter is the stricter."""
    match length:
        case WorkingDays(count) | CalendarDays(count):
            return count
        case Running(time) | WorkingHours(time):
            return time.total_seconds()
        case Until(instant):
            return instant.timestamp()
    assert_never(length)


def days_in(length: Length) -> int:
    """How many days a length has, for the bound of an extension (R22).

    A full 24 running hours are a day, so are a full 8 working hours; a due instant from outside
    has none.
    """
    match length:
        case WorkingDays(count) | CalendarDays(count):
            return count
        case Running(time):
            return time // timedelta(hours=24)
        case WorkingHours(time):
            return time // timedelta(hours=8)
        case Until():
            return 0
    assert_never(length)


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC, where adding and comparing is about real time.

    Between datetimes of one zone Python counts the wall clock, wrong where the clocks change.
    """
    if instant.tzinfo is None:
        raise ValueError(f"the instant {instant.isoformat()} has no offset from UTC")
    return instant.astimezone(UTC)


def _in_bounds(days: float, what: str) -> None:
    if not 0 < days <= LONGEST_DAYS:
        raise ValueError(f"{what} must be more than none and at most {LONGEST_DAYS} days")
