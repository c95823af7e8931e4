"""A calendar that has changed moves the open clocks (R27)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.course import due_of
from services.deadline.domain.events import ClockReplanned, Event, MissWithdrawn
from services.deadline.domain.planned import course_of, is_provisional, to_be_warned
from services.deadline.domain.policy import Policy
from services.deadline.domain.ticket import Clocks, Phase


@dataclass(frozen=True, slots=True)
class ReplanClocks:
    """The calendar has changed: open clocks are counted by it again."""

    at: datetime
    by: str


def replan_clocks(
    command: ReplanClocks, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    """R27: both ways, never into the past; not a clock that stands, ended or is a promise.

    A miss of a clock that is then due in the future is withdrawn: by the notice it was none.
    """
    label = f"{calendar.id}@{calendar.version}"
    moved: list[Event] = []
    for clock in state.by_name.values():
        if clock.phase is not Phase.RUNNING:
            continue
        course = course_of(clock, policy)
        due = due_of(course, calendar)
        if policy.rows[clock.name].fixed or due in (None, clock.due_at):
            continue
        assert due is not None
        if due <= command.at:
            continue
        where = command.at, clock.name, clock.run, clock.unit
        if clock.missed:
            moved.append(MissWithdrawn(*where, clock.due_at, None))
            clock = replace(clock, missed=False)
        provisional = is_provisional(course, due, calendar)
        warned = to_be_warned(clock, course, command.at, policy, calendar)
        moved.append(
            ClockReplanned(*where, due, provisional, label, clock.due_at, command.by, *warned)
        )
    return moved
