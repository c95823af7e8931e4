"""Return visits and the score entry of one ticket: facts, states and the fold between them.

A ticket waits for a visit after each completion (R29). The answers of the final round give one
entry of the score ledger (R31); a later fact about a missed deadline takes it back and books anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never


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


@dataclass(frozen=True, slots=True)
class MissExcused:
    """`by` and `reason` are those of the ruling (R31)."""

    at: datetime
    clock: str
    run: int
    unit: str
    reason: str
    by: str


Event = (
    VisitScheduled
    | VisitAttempted
    | VisitCompleted
    | ScoreBooked
    | ScoreTakenBack
    | MissNoted
    | MissCleared
    | MissExcused
)


@dataclass(frozen=True, slots=True)
class Miss:
    """One run of a unit's clock that ended too late."""

    clock: str
    run: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the misses: all that stand, and what was excused of any (R31)."""

    misses: frozenset[Miss] = frozenset()
    excused: frozenset[Miss] = frozenset()
    entries: int = 0

    @property
    def counted(self) -> frozenset[Miss]:
        """The misses that spoil an entry."""
        return self.misses - self.excused


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened(Known):
    """Not completed yet; misses may be known already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDue(Known):
    """Completed: somebody has to ask the citizen."""

    visit: VisitScheduled
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited(Known):
    """Asked, but not booked: a redo or the archive decides what comes next."""

    visit: VisitScheduled
    answer: VisitCompleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored(Known):
    """The entry stands in the ledger."""

    visit: VisitScheduled
    answer: VisitCompleted
    booked: ScoreBooked


State = Unopened | VisitDue | Visited | Scored


def evolve(state: State, event: Event) -> State:
    """The state after the event. Never rejects: what does not fit leaves the state as it is."""
    match event:
        case VisitScheduled():
            return VisitDue(**_known(state), visit=event)
        case VisitAttempted() if isinstance(state, VisitDue):
            return replace(state, attempts=event.attempt)
        case VisitCompleted() if isinstance(state, VisitDue):
            return Visited(**_known(state), visit=state.visit, answer=event)
        case ScoreBooked() if isinstance(state, Visited):
            known = {**_known(state), "entries": event.entry}
            return Scored(**known, visit=state.visit, answer=state.answer, booked=event)
        case ScoreTakenBack() if isinstance(state, Scored):
            return Visited(**_known(state), visit=state.visit, answer=state.answer)
        case MissNoted():
            return replace(state, misses=state.misses | {_miss(event)})
        case MissCleared():
            gone = {_miss(event)}
            return replace(state, misses=state.misses - gone, excused=state.excused - gone)
        case MissExcused():
            return replace(state, excused=state.excused | {_miss(event)})
        case VisitAttempted() | VisitCompleted() | ScoreBooked() | ScoreTakenBack():
            return state
        case _:
            assert_never(event)


def _known(state: Known) -> dict[str, Any]:
    return {"misses": state.misses, "excused": state.excused, "entries": state.entries}


def _miss(event: MissNoted | MissCleared | MissExcused) -> Miss:
    return Miss(event.clock, event.run, event.unit)
