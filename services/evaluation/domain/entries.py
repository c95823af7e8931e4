"""The entry of a ticket in the score ledger: booked, and taken back by a fact (R31)."""

from __future__ import annotations

from datetime import datetime

from services.evaluation.domain.formula import Formulas
from services.evaluation.domain.ticket import (
    Miss,
    ScoreBooked,
    Scored,
    ScoreTakenBack,
    State,
    VisitCompleted,
    VisitDue,
    Visited,
)
from services.kernel.decider import replace


def entry(
    state: VisitDue | Visited, answer: VisitCompleted, at: datetime, formulas: Formulas
) -> ScoreBooked:
    visit, formula = state.visit, formulas(answer.at)
    missed = _missed(state.counted, visit.unit)
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
        on_time=missed.isdisjoint(formula.handling),
        confirmed_on_time=missed.isdisjoint(formula.confirming),
        visited=not answer.exhausted,
        formula=formula.name,
        visited_at=answer.at,
        promise_missed=not missed.isdisjoint(formula.promising),
    )


def booked_anew(
    state: State, misses: frozenset[Miss], at: datetime, reason: str, formulas: Formulas
) -> list[ScoreBooked | ScoreTakenBack]:
    """What these misses prove wrong of an entry that stands: back with it, and the right one."""
    if not isinstance(state, Scored):
        return []
    booked, formula = state.booked, formulas(state.booked.visited_at)
    missed = _missed(misses, booked.unit)
    on_time = missed.isdisjoint(formula.handling)
    confirmed = missed.isdisjoint(formula.confirming)
    broken = not missed.isdisjoint(formula.promising)
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
    return [taken_back(booked, at, reason), anew]


def taken_back(booked: ScoreBooked, at: datetime, reason: str) -> ScoreTakenBack:
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


def _missed(misses: frozenset[Miss], unit: str) -> frozenset[str]:
    """Its clocks; another unit's misses, from before the ticket was returned, are not its own."""
    return frozenset(miss.clock for miss in misses if miss.unit == unit)
