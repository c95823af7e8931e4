"""Mistakes that other trackers made with clocks, each kept out by name.

Named where they are tested beside their rule: a warning counted in another calendar (GLPI #15429)
or on a day off (GLPI #22678, Zammad #4432) in test_warnings; the lunch break (Frappe #2212) in
test_working_hours; a stopped clock that warns or fires (Zammad #3140) in test_warned and
test_any_order; only the newest hundred looked at (DIGIT CCRS) in integration/deadline/test_wired.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.deadline.adapters.due_lines import City
from services.deadline.domain.care_events import BureauNotified
from services.deadline.domain.events import ClockWarned, DeadlineMissed, UnitReminded, UnitUrged
from tests.unit.deadline.questions import ask, event, paused, resumed
from tests.unit.deadline.tickets import Ticket, accepted, cn, dispatched, queued

BEIJING = City.of("beijing")


def test_a_pause_over_a_weekend_adds_the_weekend_once_glpi_10594() -> None:
    over = paused("03-13T16:00"), resumed("03-16T09:00")  # Friday to Monday: Friday is lost
    assert ask("resolve", *over)["last_day"] == "2026-03-17"
    assert ask("resolve", paused("03-14T00:00"), resumed("03-15T23:00"))["last_day"] == "2026-03-16"


def test_a_change_of_policy_keeps_the_pause_already_used_glpi_6902_15605() -> None:
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


def test_calendar_days_of_beijing_end_on_a_working_day() -> None:
    assert ask("resolve", start="2026-03-07T10:00", city=BEIJING)["last_day"] == "2026-03-16"
