"""A notice that comes later moves open clocks of the live service (R27): given, when, then."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import orjson
import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.lives import line_of, planned_at, run_of
from services.deadline.adapters.proof import differences, prove
from services.deadline.domain.desk import PauseClocks
from services.deadline.domain.events import ClockReplanned, Event, MissWithdrawn
from services.deadline.domain.reactions import decider
from services.deadline.domain.replan import ReplanClocks
from services.kernel.decider import replace
from tests.unit.deadline.questions import ask, notice
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import CHINA, CITIES, approved, cn, dispatched

DUE = cn(3, 17)
NOW = cn(3, 11, 10)
REPLAN = ReplanClocks(NOW, "ann")


def noticed(desk: Desk, days: dict[date, bool]) -> Desk:
    """The service was started again with a calendar that knows the notice."""
    policy, calendar = CITIES["sample"]
    desk.calendar = calendar.with_notice(days, notice="N1")
    desk.decider = decider(policy, desk.calendar)
    return desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def moved(events: list[Event]) -> dict[str, ClockReplanned]:
    return {e.clock: e for e in events if isinstance(e, ClockReplanned)}


def test_r27_a_day_off_moves_open_clocks_and_their_timers_and_the_promise_stays(
    desk: Desk,
) -> None:
    noticed(desk, {date(2026, 3, 13): False})
    found = moved(desk.do(REPLAN))
    assert found.keys() == {"resolve"}  # contact ends on the 12th, the window on the 10th
    assert (found["resolve"].old_due_at, found["resolve"].due_at) == (DUE, cn(3, 18))
    assert found["resolve"].calendar == "cn@2026.1+1"
    assert desk.alarms["resolve/1"].due_at == cn(3, 12, 9)  # a warning first (R25)
    desk.fire(cn(3, 18) - timedelta(seconds=1))
    assert ("resolve", 1) not in desk.misses()
    assert desk.clock("promise").due_at == DUE
    assert desk.do(REPLAN) == []


def test_r25_a_notice_that_moves_a_warning_alone_moves_the_alarm_and_no_due_instant(
    desk: Desk,
) -> None:
    noticed(desk, {date(2026, 3, 12): False, date(2026, 3, 14): True})
    found = moved(desk.do(ReplanClocks(cn(3, 9, 12), "ann")))["resolve"]
    assert (found.old_due_at, found.due_at, found.warn_at) == (DUE, DUE, cn(3, 13, 9))
    assert desk.alarms["resolve/1"].due_at == cn(3, 13, 9)
    assert desk.do(ReplanClocks(cn(3, 9, 13), "ann")) == []


def test_r28_a_published_year_makes_open_clocks_certain_where_it_moves_none() -> None:
    ticket, start = Desk(), datetime(2026, 12, 30, 10, tzinfo=CHINA)
    ticket.say(dispatch.ReturnGranted(unit="U1"), start)
    ticket.say(dispatched("U2", 2), start)
    before = ticket.clock("resolve")
    assert before.provisional
    policy, calendar = CITIES["sample"]
    ticket.calendar = calendar.with_notice({}, publishes_year=2027, notice="N1")
    ticket.decider = decider(policy, ticket.calendar)
    certain = moved(ticket.do(ReplanClocks(start, "ann")))["resolve"]
    assert (certain.due_at, certain.old_due_at) == (before.due_at, before.due_at)
    assert (certain.warn_at, certain.warn_mark) == (before.warn_at, before.warn_mark)
    ticket.reload()
    assert ticket.clock("resolve") == replace(before, provisional=False, calendar=certain.calendar)
    assert ticket.do(ReplanClocks(start, "ann")) == []


def test_r27_the_proof_of_a_clock_that_a_notice_moved_is_by_that_notice(desk: Desk) -> None:
    noticed(desk, {date(2026, 3, 13): False})
    desk.do(REPLAN)
    start = run_of("resolve", desk.events)
    assert start is not None
    assert planned_at(start, desk.events) == NOW
    city = replace(City.of("sample"), calendar=desk.calendar)
    line, _ = line_of("resolve", desk.events, city)
    assert line is not None
    proof = orjson.loads(orjson.dumps(prove(line, city)))
    assert differences(proof) == []
    assert proof["last_day"] == "2026-03-17"
    assert datetime.fromisoformat(proof["due_at"]) == desk.clock("resolve").due_at == cn(3, 18)


def test_r27_a_make_up_day_moves_them_the_other_way(desk: Desk) -> None:
    noticed(desk, {date(2026, 3, 14): True})
    assert moved(desk.do(REPLAN))["resolve"].due_at == cn(3, 15)


def test_r27_never_into_the_past(desk: Desk) -> None:
    noticed(desk, {date(2026, 3, 14): True, date(2026, 3, 15): True})
    assert desk.do(ReplanClocks(cn(3, 15), "ann")) == []
    assert moved(desk.do(ReplanClocks(cn(3, 15) - timedelta(seconds=1), "ann")))


def test_r27_what_ended_or_stands_is_left(desk: Desk) -> None:
    desk.say(approved(cn(3, 10, 10)), cn(3, 10, 10))
    noticed(desk, {date(2026, 3, 12): False})
    assert moved(desk.do(REPLAN)).keys() == {"contact"}
    other = Desk()
    other.do(PauseClocks(cn(3, 10, 10), "force_majeure"))
    noticed(other, {date(2026, 3, 12): False})
    assert other.do(REPLAN) == []


def test_r27_a_notice_after_the_miss_moves_what_nothing_ended_and_withdraws_the_miss(
    desk: Desk,
) -> None:
    desk.fire(DUE)
    desk.fire(DUE)  # the ladder's first step
    noticed(desk, {date(2026, 3, 12): False})
    withdrawn, replanned = desk.do(ReplanClocks(DUE, "ann"))  # contact was due on the 13th
    assert withdrawn == MissWithdrawn(DUE, "resolve", 1, "U1", DUE, None)
    assert isinstance(replanned, ClockReplanned)
    assert replanned.due_at == cn(3, 18)
    assert {name for name in desk.alarms if name.endswith("resolve/1")} == {"resolve/1"}
    assert desk.clock("resolve").rung == 0
    desk.fire(cn(3, 18))
    assert desk.misses().count(("resolve", 1)) == 1


def test_r27_live_and_calculator_agree_on_a_notice_after_the_miss() -> None:
    found = ask("resolve", notice("03-17T00:00", {"2026-03-12": False}))
    assert found["due_at"] == "2026-03-18T00:00:00+08:00"
    kept = ask("resolve", notice("03-18T00:00", {"2026-03-12": False}))
    assert kept["due_at"] == "2026-03-17T00:00:00+08:00"
    late = Desk()
    late.fire(DUE)
    noticed(late, {date(2026, 3, 12): False})
    assert late.do(ReplanClocks(cn(3, 18), "ann")) == []


def test_r27_the_state_is_the_same_from_the_ledgers_bytes(desk: Desk) -> None:
    noticed(desk, {date(2026, 3, 13): False})
    desk.do(REPLAN)
    state = desk.state
    desk.reload()
    assert desk.state == state
