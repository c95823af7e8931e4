"""Mistakes that other trackers made with clocks, each kept out by name.

Named where they are tested beside their rule: a warning counted in another calendar (GLPI #15429)
or on a day off (GLPI #22678, Zammad #4432) in test_warnings; the lunch break (Frappe #2212) in
test_working_hours; a stopped clock that warns (Zammad #3140) in test_warned; a pause dropped by a
change of policy in its midst (GLPI #6902, #15605) in test_rules, by another category in
test_refiling; only the newest hundred looked at (DIGIT CCRS) in integration/deadline/test_wired.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.registry import document, parse
from services.deadline.domain.care_events import BureauNotified
from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RequestExtension,
    ResumeClocks,
)
from services.deadline.domain.events import ClockWarned, DeadlineMissed, UnitReminded, UnitUrged
from services.deadline.domain.reactions import decider_by
from services.deadline.domain.replan import ReplanClocks
from services.deadline.domain.supervision import OpenSupervision, UrgeTicket
from services.deadline.domain.views import expire
from tests.unit.deadline.questions import ask, event, paused, resumed
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.test_refiling import Filed, corrected
from tests.unit.deadline.tickets import (
    CITIES,
    Ticket,
    accepted,
    approved,
    cn,
    dispatched,
    queued,
)

BEIJING = City.of("beijing")
DUE, EDITED = cn(3, 17), cn(3, 11, 10)


def test_a_pause_over_a_weekend_adds_the_weekend_once_glpi_10594() -> None:
    over = paused("03-13T16:00"), resumed("03-16T09:00")  # Friday to Monday: Friday is lost
    assert ask("resolve", *over)["last_day"] == "2026-03-17"
    assert ask("resolve", paused("03-14T00:00"), resumed("03-15T23:00"))["last_day"] == "2026-03-16"


def test_a_change_of_policy_keeps_the_pause_already_used_glpi_6902_15605() -> None:
    """It is over when the new rows come; what is planned again under them has it all the same."""
    policy, calendar = CITIES["sample"]
    content = deepcopy(document("sample"))
    content["version"] = "2026-03-13"
    content["clocks"]["resolve"]["length"] = {"working_days": 9}
    newer, change = parse(content, "the next policy"), cn(3, 13)
    desk = Desk()
    desk.do(PauseClocks(cn(3, 10, 10), "force_majeure", "resolve"))
    desk.do(ResumeClocks(cn(3, 12, 10), "resolve"))
    assert desk.clock("resolve").due_at == cn(3, 19)  # the 10th and the 11th were lost
    desk.decider = decider_by(lambda at: (newer if at >= change else policy, calendar))
    desk.do(ReplanClocks(cn(3, 13, 10), "ann"))
    assert desk.clock("resolve").due_at == cn(3, 19)
    desk.do(RequestExtension(cn(3, 13, 11), "U1", "resolve", 2, "road works"))
    desk.do(GrantExtension(cn(3, 13, 12), "ann", "resolve"))
    assert desk.clock("resolve").due_at == cn(3, 21)


def test_a_limit_of_law_found_later_keeps_the_pause_already_used_glpi_6902_15605() -> None:
    stop = paused("03-10T10:00"), resumed("03-12T10:00")
    shorter = event("limit_set", "03-13T09:00", basis="law", working_days=4)
    assert ask("resolve", *stop, shorter)["counted"] == [f"2026-03-{d}" for d in (12, 13, 16, 17)]


def test_a_pause_moves_the_due_instant_not_the_creation_frappe_2449() -> None:
    stop = paused("03-09T11:30"), resumed("03-09T15:00")
    assert ask("confirm", *stop)["due_at"] == "2026-03-09T15:30:00+08:00"


def test_an_edit_does_not_reset_the_clock_digit_ccrs() -> None:
    edits = [event("progress_noted", f"03-1{n}T10:00") for n in range(7)]
    assert ask("resolve", *edits, *(event("urged", f"03-1{n}T11:00") for n in range(7))) == ask(
        "resolve"
    )


def clocks_of(desk: Desk) -> list[Any]:
    """All that an edit might reset: run, phase and instants of every clock, and its timer."""
    return [
        (c.name, c.run, c.phase, c.started_at, c.due_at, desk.alarms.get(f"{c.name}/{c.run}"))
        for c in desk.state.by_name.values()
    ]


@pytest.mark.parametrize(
    "edit",
    [
        dispatch.ProgressNoted(unit="U1", note="the crew is on its way"),
        intake.SupplementSupplied(),
        intake.MatterUrged(reason="still dark"),
        intake.CategoryCorrected(category="d", kind="KIND_HELP", urgency="URGENCY_URGENT"),
        dispatch.TicketRefiled(category="d", old_category="c"),
        UrgeTicket(EDITED, "ann", True, "still dark"),
        RequestExtension(EDITED, "U1", "resolve", 2, "road works"),
        OpenSupervision(EDITED, "sue", "three complaints"),
    ],
    ids=lambda edit: type(edit).__name__,
)
def test_no_edit_of_a_live_ticket_resets_its_clocks_digit_ccrs(edit: Any) -> None:
    desk = Desk()
    before = clocks_of(desk)
    if isinstance(edit, Message):
        desk.say(edit, EDITED)
    else:
        assert desk.do(edit)
    assert clocks_of(desk) == before
    desk.fire(DUE)
    missed = [e for e in desk.events if isinstance(e, DeadlineMissed) and e.clock == "resolve"]
    assert [e.at for e in missed] == [DUE]


def test_a_category_with_another_length_counts_from_the_clocks_own_start_digit_ccrs() -> None:
    """Fifteen calendar days of Beijing instead of seven: from the 9th, not from the edit."""
    desk = Filed()
    desk.say(corrected(), cn(3, 13, 10))
    assert desk.clock("resolve").started_at == cn(3, 9, 10)
    assert desk.clock("resolve").due_at == cn(3, 25)


def test_a_unit_that_never_clicks_misses_its_clocks_all_the_same() -> None:
    silent, late = Desk(), Desk()
    late.say(dispatch.DispatchConfirmed(unit="U1"), cn(3, 16, 10))
    for desk in (silent, late):
        assert desk.clock("resolve").started_at == cn(3, 9, 10)
        desk.fire(DUE)
        assert {("confirm", 1), ("resolve", 1)} <= set(desk.misses())


def test_the_clock_does_not_wait_for_the_units_click() -> None:
    for click in ("03-09T11:59", "03-16T10:00"):
        assert ask("resolve", event("confirmed", click)) == ask("resolve")


@pytest.mark.parametrize(
    ("clock", "due"), [("queue", cn(3, 10, 10, 30)), ("promise", cn(3, 17)), ("resolve", cn(3, 17))]
)
def test_a_clock_without_an_assignee_is_not_skipped_digit_ccrs(clock: str, due: datetime) -> None:
    """Nobody has the ticket: it is missed all the same, and the ladder is climbed."""
    ticket = Ticket()
    ticket.say(accepted(), cn(3, 9, 10))
    ticket.say(dispatched(""), cn(3, 9, 10))
    if clock == "queue":
        ticket.say(queued(cn(3, 10, 10)), cn(3, 10, 10))
    for _ in range(6):
        ticket.fire(due + timedelta(days=30))
    mine = [event for event in ticket.events if getattr(event, "clock", "") == clock]
    assert ticket.clock(clock).unit == ""
    assert [e.at for e in mine if isinstance(e, DeadlineMissed)] == [due]
    warned = [e.mark for e in mine if isinstance(e, ClockWarned)]
    assert warned == ([] if clock == "queue" else ["50%", "80%", "2h"])
    assert [type(e) for e in mine][-4:] == [UnitReminded, UnitUrged, UnitUrged, BureauNotified]


def test_a_stopped_clock_is_not_late_later_zammad_3140() -> None:
    done = event("completed", "03-10T10:00")
    assert (
        ask("resolve", done, event("completed", "03-30T10:00"), event("urged", "03-31T10:00"))[
            "late"
        ]
        is False
    )


def test_a_timer_that_fires_after_the_answer_says_nothing_zammad_3140() -> None:
    """It may be on its way when the answer comes."""
    desk = Desk()
    on_its_way = desk.alarms["resolve/1"]
    desk.say(dispatch.TicketReplied(unit="U1"), cn(3, 10, 10))
    desk.say(approved(cn(3, 10, 10)), cn(3, 10, 11))
    assert "resolve/1" not in desk.alarms
    for instant in (on_its_way.due_at, DUE, DUE + timedelta(days=30)):
        assert desk.do(expire("resolve/1", instant)) == []
    assert ("resolve", 1) not in desk.misses()


def test_calendar_days_of_beijing_end_on_a_working_day() -> None:
    assert ask("resolve", start="2026-03-07T10:00", city=BEIJING)["last_day"] == "2026-03-16"
