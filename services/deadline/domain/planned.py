"""What is planned for a clock of the ledger: its course, its next warning, how sure its end is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from services.deadline.domain import clock as clocks
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.clock import UNANSWERED, Clock
from services.deadline.domain.course import Course, Limit, due_of, explained
from services.deadline.domain.lengths import (
    INSTANT,
    Extension,
    Length,
    Until,
    WorkingDays,
    length_from_text,
)
from services.deadline.domain.policy import ClockRow, Policy
from services.deadline.domain.warnings import DueWarning, next_warning


def course_of(clock: Clock, policy: Policy) -> Course:
    """All that the clock's due instant rests on; its length is the one it started with."""
    stated = clock.stated_due_at
    return Course(
        own_length(clock, policy) if stated is None else Until(stated),
        clock.started_at,
        clock.pauses,
        tuple(Extension(days) for days in clock.extensions),
        limits_of(x for x in clock.limits if not (x.for_next or x.waiting)),
        clock.asked,
        limits_of(x for x in clock.limits if x.waiting),
        statutory_of(clock.limit_days),
    )


def statutory_of(days: int) -> WorkingDays | None:
    """The limit of law of so many working days; none for 0 (R23)."""
    return WorkingDays(days) if days else None


def limits_of(limits: Iterable[clocks.Limit]) -> tuple[Limit, ...]:
    return tuple(Limit(length_from_text(x.length), x.after, not x.special) for x in limits)


def own_length(clock: Clock, policy: Policy) -> Length:
    """A clock that started before lengths were recorded has the policy's."""
    return length_from_text(clock.length) if clock.length else policy.length(clock.name)


def is_provisional(course: Course, due: datetime | None, calendar: Calendar) -> bool:
    """R28: the last day lies in a year that is not published."""
    if due is None or calendar.is_published(calendar.local_date(due - INSTANT)):
        return False
    return explained(course, calendar).provisional


def to_be_warned(
    clock: Clock,
    course: Course,
    after: datetime,
    policy: Policy,
    calendar: Calendar,
    *,
    told_until: datetime | None = None,
) -> tuple[datetime | None, str]:
    """When the clock, now on this course, is warned of next, and of what (R25).

    Nobody is warned of a window, of an end that was missed or came, or in an import. The hotline's
    alarm of an application that waits (R22) goes by the same timer, and before a warning of then.
    Warnings are those after `after`, or already those after `told_until`, which lies before it.
    """
    row = policy.rows[clock.name]
    if row.window or clock.imported or clock.missed or clock.stopped_at is not None:
        return None, ""
    desk = not clock.unit
    told = told_until or after
    warning = next_warning(course, calendar, row.warnings, told, clock.heard, desk=desk)
    alarm = _alarm(clock, course, after, row, calendar)
    first = min((w for w in (alarm, warning) if w), key=lambda w: w.at, default=None)
    return (first.at, first.mark) if first else (None, "")


def _alarm(
    clock: Clock, course: Course, after: datetime, row: ClockRow, calendar: Calendar
) -> DueWarning | None:
    """Once per application; at once where it comes later than the alarm would (R22)."""
    due = due_of(course, calendar) if course.asked and course.opened is None else None
    if due is None or UNANSWERED in clock.heard:
        return None
    at = max(due - row.alarm_before, after, clock.asked_at or after)
    return DueWarning(at, UNANSWERED) if at < due else None


def still_to_be_warned(
    clock: Clock, course: Course, at: datetime, policy: Policy, calendar: Calendar
) -> tuple[datetime | None, str]:
    """As `to_be_warned` where the due instant stays: what is due now is left to its timer.

    An alarm that is due is planned by what waits now; no warning since then is lost with it.
    """
    if clock.warn_at is None or clock.warn_at > at:
        return to_be_warned(clock, course, at, policy, calendar)
    if clock.warn_mark != UNANSWERED:
        return clock.warn_at, clock.warn_mark
    told_until = clock.warn_at - INSTANT  # a warning may come at that same instant
    return to_be_warned(clock, course, at, policy, calendar, told_until=told_until)
