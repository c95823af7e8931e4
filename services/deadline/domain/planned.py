"""What is planned for a clock of the ledger: its course, its next warning, how sure its end is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.deadline.domain import ticket
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.course import Course, Limit, explained
from services.deadline.domain.lengths import (
    Extension,
    Length,
    Until,
    WorkingDays,
    length_from_text,
)
from services.deadline.domain.policy import Policy
from services.deadline.domain.ticket import Clock
from services.deadline.domain.warnings import next_warning


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


def limits_of(limits: Iterable[ticket.Limit]) -> tuple[Limit, ...]:
    return tuple(Limit(length_from_text(x.length), x.after, not x.special) for x in limits)


def own_length(clock: Clock, policy: Policy) -> Length:
    """A clock that started before lengths were recorded has the policy's."""
    return length_from_text(clock.length) if clock.length else policy.length(clock.name)


def is_provisional(course: Course, due: datetime | None, calendar: Calendar) -> bool:
    """R28: the last day lies in a year that is not published."""
    if due is None or calendar.is_published(calendar.local_date(due - timedelta(microseconds=1))):
        return False
    return explained(course, calendar).provisional


def to_be_warned(
    clock: Clock, course: Course, after: datetime, policy: Policy, calendar: Calendar
) -> tuple[datetime | None, str]:
    """When the clock, now on this course, is warned of next, and of what (R25).

    Nobody is warned of a window, of an end that was missed or came, or in an import.
    """
    row = policy.rows[clock.name]
    if row.window or clock.imported or clock.missed or clock.stopped_at is not None:
        return None, ""
    desk = not clock.unit
    warning = next_warning(course, calendar, row.warnings, after, clock.heard, desk=desk)
    return (warning.at, warning.mark) if warning else (None, "")
