"""What can be asked of evaluation, and what it decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from services.evaluation.domain.formula import Formulas
from services.evaluation.domain.rejections import AlreadyVisited, NoVisitDue, ReasonMissing
from services.evaluation.domain.ticket import (
    Event,
    Miss,
    MissCleared,
    MissNoted,
    ScoreBooked,
    Scored,
    ScoreTakenBack,
    State,
    Unopened,
    VisitAttempted,
    VisitCompleted,
    VisitDue,
    Visited,
    VisitScheduled,
)


@dataclass(frozen=True, slots=True)
class RecordVisit:
    """The citizen was asked: did the unit contact you, is it solved, are you satisfied?"""

    at: datetime
    contacted: bool
    solved: bool
    satisfied: bool
    generated: bool = False


@dataclass(frozen=True, slots=True)
class RecordVisitAttempt:
    """The citizen could not be reached."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ScheduleVisit:
    at: datetime
    unit: str
    round: int
    category: str
    area: str
    level: str
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class BookScore:
    """The ticket was archived: no further round will change the answers."""

    at: datetime


@dataclass(frozen=True, slots=True)
class NoteMiss:
    at: datetime
    clock: str
    run: int
    unit: str


@dataclass(frozen=True, slots=True)
class ClearMiss:
    at: datetime
    clock: str
    run: int
    unit: str


Command = RecordVisit | RecordVisitAttempt | ScheduleVisit | BookScore | NoteMiss | ClearMiss

Decide = Callable[[Command, State], list[Event]]


def decide_with(formulas: Formulas) -> Decide:
    """The decisions under a city's score formula, as it is in effect at each instant."""

    def decide(command: Command, state: State) -> list[Event]:
        match command:
            case RecordVisit():
                return record_visit(command, state, formulas)
            case RecordVisitAttempt():
                return record_visit_attempt(command, state, formulas)
            case ScheduleVisit():
                return schedule_visit(command, state)
            case BookScore():
                return book_score(command, state, formulas)
            case NoteMiss():
                return note_miss(command, state, formulas)
            case ClearMiss():
                return clear_miss(command, state, formulas)
            case _:
                assert_never(command)

    return decide


def record_visit(command: RecordVisit, state: State, formulas: Formulas) -> list[Event]:
    """R29. Solved and satisfied is final and booked at once; anything else waits for the redo."""
    if isinstance(state, Unopened):
        raise NoVisitDue
    if not isinstance(state, VisitDue):
        return _repeated(command, state.answer)
    answer = _answer(
        command.at,
        state.visit,
        contacted=command.contacted,
        solved=command.solved,
        satisfied=command.satisfied,
        generated=command.generated,
    )
    if answer.solved and answer.satisfied:
        return [answer, _entry(state, answer, command.at, formulas)]
    return [answer]


def record_visit_attempt(
    command: RecordVisitAttempt, state: State, formulas: Formulas
) -> list[Event]:
    """R29. The last failed attempt ends the visits; the entry then counts for the times only."""
    if isinstance(state, Unopened):
        raise NoVisitDue
    if not command.reason.strip():
        raise ReasonMissing
    if not isinstance(state, VisitDue):
        if state.answer.exhausted:
            return []
        raise AlreadyVisited(f"round {state.answer.round}")
    attempt = VisitAttempted(command.at, state.visit.round, state.attempts + 1, command.reason)
    if attempt.attempt < formulas(command.at).attempts:
        return [attempt]
    answer = _answer(command.at, state.visit, exhausted=True)
    return [attempt, answer, _entry(state, answer, command.at, formulas)]


def schedule_visit(command: ScheduleVisit, state: State) -> list[Event]:
    """R29. A ticket that was completed again after its entry was booked loses that entry."""
    if not isinstance(state, Unopened) and command.round <= state.visit.round:
        return []
    visit = VisitScheduled(
        command.at, command.unit, command.round, command.category, command.area, command.level,
        command.completed_at,
    )  # fmt: skip
    if isinstance(state, Scored):
        reason = f"completed again, round {visit.round}"
        return [_taken_back(state.booked, command.at, reason), visit]
    return [visit]


def book_score(command: BookScore, state: State, formulas: Formulas) -> list[Event]:
    """R31. The answers of the last round become the entry; a visit that is still due is off."""
    if isinstance(state, VisitDue):
        answer = _answer(command.at, state.visit, exhausted=True)
        return [answer, _entry(state, answer, command.at, formulas)]
    if isinstance(state, Visited):
        return [_entry(state, state.answer, command.at, formulas)]
    return []


