"""When people are warned that a clock runs out, and what follows a miss (R25)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.course import Course, prevailing
from services.deadline.domain.due import Due
from services.deadline.domain.lengths import (
    INSTANT,
    Length,
    Running,
    Until,
    WorkingHours,
    in_utc,
)
from services.deadline.domain.policy import Ladder, WarningRule
from services.kernel.decider import Value

STEPS = ("reminded", "urged", "supervised", "notified")
_DAY = timedelta(days=1)
_LONGEST_REST = 30  # days off in a row; a calendar with more warns at the instant itself


class DueWarning(Value):
    """`mark` says which: `50%` of the counted days used, or `2h` before due."""

    at: datetime
    mark: str


def next_warning(
    course: Course,
    calendar: Calendar,
    rule: WarningRule | None,
    after: datetime,
    heard: Collection[str] = (),
    *,
    desk: bool = False,
) -> DueWarning | None:
    """The first that is still to come; none of a mark that was heard, none for what has passed.

    What moved the clock beyond a warning's instant is itself told to those whom it concerns.
    """
    if rule is None or course.opened is not None:
        return None
    length, due = prevailing(course, calendar)
    found = warnings(length, course.start, due, calendar, rule, heard, desk=desk)
    return next((warning for warning in found if warning.at > after), None)


def warnings(
    length: Length,
    start: datetime,
    due: Due,
    calendar: Calendar,
    rule: WarningRule,
    heard: Collection[str] = (),
    *,
    desk: bool = False,
) -> tuple[DueWarning, ...]:
    """In order, each after the start and before the due instant; none while paused.

    The hotline's own `desk` is told at any time, a unit in working time only.
    """
    if due.due_at is None:
        return ()
    found: dict[datetime, DueWarning] = {}
    for at, mark in _marks(length, in_utc(start), due, calendar, rule):
        told = at if desk else in_working_time(at, calendar)
        if mark not in heard and start < told < due.due_at:
            found.setdefault(told, DueWarning(told, mark))
    return tuple(found[at] for at in sorted(found))


def _marks(
    length: Length, start: datetime, due: Due, calendar: Calendar, rule: WarningRule
) -> Iterator[tuple[datetime, str]]:
    assert due.due_at is not None
    if not isinstance(length, Running | Until | WorkingHours):
        for share in rule.shares:
            day = due.counted[-(-len(due.counted) * share // 100) - 1]
            yield calendar.instant(day, rule.morning), f"{share}%"
    if rule.before_due is not None and _how_long(length, start) > rule.longer_than:
        yield due.due_at - rule.before_due, _mark(rule.before_due)


def _mark(left: timedelta) -> str:
    if left % timedelta(hours=1):
        return f"{left // timedelta(minutes=1)}min"
    return f"{left // timedelta(hours=1)}h"


def _how_long(length: Length, start: datetime) -> timedelta:
    match length:
        case Running() | WorkingHours():
            return length.time
        case Until():
            return length.due_at - start
        case _:
            return length.count * _DAY


def in_working_time(at: datetime, calendar: Calendar) -> datetime:
    """The instant itself, or the end of the working time before it."""
    day = calendar.local_date(at)
    for back in range(_LONGEST_REST if calendar.shifts else 0):
        for begin, end in reversed(list(calendar.working_time(day - back * _DAY))):
            if begin <= at:
                return min(at, end)
    return at


def next_working_time(at: datetime, calendar: Calendar) -> datetime:
    """The instant itself, or the begin of the working time that follows it."""
    day = calendar.local_date(at)
    for ahead in range(_LONGEST_REST if calendar.shifts else 0):
        for begin, end in calendar.working_time(day + ahead * _DAY):
            if at < end:
                return max(at, begin)
    return at


def ladder(steps: Ladder, due_at: datetime, calendar: Calendar) -> Sequence[tuple[str, datetime]]:
    """What follows a miss, and when: reminded, urged, supervised, the bureau notified.

    Working days are counted from the last day of the clock, as an extension would be.
    """
    if steps.hours:
        later = [due_at + timedelta(hours=hours) for hours in steps.hours]
    else:
        last = calendar.local_date(due_at - INSTANT)
        later = [due_at if n == 0 else _end(last, n, calendar) for n in steps.working_days]
    return list(zip(STEPS, later, strict=True))


def _end(last: date, count: int, calendar: Calendar) -> datetime:
    return calendar.end_of(calendar.add_working_days(last, count))
