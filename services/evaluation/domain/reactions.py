"""What evaluation does about the facts of others."""

from __future__ import annotations

from datetime import datetime

from services.evaluation.domain.commands import (
    BookScore,
    ClearMiss,
    Command,
    ExcuseMiss,
    NoteMiss,
    ScheduleVisit,
    decide_with,
)
from services.evaluation.domain.formula import Formula, Formulas, always
from services.evaluation.domain.ticket import (
    Event,
    Miss,
    State,
    Unopened,
    VisitDue,
    Visited,
    evolve,
)
from services.kernel.decider import Decider, Value


class TicketCompleted(Value):
    at: datetime
    unit: str
    category: str
    area: str
    level: str
    round: int


class TicketArchived(Value):
    unit: str


class DeadlineMissed(Value):
    """R22: where the hotline left an application unanswered, the miss is not the unit's."""

    clock: str
    run: int
    unit: str
    hotline_silent: bool = False


class MissWithdrawn(Value):
    clock: str
    run: int
    unit: str


class DisputeRuled(Value):
    clock: str
    run: int
    unit: str
    excused: bool
    reason: str
    by: str


def decider(formula: Formula) -> Decider[State, Command, Event]:
    """What evaluation decides about one ticket under a city's formula."""
    return decider_by(always(formula))


def decider_by(formulas: Formulas) -> Decider[State, Command, Event]:
    """The same under the formula that is in effect at each instant."""

    def react(event: object, state: State, at: datetime) -> list[Command]:
        return reactions(event, state, at)

    return Decider(initial=Unopened(), decide=decide_with(formulas), evolve=evolve, react=react)


def reactions(event: object, state: State, at: datetime) -> list[Command]:
    """Commands that a fact calls for; none where it was answered before.

    Every miss of a unit is noted, and what was ruled on it: whether it counts is said by the
    formula of the visit, which may have another date (R31).
    """
    match event:
        case TicketCompleted(done_at, unit, category, area, level, n) if _is_later(n, state):
            return [ScheduleVisit(at, unit, n, category, area, level, done_at)]
        case TicketArchived() if isinstance(state, VisitDue | Visited):
            return [BookScore(at)]
        case DeadlineMissed(hotline_silent=True):
            return []
        case DeadlineMissed(clock, run, unit) if unit:
            new = _miss(event) not in state.misses
            return [NoteMiss(at, clock, run, unit)] if new else []
        case MissWithdrawn(clock, run, unit) if _miss(event) in state.misses | state.excused:
            return [ClearMiss(at, clock, run, unit)]
        case DisputeRuled(clock, run, unit, True) if unit:
            new = _miss(event) not in state.excused
            return [ExcuseMiss(at, clock, run, unit, event.reason, event.by)] if new else []
        case _:
            return []


def _is_later(round_: int, state: State) -> bool:
    return isinstance(state, Unopened) or round_ > state.visit.round


def _miss(event: DeadlineMissed | MissWithdrawn | DisputeRuled) -> Miss:
    return Miss(event.clock, event.run, event.unit)
