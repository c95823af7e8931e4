"""Intake corrects the category midway: clocks go on under the length of the right one (R4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.deadline.domain import course as rules
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.course import due_of
from services.deadline.domain.events import ClockReplanned, Event, MatterChanged, MissWithdrawn
from services.deadline.domain.lengths import length_to_text
from services.deadline.domain.planned import course_of, is_provisional, to_be_warned
from services.deadline.domain.policy import Policy
from services.deadline.domain.rulebook import Rulebook
from services.deadline.domain.ticket import Clock, Clocks, Phase


@dataclass(frozen=True, slots=True)
class RefileMatter:
    """`corrected_at` is intake's own time of it, by which is judged what was due already."""

    at: datetime
    kind: str
    urgency: str
    category: str
    corrected_at: datetime


def refile_matter(command: RefileMatter, state: Clocks, rulebook: Rulebook) -> Sequence[Event]:
    """Quiet where it is known. A promise stays, and so does what ended or was due by then."""
    words = {"kind": command.kind, "urgency": command.urgency, "category": command.category}
    if words == {name: getattr(state, name) for name in words}:
        return []
    moved = [e for c in state.by_name.values() for e in _moved(command, c, words, rulebook)]
    return [MatterChanged(command.at, **words), *moved]


def _moved(
    command: RefileMatter, clock: Clock, words: dict[str, str], rulebook: Rulebook
) -> Iterator[Event]:
    """By the policy under which the clock started: as if it had been filed so from then on."""
    policy, _ = rulebook(clock.started_at)
    if clock.phase not in (Phase.RUNNING, Phase.PAUSED) or clock.name not in policy.rows:
        return
    length = policy.length(clock.name, {**words, "level": clock.level})
    if policy.rows[clock.name].fixed or length_to_text(length) == clock.length:
        return
    present, calendar = rulebook(command.at)
    course = course_of(clock, present)
    changed = rules.refiled(course, calendar, command.corrected_at, length)
    if changed != course:
        yield from _replanned(command, clock, changed, calendar, (policy, present))


def _replanned(
    command: RefileMatter,
    clock: Clock,
    course: rules.Course,
    calendar: Calendar,
    policies: tuple[Policy, Policy],
) -> Iterator[Event]:
    """A miss that it had when this fact came late was none: it was not due when it was filed so."""
    chosen, present = policies
    due, where = due_of(course, calendar), (command.at, clock.name, clock.run, clock.unit)
    if clock.missed:
        yield MissWithdrawn(*where, clock.due_at, None)
        clock = replace(clock, missed=False)
    warn_at, warn_mark = to_be_warned(clock, course, command.at, present, calendar)
    yield ClockReplanned(
        at=command.at,
        clock=clock.name,
        run=clock.run,
        unit=clock.unit,
        due_at=due,
        provisional=is_provisional(course, due, calendar),
        calendar=f"{calendar.id}@{calendar.version}",
        old_due_at=clock.due_at,
        by="",
        warn_at=warn_at,
        warn_mark=warn_mark,
        length=length_to_text(course.length),
        policy=chosen.version,
        corrected_at=command.corrected_at,
    )
