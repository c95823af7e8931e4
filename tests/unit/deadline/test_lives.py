"""The proof of a live clock gives the due instant that the service keeps (R27)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.lives import line_of, run_of
from services.deadline.adapters.proof import differences, prove
from services.deadline.domain.clock import Phase
from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RefuseExtension,
    RequestExtension,
    ResumeClocks,
    SetLimit,
)
from services.kernel.decider import Rejection
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import accepted, approved, cn, dispatched

SAMPLE = City.of("sample")
ACTS: list[Any] = [
    lambda at: RequestExtension(at, "U1", "resolve", 2, "r"),
    lambda at: GrantExtension(at, "ann", "resolve"),
    lambda at: RefuseExtension(at, "ann", "resolve", "no"),
    lambda at: PauseClocks(at, "force_majeure"),
    lambda at: ResumeClocks(at),
    lambda at: SetLimit(at, "ann", "resolve", working_days=4),
    lambda at: SetLimit(
        at, "ann", "resolve", working_days=9, special=True, written_application=True, document="d"
    ),
]
SAID: list[Any] = [
    dispatch.TicketReplied(unit="U1"),
    dispatch.ReplySentBack(unit="U1"),
    dispatched("U1", 2),
]


def proof(desk: Desk, clock: str) -> Any:
    line, _ = line_of(clock, desk.events, SAMPLE)
    assert line is not None
    return orjson.loads(orjson.dumps(prove(line, SAMPLE)))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from([*ACTS, *SAID])), max_size=9))
def test_r27_whatever_happens_the_proof_says_what_the_service_keeps(steps: list[Any]) -> None:
    desk, now = Desk(), cn(3, 9, 11)
    for hours, act in steps:
        now += timedelta(hours=hours)
        desk.fire(now)
        try:
            desk.say(act, now) if act in SAID else desk.do(act(now))
        except Rejection:
            continue
    for clock in ("confirm", "contact", "resolve"):
        kept, made = desk.clock(clock), proof(desk, clock)
        assert differences(made) == []
        if kept.phase is Phase.RUNNING:
            assert datetime.fromisoformat(made["due_at"]) == kept.due_at


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from([*ACTS, *SAID])), max_size=9))
def test_r27_every_earlier_run_has_its_proof_too(steps: list[Any]) -> None:
    """Nothing that came to a later run is in it."""
    desk, now = Desk(), cn(3, 9, 11)
    for hours, act in steps:
        now += timedelta(hours=hours)
        desk.fire(now)
        try:
            desk.say(act, now) if act in SAID else desk.do(act(now))
        except Rejection:
            continue
    desk.say(dispatched("U2", 3), now)
    desk.do(SetLimit(now, "ann", "resolve", working_days=1))
    for kept in desk.state.earlier_runs:
        start = run_of(kept.name, desk.events, kept.run)
        assert start is not None
        line, unit = line_of(kept.name, desk.events, SAMPLE, start)
        assert line is not None
        made = orjson.loads(orjson.dumps(prove(line, SAMPLE)))
        assert (differences(made), unit) == ([], kept.unit)
        if kept.phase is Phase.STOPPED and kept.opened is None:
            assert datetime.fromisoformat(made["due_at"]) == kept.due_at
            assert made.get("late", False) is kept.missed


def test_r27_a_run_is_found_by_its_number_or_its_unit() -> None:
    desk = Desk()
    desk.say(dispatched("U2", 2), cn(3, 10))
    asked: list[tuple[int, str | None]] = [(0, None), (1, None), (0, "U1"), (2, "U1"), (3, None)]
    found = [run_of("resolve", desk.events, run, unit) for run, unit in asked]
    assert [start and start.run for start in found] == [2, 1, 1, None, None]


def test_r26_the_proof_of_an_approved_reply_ends_at_the_reply() -> None:
    desk = Desk()
    desk.say(dispatch.TicketReplied(unit="U1"), cn(3, 16, 10))
    desk.say(approved(cn(3, 16, 10)), cn(3, 18, 10))
    assert proof(desk, "resolve")["late"] is False


def test_r23_a_limit_that_came_after_the_miss_is_in_the_next_units_proof_only() -> None:
    desk = Desk()
    desk.fire(cn(3, 17))
    desk.do(SetLimit(cn(3, 17, 9), "ann", "resolve", working_days=2))
    desk.do(PauseClocks(cn(3, 17, 10), "force_majeure"), ResumeClocks(cn(3, 18, 10)))
    assert desk.clock("resolve").due_at == cn(3, 17)
    assert proof(desk, "resolve")["last_day"] == "2026-03-16"
    desk.say(dispatched("U2", 2), cn(3, 18, 11))
    assert proof(desk, "resolve")["last_day"] == "2026-03-20"
    assert desk.clock("resolve").due_at == cn(3, 21)


@pytest.mark.parametrize("clock", ["redo", "lunch"])
def test_r27_a_clock_that_never_ran_has_no_proof(clock: str) -> None:
    assert line_of(clock, Desk().events, SAMPLE) == (None, "")


def test_r23_a_stated_due_instant_is_proven_as_stated() -> None:
    rules = City.of("nyc")
    desk = Desk.__new__(Desk)
    super(Desk, desk).__init__("nyc")
    limit = datetime.fromisoformat("2026-04-15T17:30-04:00")
    desk.say(accepted(stated_due_at=limit), cn(3, 9, 10))
    line, _ = line_of("promise", desk.events, rules)
    assert line is not None
    assert datetime.fromisoformat(prove(line, rules)["due_at"]) == limit
