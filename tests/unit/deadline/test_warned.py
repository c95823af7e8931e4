"""Warnings as facts (R25): fired by the clock's one timer, once per clock and mark."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RequestExtension,
    ResumeClocks,
    SetLimit,
)
from services.deadline.domain.events import ClockWarned
from services.deadline.domain.reactions import decider
from services.deadline.domain.replan import ReplanClocks
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import CHINA, Ticket, accepted, approved, cn, dispatched

MONDAY, DUE = cn(3, 9, 10), cn(3, 17)  # five working days: Tuesday to Monday
SECOND = timedelta(seconds=1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def of(ticket: Ticket, clock: str = "resolve") -> list[tuple[str, str]]:
    found = [w for w in ticket.warnings() if w.clock == clock]
    return [(f"{w.at.astimezone(CHINA):%m-%d %H:%M}", w.mark) for w in found]


def test_r25_warned_at_half_at_four_fifths_and_before_the_end_then_missed_once(desk: Desk) -> None:
    desk.fire(DUE)
    assert of(desk) == [("03-12 09:00", "50%"), ("03-13 09:00", "80%"), ("03-16 17:30", "2h")]
    assert ("resolve", 1) in desk.misses()
    first = next(w for w in desk.warnings() if w.clock == "resolve")
    assert first == ClockWarned(
        cn(3, 12, 9), "resolve", 1, "U1", "50%", DUE, cn(3, 13, 9), "80%"
    )  # at its own instant, whenever the timer fired


def test_r25_one_timer_per_clock_moves_from_warning_to_warning_to_the_end(desk: Desk) -> None:
    steps: list[datetime] = []
    while not desk.misses() or ("resolve", 1) not in desk.misses():
        mine = [name for name in desk.alarms if name.endswith("resolve/1")]
        assert mine == ["resolve/1"]
        steps.append(desk.alarms["resolve/1"].due_at)
        desk.fire(steps[-1])
    assert steps[-1] == DUE


def test_r25_a_clock_of_at_most_four_hours_is_not_warned_of(desk: Desk) -> None:
    desk.fire(DUE)
    assert of(desk, "confirm") == []


def test_r25_a_window_is_not_warned_of(desk: Desk) -> None:
    desk.fire(DUE)
    assert of(desk, "return") == []


def test_r25_the_promise_is_the_hotlines_own_desk_to_be_told_of_at_any_time(desk: Desk) -> None:
    desk.fire(DUE)
    assert of(desk, "promise")[-1] == ("03-16 22:00", "2h")


def test_r25_nobody_is_warned_after_the_end_zammad_3140(desk: Desk) -> None:
    desk.say(dispatch.TicketReplied(unit="U1"), cn(3, 12, 8))
    desk.say(approved(cn(3, 12, 8)), cn(3, 12, 8, 30))
    desk.fire(DUE)
    assert of(desk) == []
    assert ("resolve", 1) not in desk.misses()


def test_r25_nobody_is_warned_while_it_stands_and_the_days_move_with_it(desk: Desk) -> None:
    desk.do(PauseClocks(cn(3, 10, 11), "force_majeure", "resolve"))
    desk.fire(cn(3, 14))
    assert of(desk) == []
    desk.do(ResumeClocks(cn(3, 13, 11), "resolve"))
    desk.fire(cn(3, 31))
    assert of(desk)[:2] == [("03-17 09:00", "50%"), ("03-18 09:00", "80%")]


def test_r25_an_extension_plans_anew_and_nothing_is_told_twice(desk: Desk) -> None:
    desk.fire(cn(3, 12, 9))
    desk.do(RequestExtension(cn(3, 12, 10), "U1", "resolve", 5, "road works"))
    desk.do(GrantExtension(cn(3, 12, 11), "ann", "resolve"))
    desk.fire(cn(3, 31))
    assert of(desk) == [("03-12 09:00", "50%"), ("03-19 09:00", "80%"), ("03-23 17:30", "2h")]


def test_r25_a_limit_that_leaves_a_warning_behind_is_itself_told(desk: Desk) -> None:
    desk.do(SetLimit(cn(3, 11, 12), "ann", "resolve", working_days=3))
    desk.fire(DUE)
    assert of(desk) == [("03-12 09:00", "80%"), ("03-12 17:30", "2h")]


def test_r25_a_calendar_that_changed_plans_anew(desk: Desk) -> None:
    desk.calendar = desk.calendar.with_notice({date(2026, 3, 12): False}, None)
    desk.decider = decider(desk.policy, desk.calendar)
    desk.do(ReplanClocks(cn(3, 10, 12), "ann"))
    desk.fire(cn(3, 31))
    assert of(desk)[0] == ("03-13 09:00", "50%")


def test_r25_a_timer_that_was_overtaken_is_quiet(desk: Desk) -> None:
    before = desk.alarms["resolve/1"]
    desk.do(RequestExtension(cn(3, 11), "U1", "resolve", 5, "road works"))
    desk.do(GrantExtension(cn(3, 11, 1), "ann", "resolve"))
    desk.alarms["resolve/1"] = before
    desk.fire(before.due_at)
    assert of(desk) == []
    assert ("resolve", 1) not in desk.misses()


def test_r25_nobody_is_warned_in_an_import() -> None:
    old = Ticket(import_id="old-system")
    old.say(accepted(), MONDAY)
    old.say(dispatched(), MONDAY)
    assert old.alarms["resolve/1"].due_at == DUE
    old.fire(DUE)
    assert old.warnings() == []


def test_r25_the_warnings_of_a_ledger_read_again_are_the_same(desk: Desk) -> None:
    desk.fire(cn(3, 12, 9))
    desk.reload()
    desk.fire(DUE)
    assert [mark for _, mark in of(desk)] == ["50%", "80%", "2h"]
