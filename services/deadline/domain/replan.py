"""A calendar that has changed moves the open clocks (R27)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.clock import Clock, Phase
from services.deadline.domain.course import due_of
from services.deadline.domain.events import ClockReplanned, Event, MissWithdrawn
from services.deadline.domain.planned import course_of, is_provisional, to_be_warned
from services.deadline.domain.policy import Policy
from services.deadline.domain.ticket import Clocks
from services.kernel.decider import Value, replace


class ReplanClocks(Value):
    """The calendar has changed: open clocks are counted by it again."""

    at: datetime
    by: str


def replan_clocks(
    command: ReplanClocks, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    """R27: both ways, never into the past; not a clock that stands, ended or is a promise."""
    return [e for c in state.by_name.values() for e in _moved(command, c, policy, calendar)]


def _moved(
    command: ReplanClocks, clock: Clock, policy: Policy, calendar: Calendar
) -> Iterator[Event]:
    """The due instant, the next warning alone (R25), or that a provisional one is certain now
    (R28); a warning that is due now is left to its timer.

    A miss of a clock that is then due in the future is withdrawn: by the notice it was none.
    """
    if clock.phase is not Phase.RUNNING or policy.rows[clock.name].fixed:
        return
    course = course_of(clock, policy)
    due = due_of(course, calendar)
    if due is None or due <= command.at:
        return
    where = command.at, clock.name, clock.run, clock.unit
    was_missed, moves = clock.missed, due != clock.due_at
    clock = replace(clock, missed=was_missed and not moves)
    warned = to_be_warned(clock, course, command.at, policy, calendar)
    is_told = clock.warn_at is not None and clock.warn_at <= command.at
    if is_told and not moves:
        warned = clock.warn_at, clock.warn_mark
    provisional = is_provisional(course, due, calendar)
    is_as_before = (warned[0], provisional) == (clock.warn_at, clock.provisional)
    if not moves and (clock.missed or is_as_before):
        return
    if was_missed:
        yield MissWithdrawn(*where, clock.due_at, None)
    label = f"{calendar.id}@{calendar.version}"
    yield ClockReplanned(*where, due, provisional, label, clock.due_at, command.by, *warned)
