"""A miss that a dispute ruling excused is out of the score and stays on record (R31)."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.evaluation.domain.commands import ExcuseMiss
from services.evaluation.domain.reactions import (
    DeadlineMissed,
    DisputeRuled,
    MissWithdrawn,
    TicketArchived,
    TicketCompleted,
)
from services.evaluation.domain.ticket import MissExcused, Scored
from services.evaluation.domain.views import FiguresRow, figures, measures, total
from services.kernel.decider import replace
from tests.unit.evaluation.specs import (
    AT,
    NOW,
    SCORED,
    ask,
    booked,
    decided,
    fold,
    missed,
    quiet_again,
    reacted,
    scheduled,
    taken_back,
    visited,
)
from tests.unit.evaluation.test_any_order import World

LATE = (missed(), scheduled(), visited(), booked(on_time=False))
MISSED = DeadlineMissed("resolve", 1, "transport")
GONE = MissWithdrawn("resolve", 1, "transport")
DONE = TicketCompleted(AT, "transport", "traffic/road", "yingzhou", "city", 1)
ZONE = ZoneInfo("Asia/Shanghai")


def ruled(clock: str = "resolve", unit: str = "transport", *, excused: bool = True) -> DisputeRuled:
    return DisputeRuled(clock, 1, unit, excused, "grid report", "sue")


def excused(clock: str = "resolve", unit: str = "transport") -> MissExcused:
    return MissExcused(NOW, clock, 1, unit, "grid report", "sue")


def test_r31_an_excused_miss_is_taken_out_of_an_entry_that_stands() -> None:
    assert reacted(ruled(), *LATE) == [
        excused(),
        taken_back(booked(on_time=False), "the miss of resolve was excused"),
        booked(2, at=NOW, visited_at=AT),
    ]


@pytest.mark.parametrize(
    ("clock", "spoilt"),
    [("confirm", {"confirmed_on_time": False}), ("reply_promise", {"promise_missed": True})],
)
def test_r31_so_is_one_of_any_clock_that_the_formula_counts(
    clock: str, spoilt: dict[str, Any]
) -> None:
    before = (missed(clock), scheduled(), visited(), booked(**spoilt))
    assert reacted(ruled(clock), *before)[-1] == booked(2, at=NOW, visited_at=AT)
    uncounted = (missed("contact"), scheduled(), visited(), booked())
    assert reacted(ruled("contact"), *uncounted) == [excused("contact")]


def test_r31_an_entry_that_is_booked_later_leaves_it_out() -> None:
    assert reacted(ruled(), missed(), scheduled()) == [excused()]
    assert decided(ask(), missed(), excused(), scheduled())[-1] == booked(at=NOW)
    assert decided(ask(), missed(), scheduled(), excused())[-1] == booked(at=NOW)


def test_r31_a_ruling_against_the_unit_changes_nothing() -> None:
    assert reacted(ruled(excused=False), *LATE) == []


def test_r31_another_miss_of_the_unit_still_counts() -> None:
    assert reacted(ruled(), missed("redo"), *LATE) == [excused()]
    assert reacted(ruled(unit="market"), *LATE) == [excused(unit="market")]


def test_r31_a_ruling_that_is_told_again_is_quiet() -> None:
    again = (*LATE, *reacted(ruled(), *LATE))
    assert reacted(ruled(), *again) == []
    quiet_again(ExcuseMiss(NOW, "resolve", 1, "transport", "grid report", "sue"), *LATE)


def test_r31_a_miss_that_is_told_again_stays_excused() -> None:
    again = (*LATE, *reacted(ruled(), *LATE))
    assert reacted(MISSED, *again) == []
    assert reacted(MISSED, *SCORED, excused()) == [replace(missed(), at=NOW)]


def test_r27_a_miss_that_follows_a_withdrawn_one_was_not_excused() -> None:
    before = [*LATE, *reacted(ruled(), *LATE)]
    before += reacted(GONE, *before)
    assert isinstance(fold(*before), Scored)
    assert reacted(GONE, *before) == []
    *_, anew = reacted(MISSED, *before)
    assert anew == booked(3, at=NOW, visited_at=AT, on_time=False)


def test_r31_what_was_excused_stays_so_through_a_redo() -> None:
    redone = scheduled(2)
    before = (missed(), scheduled(), visited(solved=False), excused(), redone)
    assert decided(ask(), *before)[-1] == booked(at=NOW)


STEPS: list[list[Any]] = [[MISSED], [ruled()], [DONE, ask(), TicketArchived("transport")]]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_r31_figures_and_live_windows_leave_it_out_in_any_order(order: tuple[int, ...]) -> None:
    world = World()
    for step in (step for n in order for step in STEPS[n] * 2):
        world.take(step)
    rows = [row for event in world.log if (row := figures(event, ZONE))]
    counted = FiguresRow("", "", 1, 1, 1, 1, 1, on_time=1, confirmed_on_time=1)
    assert total(rows) == counted
    live = [measure for event in world.log for measure in measures(event)]
    assert sum(m.weight for m in live) == sum(m.weight * m.on_time for m in live) == 1
    assert [type(e) for e in world.log].count(MissExcused) == 1
