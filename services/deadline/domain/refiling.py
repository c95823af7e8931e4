"""Intake corrects the category midway: clocks go on under the length of the right one (R4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import reduce
from itertools import pairwise

from services.deadline.domain import course as rules
from services.deadline.domain.clock import Clock
from services.deadline.domain.commands import is_over, judged, still_stopped
from services.deadline.domain.course import due_of
from services.deadline.domain.events import ClockReplanned, Event, MatterChanged, MissWithdrawn
from services.deadline.domain.filing import filed_since
from services.deadline.domain.lengths import length_to_text
from services.deadline.domain.planned import (
    course_of,
    is_provisional,
    statutory_of,
    to_be_warned,
)
from services.deadline.domain.rulebook import Rulebook, at_start
from services.deadline.domain.ticket import Clocks, evolve
from services.kernel.decider import Value, replace


class NoteWithdrawal(Value):
    """The matter was withdrawn, by a fact of that id."""

    at: datetime
    withdrawn_at: datetime
    end_event: str


class RefileMatter(Value):
    """`corrected_at` is intake's own time of it, by which is judged what was due already.

    `statutory_days` is the limit of law that the right category brings (R23); 0: none.
    """

    at: datetime
    kind: str
    urgency: str
    category: str
    corrected_at: datetime
    statutory_days: int = 0

    @property
    def words(self) -> dict[str, str]:
        """By which lengths are chosen."""
        return {"kind": self.kind, "urgency": self.urgency, "category": self.category}


def refile_matter(command: RefileMatter, state: Clocks, rulebook: Rulebook) -> Sequence[Event]:
    """Quiet where it was told before. A promise stays, and so does what ended or was due by then.

    An earlier unit's clock is judged again as the last one is, to its benefit or not: what counts
    is when the correction reached the city, not when we heard of it (R27). It was told to the unit
    then, counts from then, and makes nothing overdue that would have been over by then; a unit that
    could not know of it disputes the miss.

    That a later fact of dispatch knows the right category does not make it known here.
    """
    said = {**command.words, "statutory_days": command.statutory_days}
    if state.refiled and said == {name: getattr(state, name) for name in said}:
        return []
    runs = (*state.earlier_runs, *state.by_name.values())
    moved = [e for run in runs for e in _moved(command, run, rulebook)]
    law, by = command.statutory_days, command.corrected_at
    changed = MatterChanged(command.at, **command.words, statutory_days=law, corrected_at=by)
    return [changed, *moved]


def judge_again(
    at: datetime, clock: str, acted_at: datetime, state: Clocks, rulebook: Rulebook
) -> Sequence[Event]:
    """Of the last correction, when a pause or a resumption before it is heard of after it.

    What was due by then rests on how long the clock had stood, so it may have to give way now, or
    must not have (R27).
    """
    found, corrected_at = state.by_name.get(clock), state.corrected_at
    if found is None or found.filed_before is None:
        return []
    if corrected_at is None or acted_at >= corrected_at:
        return []
    words = state.kind, state.urgency, state.category
    command = RefileMatter(at, *words, corrected_at, state.statutory_days)
    length, limit_days = found.filed_before
    before = replace(found, length=length, limit_days=limit_days)
    return list(_moved(command, found, rulebook, before))


def corrected_since(at: datetime, clock: str, state: Clocks, rulebook: Rulebook) -> Sequence[Event]:
    """Of a clock whose start is heard of after corrections that came later, one by one.

    It started as the matter was filed then, and what they change is judged as of a clock that was
    heard of in time (R27).
    """
    events: list[Event] = []
    for before, after in pairwise(filed_since(state.filings, state.by_name[clock].started_at)):
        assert before.until is not None, "only the last filing is that of now"
        command = RefileMatter(
            at, **after.words, corrected_at=before.until, statutory_days=after.statutory_days
        )
        moved = list(_moved(command, state.by_name[clock], rulebook))
        state, events = reduce(evolve, moved, state), [*events, *moved]
    return events


def _moved(
    command: RefileMatter, clock: Clock, rulebook: Rulebook, before: Clock | None = None
) -> Iterator[Event]:
    """A clock that ended or stands is judged again by when it did; one that runs, by its timer."""
    replanned = _replanned(command, clock, rulebook, before or clock)
    if replanned is None:
        return
    until = _stands_since(clock)
    if until is None and clock.missed:
        if replanned.due_at == clock.due_at:
            return  # the miss stands, and people were told of it
        yield MissWithdrawn(command.at, clock.name, clock.run, clock.unit, clock.due_at, None)
    yield replanned
    if until is not None:
        policy, _ = rulebook(command.at)
        after = _after(clock, replanned)
        yield from judged(command.at, after, until, policy)
        yield from still_stopped(command.at, after, until)


def _stands_since(clock: Clock) -> datetime | None:
    return clock.stopped_at or (clock.opened.start if clock.opened else None)


def _after(clock: Clock, replanned: ClockReplanned) -> Clock:
    return evolve(Clocks({clock.name: clock}), replanned).by_name[clock.name]


def _replanned(
    command: RefileMatter, clock: Clock, rulebook: Rulebook, before: Clock
) -> ClockReplanned | None:
    """By the policy under which the clock started: as if it had been filed so from then on.

    `before` is the clock with the length that it had before the correction.
    """
    policy = at_start(rulebook, clock.name, clock.started_at, command.at)
    row = policy.rows[clock.name]
    if row.fixed or is_over(clock, command.corrected_at):
        return None
    length = policy.length(clock.name, {**command.words, "level": clock.level})
    limit_days = command.statutory_days if row.statutory else 0
    present, calendar = rulebook(command.at)
    course = course_of(before, present)
    if clock.stopped_at is not None:
        course = rules.until(course, clock.stopped_at)
    law = statutory_of(limit_days)
    changed = rules.refiled(course, calendar, command.corrected_at, length, law)
    filed = length_to_text(length), limit_days
    if changed == course:
        filed = before.length, before.limit_days
    if filed == (clock.length, clock.limit_days):
        return None
    due, plain = due_of(changed, calendar), replace(clock, missed=False)
    warn_at, warn_mark = to_be_warned(plain, changed, command.at, present, calendar)
    return ClockReplanned(
        at=command.at,
        clock=clock.name,
        run=clock.run,
        unit=clock.unit,
        due_at=due,
        provisional=is_provisional(changed, due, calendar),
        calendar=f"{calendar.id}@{calendar.version}",
        old_due_at=clock.due_at,
        by="",
        warn_at=warn_at,
        warn_mark=warn_mark,
        length=filed[0],
        policy=policy.version,
        corrected_at=command.corrected_at,
        limit_days=filed[1],
    )
