"""What the timer of a clock does: the next warning, the hotline's alarm, in the end the miss."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.clock import UNANSWERED, Clock, Phase
from services.deadline.domain.commands import ExpireClock, missed
from services.deadline.domain.events import ClockWarned, Event, HotlineAlarmed, ReturnWindowClosed
from services.deadline.domain.lengths import INSTANT
from services.deadline.domain.planned import course_of, to_be_warned
from services.deadline.domain.policy import Policy
from services.kernel.decider import replace


def expire(
    command: ExpireClock, clock: Clock | None, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    """A timer of a clock stands for its next warning, and in the end for its due instant."""
    if clock is None or clock.phase is not Phase.RUNNING or clock.run != command.run:
        return []
    if clock.warn_at == command.at and not clock.missed:
        return [_warned(command.at, clock, policy, calendar)]
    if clock.due_at != command.at or clock.missed:
        return []
    if policy.rows[clock.name].window:
        return [ReturnWindowClosed(command.at, clock.run, clock.unit, clock.due_at)]
    return missed(clock)


def _warned(
    at: datetime, clock: Clock, policy: Policy, calendar: Calendar
) -> ClockWarned | HotlineAlarmed:
    heard = replace(clock, heard=(*clock.heard, clock.warn_mark))
    is_alarm = clock.warn_mark == UNANSWERED
    after = at - INSTANT if is_alarm else at  # a warning may come at that same instant
    following = to_be_warned(heard, course_of(clock, policy), after, policy, calendar)
    where = at, clock.name, clock.run, clock.unit
    if is_alarm:
        return HotlineAlarmed(*where, clock.asked, clock.due_at, *following)
    return ClockWarned(*where, clock.warn_mark, clock.due_at, *following)
