"""Disputes over the misses of units that have the ticket no more (R27, R35)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.domain.events import DisputeRuled, MissDisputed
from services.deadline.domain.rejections import NotDisputable, NotYours
from services.deadline.domain.supervision import DisputeMiss, RuleDispute
from services.kernel.decider import replace
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.test_refiling_late import HANDED_BACK, URGENT, heard
from tests.unit.deadline.tickets import cn, dispatched

DUE = cn(3, 17)
AT = DUE + timedelta(hours=10)
OURS, THEIRS = (DisputeMiss(AT, unit, "resolve", "power cut") for unit in ("U1", "U2"))


@pytest.fixture
def desk() -> Desk:
    """U1 missed, U2 has it since and has missed too, a week later."""
    desk = Desk()
    desk.fire(DUE)
    desk.say(dispatch.ReturnGranted(unit="U1"), DUE + timedelta(hours=1))
    desk.say(dispatched("U2", 2), DUE + timedelta(hours=2))
    return desk


def ruling(*, run: int = 0, excused: bool = True) -> RuleDispute:
    return RuleDispute(AT, "sue", "resolve", excused, "grid report", run)


def ruled(run: int, unit: str, *, excused: bool = True) -> DisputeRuled:
    return DisputeRuled(AT, "resolve", run, unit, excused, "grid report", "sue")


def test_r27_a_unit_disputes_its_miss_also_when_another_has_the_ticket(desk: Desk) -> None:
    assert desk.do(OURS) == [MissDisputed(AT, "resolve", 1, "U1", "power cut")]
    assert desk.do(OURS) == []
    assert desk.do(ruling()) == [ruled(1, "U1")]
    assert desk.do(ruling()) == desk.do(OURS) == []


def test_r35_a_unit_learns_nothing_of_anothers_miss(desk: Desk) -> None:
    desk.refuses(NotDisputable, THEIRS)  # its own is not missed yet
    desk.refuses(NotYours, DisputeMiss(AT, "U3", "resolve", "x"))


def test_r27_of_two_disputes_the_older_is_ruled_on_first_or_the_one_that_is_named(
    desk: Desk,
) -> None:
    desk.fire(cn(3, 31))
    desk.do(THEIRS, OURS)
    desk.refuses(NotDisputable, ruling(run=3))
    assert desk.do(ruling(run=2, excused=False)) == [ruled(2, "U2", excused=False)]
    assert desk.do(ruling(run=2)) == []
    assert desk.do(ruling()) == [ruled(1, "U1")]
    assert desk.do(ruling()) == []


def test_r27_two_open_disputes_are_ruled_on_in_their_order(desk: Desk) -> None:
    desk.fire(cn(3, 31))
    desk.do(THEIRS, OURS)
    assert [desk.do(ruling()), desk.do(ruling())] == [[ruled(1, "U1")], [ruled(2, "U2")]]


def test_r27_nobody_rules_on_what_nobody_disputes(desk: Desk) -> None:
    assert desk.refuses(NotDisputable, ruling()).args == ("nobody disputes it",)


@pytest.fixture
def again() -> Desk:
    """U1 missed, has it again after a forced dispatch, and missed again."""
    desk = Desk()
    desk.fire(DUE)
    desk.say(dispatch.ReturnGranted(unit="U1"), DUE + timedelta(hours=1))
    desk.say(dispatched("U1", 2, forced=True), DUE + timedelta(hours=2))
    desk.fire(cn(3, 31))
    return desk


def disputed(run: int) -> MissDisputed:
    return MissDisputed(AT, "resolve", run, "U1", "power cut")


def test_r27_a_unit_disputes_each_of_its_misses_the_oldest_first(again: Desk) -> None:
    assert again.misses().count(("resolve", 1)) == again.misses().count(("resolve", 2)) == 1
    assert [again.do(OURS), again.do(OURS)] == [[disputed(1)], [disputed(2)]]
    assert again.do(OURS) == []
    assert again.do(ruling(run=2)) == [ruled(2, "U1")]
    assert again.do(ruling()) == [ruled(1, "U1")]


def test_r27_a_unit_names_the_run_whose_miss_it_disputes(again: Desk) -> None:
    second = replace(OURS, run=2)
    assert again.do(second) == [disputed(2)]
    assert again.do(second) == []
    assert again.do(replace(OURS, run=1)) == [disputed(1)]


def test_r35_a_named_run_is_the_units_own_and_was_missed(desk: Desk, again: Desk) -> None:
    desk.refuses(NotYours, replace(OURS, run=2))
    desk.refuses(NotYours, replace(THEIRS, run=1))
    desk.refuses(NotDisputable, replace(THEIRS, run=2))
    again.refuses(NotDisputable, replace(OURS, run=3))


def test_r27_who_could_not_know_of_a_correction_disputes_the_miss_that_it_brought() -> None:
    desk = heard(*HANDED_BACK, URGENT)
    assert ("resolve", 1) in desk.misses()
    [told] = desk.do(DisputeMiss(AT, "U1", "resolve", "nobody told us"))
    assert isinstance(told, MissDisputed)
    assert (told.run, told.unit) == (1, "U1")


def test_r27_the_state_with_earlier_runs_is_the_same_from_the_ledgers_bytes(desk: Desk) -> None:
    desk.do(OURS, ruling())
    state = desk.state
    desk.reload()
    assert desk.state == state
