"""R22: the hotline is alarmed once, before an application that nobody answered lapses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters import registry
from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RefuseExtension,
    RequestExtension,
    ResumeClocks,
)
from services.deadline.domain.desk_views import ApplicationView, Applied, Waiting, applications
from services.deadline.domain.events import ExtensionAsked, ExtensionRefused, HotlineAlarmed
from services.deadline.domain.rulebook import always
from services.deadline.domain.views import timers
from tests.unit.deadline.test_desk import ASK, DUE, GRANT, MONDAY, REFUSE, Desk
from tests.unit.deadline.tickets import Ticket, accepted, approved, cn, dispatched

ALARM = cn(3, 16, 16)  # eight hours before the end of Monday


def ask(at: Any, days: int = 2) -> RequestExtension:
    return RequestExtension(at, "U1", "resolve", days, "road works")


def alarms(desk: Ticket) -> list[HotlineAlarmed]:
    return [event for event in desk.events if isinstance(event, HotlineAlarmed)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_r22_the_hotline_is_alarmed_once_before_it_lapses(desk: Desk) -> None:
    desk.do(ASK)
    desk.fire(ALARM - timedelta(seconds=1))
    assert alarms(desk) == []
    desk.fire(DUE)
    warned = cn(3, 16, 17, 30), "2h"
    assert alarms(desk) == [HotlineAlarmed(ALARM, "resolve", 1, "U1", (2,), DUE, *warned)]
    lapsed = [e for e in desk.events if isinstance(e, ExtensionRefused)]
    assert [e.by_silence for e in lapsed] == [True]
    assert desk.events.index(alarms(desk)[0]) < desk.events.index(lapsed[0])


def test_r22_the_alarm_takes_no_warning_from_the_unit(desk: Desk) -> None:
    desk.do(ASK)
    desk.fire(DUE)
    marks = [w.mark for w in desk.warnings() if w.clock == "resolve"]
    assert marks == ["50%", "80%", "2h"]
    assert ("resolve", 1) in desk.misses()


@pytest.mark.parametrize("answer", [GRANT, REFUSE])
def test_r22_what_was_answered_alarms_nobody(desk: Desk, answer: Any) -> None:
    desk.do(ASK, answer)
    desk.fire(cn(3, 31))
    assert alarms(desk) == []
    assert ("resolve", 1) in desk.misses()  # the one timer went on to the end


def test_r22_one_that_was_answered_after_the_alarm_goes_on_as_before(desk: Desk) -> None:
    desk.do(ASK)
    desk.fire(ALARM)
    desk.do(RefuseExtension(ALARM + timedelta(hours=1), "ann", "resolve", "no"))
    desk.fire(DUE)
    assert len(alarms(desk)) == 1
    assert [w.mark for w in desk.warnings() if w.clock == "resolve"][-1] == "2h"
    assert ("resolve", 1) in desk.misses()


def test_r22_one_that_comes_late_is_alarmed_of_at_once(desk: Desk) -> None:
    late = cn(3, 16, 23)
    desk.fire(late)
    desk.do(ask(late))
    assert desk.alarms["resolve/1"].due_at == late
    desk.fire(late)
    assert [a.at for a in alarms(desk)] == [late]


def test_r22_the_next_application_is_alarmed_of_too(desk: Desk) -> None:
    desk.do(ASK)
    desk.fire(ALARM)
    desk.do(RefuseExtension(ALARM, "ann", "resolve", "no"), ask(cn(3, 16, 18), 1))
    desk.fire(DUE)
    assert [(a.at, a.working_days) for a in alarms(desk)] == [
        (ALARM, (2,)),
        (cn(3, 16, 18), (1,)),
    ]


def test_r22_several_that_wait_are_one_alarm_and_one_granted_moves_it(desk: Desk) -> None:
    desk.do(ASK, ask(cn(3, 10, 9), 3), GrantExtension(cn(3, 11), "ann", "resolve", 2))
    desk.fire(cn(3, 31))
    assert [(a.at, a.working_days) for a in alarms(desk)] == [(cn(3, 18, 16), (3,))]


def test_r22_r26_a_pause_moves_the_alarm_with_the_due_instant(desk: Desk) -> None:
    desk.do(ASK, PauseClocks(cn(3, 11, 9), "force_majeure", "resolve"))
    desk.fire(cn(3, 13))
    assert alarms(desk) == []
    desk.do(ResumeClocks(cn(3, 13, 9), "resolve"))
    desk.fire(cn(3, 31))
    assert [a.at for a in alarms(desk)] == [cn(3, 18, 16)]
    assert alarms(desk)[0].due_at == cn(3, 19)


def test_r22_r26_one_asked_while_the_clock_stands_is_planned_when_it_goes_on(desk: Desk) -> None:
    desk.do(PauseClocks(cn(3, 11, 9), "force_majeure", "resolve"), ask(cn(3, 12, 9)))
    assert "resolve/1" not in desk.alarms
    desk.do(ResumeClocks(cn(3, 13, 9), "resolve"))
    desk.fire(cn(3, 31))
    assert [a.at for a in alarms(desk)] == [cn(3, 18, 16)]


def test_r22_a_clock_that_ended_alarms_nobody(desk: Desk) -> None:
    desk.do(ASK)
    desk.say(approved(cn(3, 12, 9)), cn(3, 12, 10))
    desk.fire(DUE)
    assert alarms(desk) == []


def test_r25_a_warning_that_is_due_is_not_lost_by_an_application(desk: Desk) -> None:
    """The timer waits for the watermark, so that an application may overtake it."""
    late = cn(3, 12, 9) + timedelta(seconds=1)
    desk.do(ask(late))
    assert desk.alarms["resolve/1"].due_at == cn(3, 12, 9)
    desk.fire(DUE)
    assert [w.mark for w in desk.warnings() if w.clock == "resolve"] == ["50%", "80%", "2h"]
    assert len(alarms(desk)) == 1


@pytest.mark.parametrize(
    "answer",
    [RefuseExtension(cn(3, 16, 18), "ann", "resolve", "no"), ask(cn(3, 16, 18), 1)],
)
@pytest.mark.parametrize("fired", [True, False])
def test_r25_a_warning_behind_an_alarm_that_is_due_is_not_lost(
    desk: Desk, answer: Any, fired: bool
) -> None:
    """Whether or not the timer came before the answer."""
    desk.do(ASK)
    desk.fire(cn(3, 16, 18) if fired else cn(3, 13, 9))
    desk.do(answer)
    desk.fire(DUE)
    assert [w.mark for w in desk.warnings() if w.clock == "resolve"] == ["50%", "80%", "2h"]
    assert ("resolve", 1) in desk.misses()


def test_r22_one_asked_behind_an_alarm_that_is_due_is_alarmed_of(desk: Desk) -> None:
    desk.do(ASK)
    desk.fire(cn(3, 13, 9))
    desk.do(ask(cn(3, 16, 18), 1))
    desk.fire(DUE)
    assert [(a.at, a.working_days) for a in alarms(desk)] == [(cn(3, 16, 18), (2, 1))]


def test_r22_an_alarm_and_a_warning_of_one_instant_both_come(desk: Desk) -> None:
    desk.do(ASK)
    desk.fire(cn(3, 13, 9))
    at = cn(3, 16, 17, 30)  # the warning two hours before the end, in working time
    desk.do(RefuseExtension(cn(3, 14), "ann", "resolve", "no"), ask(at))
    desk.fire(DUE)
    assert [a.at for a in alarms(desk)] == [at]
    assert [w.mark for w in desk.warnings() if w.clock == "resolve"] == ["50%", "80%", "2h"]


def test_r22_nobody_is_alarmed_in_an_import() -> None:
    old = Desk.__new__(Desk)
    Ticket.__init__(old, import_id="old-system")
    old.say(accepted(), MONDAY)
    old.say(dispatched(), MONDAY)
    old.do(ASK)
    old.fire(DUE)
    assert alarms(old) == []


def test_r22_the_ledgers_bytes_give_the_same_alarm(desk: Desk) -> None:
    desk.do(ASK)
    desk.reload()
    desk.fire(ALARM)
    desk.reload()
    desk.fire(DUE)
    assert len(alarms(desk)) == 1


def test_r22_how_long_before_is_the_citys(desk: Desk) -> None:
    content = registry.document("sample")
    content["defaults"] = {**content["defaults"], "alarm_before": {"hours": 2}}
    assert registry.parse(content, "p").rows["resolve"].alarm_before == timedelta(hours=2)
    del content["defaults"]["alarm_before"]
    assert registry.parse(content, "p").rows["resolve"].alarm_before == timedelta(hours=8)
    content["defaults"]["alarm_before"] = {"working_days": 1}
    with pytest.raises(ValueError, match="alarm_before"):
        registry.parse(content, "p")


def test_r22_facts_from_before_there_was_an_alarm_move_no_timer(desk: Desk) -> None:
    change = timers(always(desk.policy, desk.calendar))
    assert change(ExtensionAsked(ASK.at, "resolve", 1, "U1", 2, "road works", "doc 1")) == []
    assert change(ExtensionRefused(ASK.at, "resolve", 1, "U1", 2, "no", "ann")) == []


# The desk's list of what waits


def waiting(desk: Desk) -> list[tuple[int, bool]]:
    rows: Waiting = ()
    for event in desk.events:
        if isinstance(event, Applied):
            rows = applications(rows, "T1", event)
    return [(row.working_days, row.alarmed) for row in rows]


def test_r22_the_list_has_what_waits_with_reason_and_document(desk: Desk) -> None:
    [asked] = desk.do(ASK)
    assert isinstance(asked, Applied)
    assert applications((), "T1", asked) == (
        ApplicationView("T1", "resolve", 1, 2, "U1", "road works", "doc 1", ASK.at),
    )
    desk.do(ask(cn(3, 10, 9), 3))
    assert waiting(desk) == [(2, False), (3, False)]
    desk.do(GrantExtension(cn(3, 11), "ann", "resolve", 2))
    assert waiting(desk) == [(3, False)]
    desk.fire(cn(3, 18, 16))
    assert waiting(desk) == [(3, True)]
    desk.fire(cn(3, 31))
    assert waiting(desk) == []


def test_r22_a_reply_under_review_keeps_it_waiting(desk: Desk) -> None:
    desk.do(ASK)
    desk.say(dispatch.TicketReplied(unit="U1"), cn(3, 12, 9))
    desk.fire(DUE)
    assert (waiting(desk), alarms(desk)) == ([(2, False)], [])