def note_miss(command: NoteMiss, state: State, formulas: Formulas) -> list[Event]:
    """R31. A miss is remembered; a booked entry that it proves wrong is replaced."""
    miss = Miss(command.clock, command.run, command.unit)
    if miss in state.misses:
        return []
    noted = MissNoted(command.at, command.clock, command.run, command.unit)
    reason = f"{command.clock} was missed"
    return [noted, *_booked_anew(state, state.misses | {miss}, command.at, reason, formulas)]


def clear_miss(command: ClearMiss, state: State, formulas: Formulas) -> list[Event]:
    """R27, R31. A withdrawn miss no longer counts, also where the entry stands already."""
    miss = Miss(command.clock, command.run, command.unit)
    if miss not in state.misses:
        return []
    cleared = MissCleared(command.at, command.clock, command.run, command.unit)
    reason = f"the miss of {command.clock} was withdrawn"
    return [cleared, *_booked_anew(state, state.misses - {miss}, command.at, reason, formulas)]


def _repeated(command: RecordVisit, answer: VisitCompleted) -> list[Event]:
    said = (command.contacted, command.solved, command.satisfied, command.generated)
    stands = (answer.contacted, answer.solved, answer.satisfied, answer.generated)
    if said == stands and not answer.exhausted:
        return []
    raise AlreadyVisited(f"round {answer.round}")


def _answer(
    at: datetime,
    visit: VisitScheduled,
    *,
    contacted: bool = False,
    solved: bool = False,
    satisfied: bool = False,
    generated: bool = False,
    exhausted: bool = False,
) -> VisitCompleted:
    return VisitCompleted(
        at, visit.unit, visit.round, contacted, solved, satisfied, generated, exhausted
    )


def _entry(
    state: VisitDue | Visited, answer: VisitCompleted, at: datetime, formulas: Formulas
) -> ScoreBooked:
    visit, formula = state.visit, formulas(answer.at)
    return ScoreBooked(
        at,
        entry=state.entries + 1,
        unit=visit.unit,
        category=visit.category,
        area=visit.area,
        level=visit.level,
        contacted=answer.contacted,
        solved=answer.solved,
        satisfied=answer.satisfied,
        on_time=_kept(state.misses, visit.unit, formula.handling),
        confirmed_on_time=_kept(state.misses, visit.unit, formula.confirming),
        visited=not answer.exhausted,
        formula=formula.name,
        visited_at=answer.at,
        promise_missed=not _kept(state.misses, visit.unit, formula.promising),
    )


def _kept(misses: frozenset[Miss], unit: str, clocks: frozenset[str]) -> bool:
    """Another unit's misses, from before the ticket was returned, are not this unit's."""
    return not any(miss.unit == unit and miss.clock in clocks for miss in misses)


def _booked_anew(
    state: State, misses: frozenset[Miss], at: datetime, reason: str, formulas: Formulas
) -> list[Event]:
    if not isinstance(state, Scored):
        return []
    booked, formula = state.booked, formulas(state.booked.visited_at)
    on_time = _kept(misses, booked.unit, formula.handling)
    confirmed = _kept(misses, booked.unit, formula.confirming)
    broken = not _kept(misses, booked.unit, formula.promising)
    stands = (booked.on_time, booked.confirmed_on_time, booked.promise_missed)
    if (on_time, confirmed, broken) == stands:
        return []
    anew = replace(
        booked,
        at=at,
        entry=state.entries + 1,
        on_time=on_time,
        confirmed_on_time=confirmed,
        promise_missed=broken,
        formula=formula.name,
    )
    return [_taken_back(booked, at, reason), anew]


def _taken_back(booked: ScoreBooked, at: datetime, reason: str) -> ScoreTakenBack:
    return ScoreTakenBack(
        at,
        entry=booked.entry,
        unit=booked.unit,
        reason=reason,
        category=booked.category,
        area=booked.area,
        level=booked.level,
        contacted=booked.contacted,
        solved=booked.solved,
        satisfied=booked.satisfied,
        on_time=booked.on_time,
        confirmed_on_time=booked.confirmed_on_time,
        visited=booked.visited,
        formula=booked.formula,
        visited_at=booked.visited_at,
        promise_missed=booked.promise_missed,
    )
