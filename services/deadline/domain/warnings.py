"""When people are warned that a clock runs out, and what follows a miss (R25)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.due import Due
from services.deadline.domain.lengths import Length, Running, Until, WorkingHours

MORNING = time(9)
SHARES = (50, 80)
BEFORE_DUE = timedelta(hours=2)
WORTH_A_WARNING = timedelta(hours=4)
STEPS = ("reminded", "urged", "supervised", "notified")
WORKING_DAYS_LATER = (0, 1, 2, 5)
CONFIRM_HOURS_LATER = (0, 2, 4, 8)
_DAY = timedelta(days=1)
_LONGEST_REST = 30  # days off in a row; a calendar with more warns at the instant itself


@dataclass(frozen=True, slots=True)
class DueWarning:
    """`mark` says which: 50 or 80 per cent of the counted days used, or 2h before due."""

    at: datetime
    mark: str


def warnings(
    length: Length, start: datetime, due: Due, calendar: Calendar, *, desk: bool = False
) -> tuple[DueWarning, ...]:
    """In order, each after the start and before the due instant; none while paused.

    The hotline's own `desk` is told at any time, a unit in working time only.
    """
    if due.due_at is None:
        return ()
    found: dict[datetime, DueWarning] = {}
    for at, mark in _marks(length, due, calendar):
        told = at if desk else in_working_time(at, calendar)
        if start < told < due.due_at:
            found.setdefault(told, DueWarning(told, mark))
    return tuple(found[at] for at in sorted(found))


def _marks(length: Length, due: Due, calendar: Calendar) -> Iterator[tuple[datetime, str]]:
    assert due.due_at is not None
    if not isinstance(length, Running | Until | WorkingHours):
        for share in SHARES:
            day = due.counted[-(-len(due.counted) * share // 100) - 1]
            morning = datetime.combine(day, MORNING, tzinfo=calendar.zone)
            yield morning.astimezone(UTC), str(share)
    if not isinstance(length, Running | WorkingHours) or length.time > WORTH_A_WARNING:
        yield due.due_at - BEFORE_DUE, "2h"


def in_working_time(at: datetime, calendar: Calendar) -> datetime:
    """The instant itself, or the end of the working time before it."""
    day = calendar.local_date(at)
    for back in range(_LONGEST_REST if calendar.shifts else 0):
        for begin, end in reversed(list(calendar.working_time(day - back * _DAY))):
            if begin <= at:
                return min(at, end)
    return at


def ladder(clock: str, due_at: datetime, calendar: Calendar) -> Sequence[tuple[str, datetime]]:
    """What follows a miss, and when: reminded, urged, supervised, the bureau notified.

    Working days are counted from the last day of the clock, as an extension would be.
    """
    if clock == "confirm":
        later = [due_at + timedelta(hours=hours) for hours in CONFIRM_HOURS_LATER]
    else:
        last = calendar.local_date(due_at - timedelta(microseconds=1))
        later = [due_at if n == 0 else _end(last, n, calendar) for n in WORKING_DAYS_LATER]
    return list(zip(STEPS, later, strict=True))


def _end(last: date, count: int, calendar: Calendar) -> datetime:
    return calendar.end_of(calendar.add_working_days(last, count))
