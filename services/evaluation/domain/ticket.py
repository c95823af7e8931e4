"""Return visits and the score entry of one ticket: facts, states and the fold between them.

A ticket waits for a visit after each completion (R29). The answers of the final round give one
entry of the score ledger (R31); a later fact about a missed deadline takes it back and books anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never


@dataclass(frozen=True, slots=True)
class VisitScheduled:
    """`completed_at` is the completion's own instant, from which the visit's clock counts."""

    at: datetime
    unit: str
    round: int
    category: str
    area: str
    level: str
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisitAttempted:
    at: datetime
    round: int
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class VisitCompleted:
    at: datetime
    unit: str
    round: int
    contacted: bool
    solved: bool
    satisfied: bool
    generated: bool
    exhausted: bool


@dataclass(frozen=True, slots=True)
class ScoreBooked:
    at: datetime
    entry: int
    unit: str
    category: str
    area: str
    level: str
    contacted: bool
    solved: bool
    satisfied: bool
    on_time: bool
    confirmed_on_time: bool
    visited: bool
    formula: str
    visited_at: datetime
    promise_missed: bool = False


@dataclass(frozen=True, slots=True)
class ScoreTakenBack:
    at: datetime
    entry: int
    unit: str
    reason: str
    category: str
    area: str
    level: str
    contacted: bool
    solved: bool
    satisfied: bool
    on_time: bool
    confirmed_on_time: bool
    visited: bool
    formula: str
    visited_at: datetime
    promise_missed: bool = False


@dataclass(frozen=True, slots=True)
class MissNoted:
    at: datetime
    clock: str
    run: int
    unit: str


@dataclass(frozen=True, slots=True)
class MissCleared:
    at: datetime
    clock: str
    run: int
    unit: str


Event = (
    VisitScheduled
    | VisitAttempted
    | VisitCompleted
    | ScoreBooked
    | ScoreTakenBack
    | MissNoted
    | MissCleared
)


@dataclass(frozen=True, slots=True)
class Miss:
    """One run of a unit's clock that ended too late."""

    clock: str
    run: int
    unit: str


@dataclass(frozen=True, slots=True)
class Unopened:
    """Not completed yet; misses may be known already."""

    misses: frozenset[Miss] = frozenset()
    entries: int = 0


@dataclass(frozen=True, slots=True)
class VisitDue:
    """Completed: somebody has to ask the citizen."""

    misses: frozenset[Miss]
    entries: int
    visit: VisitScheduled
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Visited:
    """Asked, but not booked: a redo or the archive decides what comes next."""

    misses: frozenset[Miss]
    entries: int
    visit: VisitScheduled
    answer: VisitCompleted


@dataclass(frozen=True, slots=True)
class Scored:
    """The entry stands in the ledger."""

    misses: frozenset[Miss]
    entries: int
    visit: VisitScheduled
    answer: VisitCompleted
    booked: ScoreBooked


State = Unopened | VisitDue | Visited | Scored


def evolve(state: State, event: Event) -> State:
    """The state after the event. Never rejects: what does not fit leaves the state as it is."""
    match event:
        case VisitScheduled():
            return VisitDue(state.misses, state.entries, event)
        case VisitAttempted() if isinstance(state, VisitDue):
            return replace(state, attempts=event.attempt)
        case VisitCompleted() if isinstance(state, VisitDue):
            return Visited(state.misses, state.entries, state.visit, event)
        case ScoreBooked() if isinstance(state, Visited):
            return Scored(state.misses, event.entry, state.visit, state.answer, event)
        case ScoreTakenBack() if isinstance(state, Scored):
            return Visited(state.misses, state.entries, state.visit, state.answer)
        case MissNoted():
            return replace(state, misses=state.misses | {_miss(event)})
        case MissCleared():
            return replace(state, misses=state.misses - {_miss(event)})
        case VisitAttempted() | VisitCompleted() | ScoreBooked() | ScoreTakenBack():
            return state
        case _:
            assert_never(event)


def _miss(event: MissNoted | MissCleared) -> Miss:
    return Miss(event.clock, event.run, event.unit)
