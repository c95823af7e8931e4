"""Return visits and the score entry of one ticket: facts, states and the fold between them.

A ticket waits for a visit after each completion (R29). The answers of the final round give one
entry of the score ledger (R31); a later fact about a missed deadline takes it back and books anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from services.kernel.decider import Value, replace


class VisitScheduled(Value):
    """`completed_at` is the completion's own instant, from which the visit's clock counts."""

    at: datetime
    unit: str
    round: int
    category: str
    area: str
    level: str
    completed_at: datetime | None = None


class VisitAttempted(Value):
    at: datetime
    round: int
    attempt: int
    reason: str


class VisitCompleted(Value):
    at: datetime
    unit: str
    round: int
    contacted: bool
    solved: bool
    satisfied: bool
    generated: bool
    exhausted: bool


class ScoreBooked(Value):
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


class ScoreTakenBack(Value):
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


class MissNoted(Value):
    at: datetime
    clock: str
    run: int
    unit: str


class MissCleared(Value):
    at: datetime
    clock: str
    run: int
    unit: str


class MissExcused(Value):
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


class Miss(Value):
    """One run of a unit's clock that ended too late."""

    clock: str
    run: int
    unit: str


class Known(Value, kw_only=True):
    """What is known of the misses: all that stand, and what was excused of any (R31)."""

    misses: frozenset[Miss] = frozenset()
    excused: frozenset[Miss] = frozenset()
    entries: int = 0

    @property
    def counted(self) -> frozenset[Miss]:
        """The misses that spoil an entry."""
        return self.misses - self.excused


class Unopened(Known, kw_only=True):
    """Not completed yet; misses may be known already."""


class VisitDue(Known, kw_only=True):
    """Completed: somebody has to ask the citizen."""

    visit: VisitScheduled
    attempts: int = 0


class Visited(Known, kw_only=True):
    """Asked, but not booked: a redo or the archive decides what comes next."""

    visit: VisitScheduled
    answer: VisitCompleted


class Scored(Known, kw_only=True):
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
