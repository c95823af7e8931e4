"""What can be asked of evaluation, and what it decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from services.evaluation.domain.entries import booked_anew, entry, taken_back
from services.evaluation.domain.formula import Formulas
from services.evaluation.domain.rejections import AlreadyVisited, NoVisitDue, ReasonMissing
from services.evaluation.domain.ticket import (
    Event,
    Miss,
    MissCleared,
    MissExcused,
    MissNoted,
    Scored,
    State,
    Unopened,
    VisitAttempted,
    VisitCompleted,
    VisitDue,
    Visited,
    VisitScheduled,
)
from services.kernel.decider import Value


class RecordVisit(Value):
    """The citizen was asked: did the unit contact you, is it solved, are you satisfied?"""

    at: datetime
    contacted: bool
    solved: bool
    satisfied: bool
    generated: bool = False


class RecordVisitAttempt(Value):
    """The citizen could not be reached."""

    at: datetime
    reason: str


class ScheduleVisit(Value):
    at: datetime
    unit: str
    round: int
    category: str
    area: str
    level: str
    completed_at: datetime


class BookScore(Value):
    """The ticket was archived: no further round will change the answers."""

    at: datetime


class NoteMiss(Value):
    at: datetime
    clock: str
    run: int
    unit: str


class ClearMiss(Value):
    at: datetime
    clock: str
    run: int
    unit: str


class ExcuseMiss(Value):
    """The dispute over the miss was ruled for the unit: by whom, and why."""

    at: datetime
    clock: str
    run: int
    unit: str
    reason: str
    by: str


Command = (
    RecordVisit | RecordVisitAttempt | ScheduleVisit | BookScore | NoteMiss | ClearMiss | ExcuseMiss
)

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
            case ExcuseMiss():
                return excuse_miss(command, state, formulas)
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
        return [answer, entry(state, answer, command.at, formulas)]
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
    return [attempt, answer, entry(state, answer, command.at, formulas)]


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
        return [taken_back(state.booked, command.at, reason), visit]
    return [visit]


def book_score(command: BookScore, state: State, formulas: Formulas) -> list[Event]:
    """R31. The answers of the last round become the entry; a visit that is still due is off."""
    if isinstance(state, VisitDue):
        answer = _answer(command.at, state.visit, exhausted=True)
        return [answer, entry(state, answer, command.at, formulas)]
    if isinstance(state, Visited):
        return [entry(state, state.answer, command.at, formulas)]
    return []


def note_miss(command: NoteMiss, state: State, formulas: Formulas) -> list[Event]:
    """R31. A miss is remembered; a booked entry that it proves wrong is replaced."""
    miss = Miss(command.clock, command.run, command.unit)
    if miss in state.misses:
        return []
    noted = MissNoted(command.at, command.clock, command.run, command.unit)
    reason = f"{command.clock} was missed"
    counted = (state.misses | {miss}) - state.excused
    return [noted, *booked_anew(state, counted, command.at, reason, formulas)]


def clear_miss(command: ClearMiss, state: State, formulas: Formulas) -> list[Event]:
    """R27, R31. A withdrawn miss no longer counts, also where the entry stands already.

    What was ruled on it goes with it: one that comes after is another.
    """
    miss = Miss(command.clock, command.run, command.unit)
    if miss not in state.misses | state.excused:
        return []
    cleared = MissCleared(command.at, command.clock, command.run, command.unit)
    reason = f"the miss of {command.clock} was withdrawn"
    counted = state.counted - {miss}
    return [cleared, *booked_anew(state, counted, command.at, reason, formulas)]


def excuse_miss(command: ExcuseMiss, state: State, formulas: Formulas) -> list[Event]:
    """R31. An excused miss stays on record and leaves the score, also of an entry that stands.

    A ruling is final, so what was excused stays so, whether it is heard before the miss or after.
    """
    miss = Miss(command.clock, command.run, command.unit)
    if miss in state.excused:
        return []
    where = command.at, command.clock, command.run, command.unit
    excused = MissExcused(*where, command.reason, command.by)
    reason = f"the miss of {command.clock} was excused"
    counted = state.counted - {miss}
    return [excused, *booked_anew(state, counted, command.at, reason, formulas)]


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
