"""Calendars that change (R27, R28), and the calculator's events as they come."""

from __future__ import annotations

import pytest

from services.deadline.adapters.due_lines import City
from tests.unit.deadline.questions import (
    answered,
    ask,
    asked,
    event,
    granted,
    notice,
    paused,
    resumed,
)

NYC = City.of("nyc")
DUE = "2026-03-17T00:00:00+08:00"  # five working days after Monday the 9th


# R27, R28: calendars that change.


def test_r27_a_notice_re_plans_both_ways_and_the_promise_stays() -> None:
    off = ask("resolve", notice("03-11T10:00", {"2026-03-12": False}))
    assert (off["last_day"], off["promised_due_at"]) == ("2026-03-17", DUE)
    assert {"date": "2026-03-12", "reason": "通知 notice"} in off["skipped"]
    worked = ask("resolve", notice("03-11T10:00", {"2026-03-14": True}))
    assert (worked["last_day"], worked["calendar"]) == ("2026-03-14", "cn@2026.1+1")
    assert ask("promise", notice("03-11T10:00", {"2026-03-12": False}))["last_day"] == "2026-03-16"


def test_r27_a_notice_never_makes_a_clock_overdue_in_retrospect() -> None:
    friday = {"2026-03-14": True, "2026-03-15": True}
    assert ask("resolve", notice("03-14T23:59", friday))["due_at"] == "2026-03-15T00:00:00+08:00"
    kept = ask("resolve", notice("03-15T00:00", friday))
    assert (kept["due_at"], kept["calendar"]) == (DUE, "cn@2026.1")


def test_r27_a_notice_re_plans_no_clock_that_ended() -> None:
    found = ask(
        "resolve", event("completed", "03-10T10:00"), notice("03-11T10:00", {"2026-03-12": False})
    )
    assert found["last_day"] == "2026-03-16"


def test_r27_a_late_notice_can_prove_a_miss_wrong() -> None:
    found = ask(
        "resolve", notice("03-17T08:00", {"2026-03-16": False}), event("completed", "03-17T20:00")
    )
    assert (found["last_day"], found["late"]) == ("2026-03-17", False)


def test_r28_beyond_the_last_published_year_is_provisional_until_it_is_published() -> None:
    start = "2026-12-30T10:00"
    found = ask("resolve", start=start)
    assert (found["last_day"], found["provisional"]) == ("2027-01-07", True)
    year = notice(
        "2026-12-30T11:00", {"2027-01-02": True, "2027-01-04": False}, publishes_year=2027
    )
    published = ask("resolve", year, start=start)
    assert (published["last_day"], published["provisional"]) == ("2027-01-07", False)
    assert published["counted"][1] == "2027-01-02"
    assert ask("confirm", start="2027-06-01T10:00")["provisional"] is False


def test_r27_a_worked_new_year_of_an_earlier_notice_outlives_the_years_publication() -> None:
    worked = notice("2026-12-28T10:00", {"2027-01-01": True})
    year = notice("2026-12-29T10:00", {}, publishes_year=2027)
    found = ask("return", worked, year, start="2026-12-31T10:00")
    assert (found["last_day"], found["provisional"]) == ("2027-01-01", False)


def test_r28_without_a_due_date_nothing_is_provisional() -> None:
    extended = asked("2026-12-30T11:00", 5), granted("2026-12-30T12:00", 5)
    open_pause = paused("2027-01-12T10:00")
    found = ask("resolve", *extended, open_pause, start="2026-12-30T10:00")
    assert (found["due_at"], found["provisional"]) == (None, False)


# Events as they come.


def test_events_may_come_in_any_order() -> None:
    life = [
        paused("03-10T10:00"),
        resumed("03-12T10:00"),
        asked("03-13T10:00"),
        granted("03-13T11:00"),
    ]
    expected = ask("resolve", *life)
    assert ask("resolve", *reversed(life)) == expected


def test_two_events_with_one_id_are_one() -> None:
    once = asked("03-10T10:00", event_id="a"), granted("03-10T11:00", event_id="b")
    assert ask("resolve", *once, *once)["last_day"] == "2026-03-18"
    assert ask("resolve", *once, *once)["rejected"] == []


def test_an_event_of_another_clock_is_not_this_clocks() -> None:
    other = paused("03-10T10:00", clock="contact"), granted("03-10T11:00", clock="contact")
    assert ask("resolve", *other) == ask("resolve")
    assert ask("contact", *other)["due_at"] is None


def test_progress_and_urging_move_nothing() -> None:
    noise = event("progress_noted", "03-10T10:00"), event("urged", "03-11T10:00")
    assert ask("resolve", *noise) == ask("resolve")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-08T01:30-05:00", "2026-03-08T04:30:00-04:00"),  # a day of 23 hours
        ("2026-11-01T00:30-04:00", "2026-11-01T01:30:00-05:00"),  # a day of 25 hours
    ],
)
def test_r21_hours_run_on_where_the_clocks_change(start: str, due: str) -> None:
    question = {"id": 1, "clock": "confirm", "start": start}
    assert answered(question, NYC)["due_at"] == due


def test_r21_days_end_at_24_00_where_the_clocks_change() -> None:
    question = {"id": 1, "clock": "return", "start": "2026-10-30T12:00-04:00"}
    found = answered(question, NYC)
    assert found["counted"] == ["2026-11-02"]
    assert found["due_at"] == "2026-11-03T00:00:00-05:00"
