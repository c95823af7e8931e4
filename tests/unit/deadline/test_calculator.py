"""What the calculator answers: the table of clocks, R21, R26; 9 March 2026 is a Monday."""

from __future__ import annotations

import pytest

from services.deadline.adapters.due_lines import City
from tests.unit.deadline.questions import (
    ask,
    event,
    paused,
    resumed,
    rules,
)

SHANDONG = City.of("shandong")
BEIJING = City.of("beijing")
DUE = "2026-03-17T00:00:00+08:00"  # five working days after Monday the 9th


# The table of clocks and R21.


@pytest.mark.parametrize(
    ("clock", "due"),
    [
        ("queue", "03-09T10:30"),
        ("confirm", "03-09T12:00"),
        ("return", "03-11T00:00"),
        ("contact", "03-13T00:00"),
        ("resolve", "03-17T00:00"),
        ("redo", "03-17T00:00"),
        ("promise", "03-17T00:00"),
        ("supplement", "03-17T00:00"),
        ("diversion_receipt", "03-09T10:10"),
        ("call-back", "03-09T12:00"),
        ("dispute review", "03-12T00:00"),
        ("visit", "03-13T00:00"),
    ],
)
def test_every_row_of_the_table_has_its_length(clock: str, due: str) -> None:
    assert ask(clock)["due_at"] == f"2026-{due}:00+08:00"


def test_r21_close_of_business_ends_the_last_day_and_an_act_then_is_late() -> None:
    closing = {"close_of_business": "17:30"}
    found = ask("resolve", event("completed", "03-16T17:30"), config=closing)
    assert (found["due_at"], found["late"]) == ("2026-03-16T17:30:00+08:00", True)
    assert ask("resolve", event("completed", "03-16T17:29:59"), config=closing)["late"] is False


@pytest.mark.parametrize(
    ("clock", "act", "due"),
    [
        ("confirm", "confirmed", "03-09T12:00"),
        ("confirm", "return_asked", "03-09T12:00"),
        ("contact", "contacted", "03-13T00:00"),
        ("resolve", "completed", "03-17T00:00"),
        ("redo", "completed", "03-17T00:00"),
        ("promise", "completed", "03-17T00:00"),
    ],
)
def test_r21_an_act_exactly_at_the_due_instant_is_late(clock: str, act: str, due: str) -> None:
    assert ask(clock, event(act, due))["late"] is True
    day, _, time = due.partition("T")
    just = {"12:00": f"{day}T11:59:59.999999"}.get(
        time, f"03-{int(day[3:]) - 1:02}T23:59:59.999999"
    )
    assert ask(clock, event(act, just))["late"] is False


def test_an_act_of_another_clock_ends_nothing() -> None:
    found = ask("resolve", event("confirmed", "03-09T10:05"), event("contacted", "03-10T10:00"))
    assert "late" not in found


def test_the_completion_that_starts_a_visit_does_not_end_it() -> None:
    """The clocks table: a visit starts when the ticket is completed and ends when it is visited."""
    completed = event("completed", "03-09T10:00")
    found = ask("visit", completed)
    assert (found["last_day"], "late" in found) == ("2026-03-12", False)
    assert ask("visit", completed, event("visited", "03-13T00:00"))["late"] is True


def test_r27_the_first_of_several_ends_counts() -> None:
    ends = event("completed", "03-18T10:00"), event("completed", "03-12T10:00")
    assert ask("resolve", *ends)["late"] is False


def test_a_city_has_its_own_lengths() -> None:
    assert ask("return", city=SHANDONG)["last_day"] == "2026-03-11"
    assert ask("resolve", city=BEIJING)["last_day"] == "2026-03-16"
    for matter, due in [
        ({"urgency": "critical"}, "2026-03-09T12:00:00+08:00"),
        ({"urgency": "urgent"}, "2026-03-10T10:00:00+08:00"),
        ({"category": "housing/leak"}, "2026-03-25T00:00:00+08:00"),
        ({"category": "housingestate"}, DUE),
    ]:
        assert ask("resolve", city=BEIJING, matter=matter)["due_at"] == due
        assert ask("promise", city=BEIJING, matter=matter)["due_at"] == due


# R26: pauses.


def test_r26_a_pause_without_a_listed_reason_is_rejected() -> None:
    found = ask(
        "resolve", paused("03-10T10:00", "lunch"), {**paused("03-11T10:00"), "reason": None}
    )
    assert (found["due_at"], rules(found)) == (DUE, [(0, "R26"), (1, "R26")])


def test_r26_due_is_null_while_paused() -> None:
    found = ask("resolve", paused("03-11T10:00"))
    assert (found["due_at"], found["last_day"], found["counted"]) == (None, None, ["2026-03-10"])
    assert found["provisional"] is False


def test_r26_a_running_clock_stands_still_by_the_wall_clock() -> None:
    stop = paused("03-09T10:30"), resumed("03-10T08:15")
    assert ask("confirm", *stop)["due_at"] == "2026-03-10T09:45:00+08:00"


def test_r26_touching_pauses_are_one_in_any_order() -> None:
    one = ask("resolve", paused("03-10T10:00"), resumed("03-13T10:00"))
    first, then = (
        (paused("03-10T10:00"), resumed("03-12T00:00")),
        (paused("03-12T00:00"), resumed("03-13T10:00")),
    )
    assert ask("resolve", *first, *then)["counted"] == one["counted"]
    assert ask("resolve", *then, *first)["counted"] == one["counted"]


def test_r26_a_pause_of_no_length_is_none() -> None:
    for order in (paused, resumed), (resumed, paused):
        found = ask("resolve", *(make("03-10T10:00") for make in order))
        assert found["due_at"] == DUE


def test_r26_a_second_reason_while_paused_ends_with_the_first_resumption() -> None:
    stops = paused("03-10T10:00"), paused("03-11T10:00", "force_majeure"), resumed("03-12T10:00")
    found = ask("resolve", *stops)
    assert [s["reason"] for s in found["skipped"][:2]] == [
        "paused: citizen_supplement",
        "paused: force_majeure",
    ]
    assert found["counted"][0] == "2026-03-12"


def test_r26_a_pause_at_or_after_the_due_instant_changes_nothing() -> None:
    assert ask("resolve", paused("03-17T00:00"))["due_at"] == DUE


def test_r26_a_reply_that_is_approved_ended_the_clock_when_it_came() -> None:
    found = ask("resolve", paused("03-16T23:59", "under_review"), event("completed", "03-25T10:00"))
    assert (found["late"], found["due_at"]) == (False, DUE)
    late = ask("resolve", paused("03-17T00:00", "under_review"), event("completed", "03-17T00:01"))
    assert late["late"] is True


def test_r26_a_reply_sent_back_lets_the_clock_go_on() -> None:
    found = ask(
        "resolve",
        paused("03-12T10:00", "under_review"),
        resumed("03-16T10:00"),
        event("completed", "03-19T00:00"),
    )
    assert (found["last_day"], found["late"]) == ("2026-03-18", True)


def test_r26_nothing_is_late_while_paused() -> None:
    found = ask("resolve", paused("03-12T10:00"), event("completed", "04-30T10:00"))
    assert (found["due_at"], found["late"]) == (None, False)
