"""The ladder after a miss: each step once, in working time for a unit (R25)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.domain.care_events import (
    BureauNotified,
    SupervisionOpened,
)
from services.deadline.domain.desk import PauseClocks, ResumeClocks, SetLimit
from services.deadline.domain.events import (
    ClockResumed,
    DeadlineMissed,
    UnitReminded,
    UnitUrged,
)
from services.deadline.domain.rejections import (
    NotYours,
)
from services.deadline.domain.supervision import (
    ClimbLadder,
    DisputeMiss,
)
from tests.unit.deadline.test_caring import OPEN
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import Ticket, accepted, approved, cn, dispatched, queued

DUE = cn(3, 17)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def steps(desk: Desk) -> list[Any]:
    kinds = UnitReminded | UnitUrged | SupervisionOpened | BureauNotified
    return [e for e in desk.events if isinstance(e, kinds) and e.clock == "resolve"]


def test_r25_after_a_miss_reminded_urged_supervised_and_the_bureau_notified(desk: Desk) -> None:
    desk.say(dispatch.DispatchConfirmed(unit="U1"), cn(3, 9, 11))
    desk.say(dispatch.CitizenContacted(unit="U1"), cn(3, 9, 11))
    for _ in range(6):
        desk.fire(cn(4, 30))
    where = "resolve", 1, "U1", DUE
    opened = 1, ("U1",), "resolve overdue", "resolve", 1, cn(3, 24), "ladder"
    assert steps(desk) == [  # each in the morning behind the end of its day
        UnitReminded(cn(3, 17, 9), *where, cn(3, 18)),
        UnitUrged(cn(3, 18, 9), *where, cn(3, 19)),
        SupervisionOpened(cn(3, 19, 9), *opened),
        BureauNotified(cn(3, 24, 9), "resolve", 1, "U1", "overdue since 2026-03-17", "ladder"),
    ]
    assert "ladder:resolve/1" not in desk.alarms


def test_r25_a_step_that_fires_again_is_not_the_next_one(desk: Desk) -> None:
    desk.fire(DUE)
    for at in (cn(3, 17, 9), cn(3, 18, 9), cn(3, 19, 9), cn(3, 24, 9)):
        desk.fire(at)
        told = steps(desk)
        assert told[-1].at == at
        assert desk.do(ClimbLadder(at, "resolve", 1)) == []
    assert len(steps(desk)) == 4


def test_r25_what_was_done_in_the_end_ends_the_ladder(desk: Desk) -> None:
    desk.fire(DUE)
    desk.fire(cn(3, 17, 9))
    desk.say(approved(cn(3, 17, 10)), cn(3, 17, 12))
    assert "ladder:resolve/1" not in desk.alarms
    assert desk.do(ClimbLadder(cn(3, 18), "resolve", 1)) == []


def test_r25_nobody_is_urged_while_the_hotline_reviews_the_reply(desk: Desk) -> None:
    desk.fire(DUE)
    desk.fire(cn(3, 17, 9))
    desk.say(dispatch.TicketReplied(unit="U1"), cn(3, 17, 10))
    assert "ladder:resolve/1" not in desk.alarms
    desk.say(dispatch.ReplySentBack(unit="U1"), cn(3, 20, 10))
    desk.fire(cn(3, 20, 10))
    assert [type(e) for e in steps(desk)] == [UnitReminded, UnitUrged]


@pytest.mark.parametrize(
    ("back_at", "told_at"),
    [
        (cn(3, 17, 11), cn(3, 18, 9)),  # the day's end, told in the morning
        (cn(3, 18), cn(3, 18, 9)),
        (cn(3, 20, 10), cn(3, 20, 10)),
    ],
)
def test_r25_a_pause_after_the_miss_brings_no_step_before_its_time(
    desk: Desk, back_at: datetime, told_at: datetime
) -> None:
    desk.say(dispatch.DispatchConfirmed(unit="U1"), cn(3, 9, 11))
    desk.say(dispatch.CitizenContacted(unit="U1"), cn(3, 9, 11))
    for _ in range(2):
        desk.fire(cn(3, 17, 9))
    desk.say(dispatch.TicketReplied(unit="U1"), cn(3, 17, 10))
    desk.say(dispatch.ReplySentBack(unit="U1"), back_at)
    [resumed] = [e for e in desk.events if isinstance(e, ClockResumed) and e.clock == "resolve"]
    assert resumed.ladder_at == max(cn(3, 18), back_at)
    for _ in range(4):
        desk.fire(told_at)
    assert [(type(e), e.at) for e in steps(desk)] == [
        (UnitReminded, cn(3, 17, 9)),
        (UnitUrged, told_at),
        *([(SupervisionOpened, told_at)] if told_at > cn(3, 19) else []),
    ]


def test_r25_a_pause_after_the_last_step_calls_nobody_again(desk: Desk) -> None:
    for _ in range(6):
        desk.fire(cn(3, 25))
    assert isinstance(steps(desk)[-1], BureauNotified)
    desk.say(dispatch.TicketReplied(unit="U1"), cn(3, 25, 10))
    desk.say(dispatch.ReplySentBack(unit="U1"), cn(3, 26, 10))
    [resumed] = [e for e in desk.events if isinstance(e, ClockResumed) and e.clock == "resolve"]
    assert resumed.ladder_at is None
    assert "ladder:resolve/1" not in desk.alarms


def test_r25_a_supervision_that_is_open_already_is_not_opened_again(desk: Desk) -> None:
    desk.fire(DUE)
    desk.do(OPEN)
    for day in (17, 18, 19):
        desk.fire(cn(3, day, 9))
    assert [type(e) for e in steps(desk)] == [UnitReminded, UnitUrged, UnitUrged]


@pytest.mark.parametrize(
    ("missed_at", "told_at"),
    [
        (cn(3, 13, 16), [cn(3, 13, 16), *[cn(3, 16, 9)] * 3]),  # Friday; the weekend waits
        (cn(3, 10, 20), [cn(3, 11, 9)] * 4),  # at night: told together in the morning
        (cn(3, 14, 10), [cn(3, 16, 9)] * 4),  # on a Saturday
        (
            cn(3, 10, 12, 30),
            [cn(3, 10, 13, 30), cn(3, 10, 14, 30), cn(3, 10, 16, 30), cn(3, 11, 9)],
        ),
    ],
)
def test_r25_a_unit_is_told_of_each_step_in_working_time_and_the_miss_keeps_its_instant(
    missed_at: datetime, told_at: list[datetime]
) -> None:
    ticket = Ticket()
    ticket.say(accepted(), missed_at - timedelta(hours=2))
    ticket.say(dispatched("U1"), missed_at - timedelta(hours=2))
    for _ in range(5):
        ticket.fire(missed_at + timedelta(days=3))
    mine = [e for e in ticket.events if getattr(e, "clock", "") == "confirm"]
    [missed] = [e for e in mine if isinstance(e, DeadlineMissed)]
    assert (missed.at, missed.due_at, missed.ladder_at) == (missed_at, missed_at, missed_at)
    kinds = UnitReminded | UnitUrged | SupervisionOpened | BureauNotified
    assert [e.at for e in mine if isinstance(e, kinds)] == told_at
    legal = [missed_at + timedelta(hours=hours) for hours in (2, 4, 8)]
    assert [e.next_at for e in mine if isinstance(e, UnitReminded | UnitUrged)] == legal[:2]
    assert [e.next_at for e in mine if isinstance(e, SupervisionOpened)] == legal[2:]


def test_r25_the_hotlines_own_desk_is_told_at_any_time() -> None:
    ticket = Ticket()
    ticket.say(accepted(), cn(3, 14, 22))
    ticket.say(queued(cn(3, 14, 22)), cn(3, 14, 22))
    for _ in range(2):
        ticket.fire(cn(3, 15))
    reminded = [e for e in ticket.events if isinstance(e, UnitReminded) and e.clock == "queue"]
    assert [e.at for e in reminded] == [cn(3, 14, 22, 30)]


@pytest.mark.parametrize(
    ("clock", "told_at"), [("queue", cn(3, 21, 23)), ("resolve", cn(3, 23, 9))]
)
def test_r25_an_overdue_clock_that_goes_on_at_night_tells_the_desk_then_and_a_unit_later(
    desk: Desk, clock: str, told_at: datetime
) -> None:
    desk.say(queued(cn(3, 9, 11)), cn(3, 9, 11))
    desk.fire(DUE)
    desk.do(PauseClocks(cn(3, 17, 10), "force_majeure", clock))
    assert f"ladder:{clock}/1" not in desk.alarms
    desk.do(ResumeClocks(cn(3, 21, 23), clock))  # on a Saturday
    assert desk.alarms[f"ladder:{clock}/1"].due_at == told_at


FOUND = cn(3, 13, 10)  # the law's two days were over on the 12th, at 00:00
LAW = SetLimit(FOUND, "ann", "resolve", working_days=2, document="law")


def test_r25_of_a_limit_that_is_found_when_it_is_over_nobody_is_told_before_it_was_found(
    desk: Desk,
) -> None:
    desk.say(dispatch.DispatchConfirmed(unit="U1"), cn(3, 9, 11))
    desk.say(dispatch.CitizenContacted(unit="U1"), cn(3, 9, 11))
    desk.fire(FOUND)
    desk.do(LAW)
    for _ in range(4):
        desk.fire(cn(3, 14))
    [missed] = [e for e in desk.events if isinstance(e, DeadlineMissed) and e.clock == "resolve"]
    assert (missed.at, missed.ladder_at) == (cn(3, 12), FOUND)
    assert [(type(e), e.at) for e in steps(desk)] == [(UnitReminded, FOUND), (UnitUrged, FOUND)]
    assert [e.next_at for e in steps(desk)] == [cn(3, 13), cn(3, 14)]  # as counted from the miss


def test_r25_nor_before_the_clock_goes_on_where_the_limit_was_found_while_it_stood(
    desk: Desk,
) -> None:
    desk.do(PauseClocks(cn(3, 12, 10), "force_majeure", "resolve"))
    desk.do(LAW, ResumeClocks(cn(3, 13, 15), "resolve"))
    [missed] = [e for e in desk.events if isinstance(e, DeadlineMissed) and e.clock == "resolve"]
    assert (missed.at, missed.ladder_at) == (cn(3, 12), cn(3, 13, 15))
    state = desk.state
    desk.reload()
    assert desk.state == state


def test_r25_a_miss_of_an_import_calls_nobody() -> None:
    ticket = Ticket(import_id="old")
    ticket.say(accepted(), cn(3, 9, 10))
    ticket.say(dispatched("U1"), cn(3, 9, 10))
    ticket.fire(DUE)
    assert ticket.misses()
    assert not [name for name in ticket.alarms if name.startswith("ladder:")]


def test_r35_a_unit_is_not_told_whether_another_one_missed(desk: Desk) -> None:
    theirs = DisputeMiss(DUE, "U2", "resolve", "x")
    desk.refuses(NotYours, theirs)
    desk.fire(DUE)
    desk.refuses(NotYours, theirs)
