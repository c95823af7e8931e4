"""Extensions (R22), as `hotline due` answers; 9 March 2026 is a Monday."""

from __future__ import annotations

import pytest

from services.deadline.adapters.due_lines import City
from tests.unit.deadline.questions import (
    ask,
    asked,
    event,
    granted,
    paused,
    resumed,
    rules,
)

SHANDONG = City.of("shandong")
DUE = "2026-03-17T00:00:00+08:00"  # five working days after Monday the 9th


# R22: extensions.


def test_r22_an_extension_counts_from_the_old_due_date() -> None:
    found = ask("resolve", asked("03-10T10:00"), granted("03-10T11:00"))
    assert (found["last_day"], found["extensions_granted"]) == ("2026-03-18", 1)
    assert (found["promised_due_at"], found["rejected"]) == (DUE, [])


def test_r22_the_hotline_may_cut_it() -> None:
    found = ask("resolve", asked("03-10T10:00", 4), granted("03-10T11:00", 1))
    assert found["last_day"] == "2026-03-17"


@pytest.mark.parametrize("days", [0, -1, 5])
def test_r22_the_hotline_grants_some_days_and_no_more_than_were_asked(days: int) -> None:
    found = ask("resolve", asked("03-10T10:00", 4), granted("03-10T11:00", days))
    assert (found["last_day"], rules(found)) == ("2026-03-16", [(1, "R22")])


def test_r22_longer_than_the_original_length_is_invalid_and_not_capped() -> None:
    found = ask("resolve", asked("03-10T10:00", 6), granted("03-10T11:00", 5))
    assert (found["last_day"], found["extensions_granted"]) == ("2026-03-16", 0)
    assert rules(found) == [(0, "R22"), (1, "R22")]
    longest = ask("resolve", asked("03-10T10:00", 5), granted("03-10T11:00", 5))
    assert longest["last_day"] == "2026-03-23"


def test_r22_the_original_length_is_the_one_that_the_line_configures() -> None:
    config = {"lengths": {"resolve": {"working_days": 2}}}
    extension = asked("03-10T10:00", 3), granted("03-10T11:00", 3)
    assert rules(ask("resolve", *extension, config=config)) == [(0, "R22"), (1, "R22")]


def test_r22_shandong_extends_by_up_to_ten_working_days() -> None:
    ten = asked("03-10T10:00", 10), granted("03-10T11:00", 10)
    assert ask("resolve", *ten, city=SHANDONG)["last_day"] == "2026-03-30"
    eleven = asked("03-10T10:00", 11), granted("03-10T11:00", 11)
    assert ask("resolve", *eleven, city=SHANDONG)["extensions_granted"] == 0


def test_r22_a_third_extension_is_refused() -> None:
    thrice = [
        part
        for day in ("10", "11", "12")
        for part in (asked(f"03-{day}T10:00", 1), granted(f"03-{day}T11:00", 1))
    ]
    found = ask("resolve", *thrice)
    assert (found["last_day"], found["extensions_granted"]) == ("2026-03-18", 2)
    assert rules(found) == [(4, "R22"), (5, "R22")]


@pytest.mark.parametrize("late", ["03-17T00:00", "03-17T09:00"])
def test_r22_asked_at_or_after_the_due_instant_is_too_late(late: str) -> None:
    found = ask("resolve", asked(late), granted("03-18T11:00"))
    assert (found["due_at"], rules(found)) == (DUE, [(0, "R22"), (1, "R22")])


def test_r22_no_answer_by_the_due_time_is_a_refusal_that_names_the_silence() -> None:
    found = ask("resolve", asked("03-16T23:59"), granted("03-17T00:00"))
    assert (found["due_at"], rules(found)) == (DUE, [(1, "R22")])
    assert "silence" in found["rejected"][0]["why"]


@pytest.mark.parametrize("fields", [{"reason": ""}, {"reason": None}, {"working_days": None}])
def test_r22_an_application_has_a_reason_and_a_number_of_days(fields: dict[str, object]) -> None:
    found = ask("resolve", {**asked("03-10T10:00"), **fields}, granted("03-10T11:00"))
    assert rules(found) == [(0, "R22"), (1, "R22")]


def test_r22_only_on_application() -> None:
    found = ask("resolve", granted("03-10T11:00"))
    assert (found["last_day"], rules(found)) == ("2026-03-16", [(0, "R22")])


def test_r22_a_refusal_answers_the_application() -> None:
    refused = event("extension_refused", "03-10T11:00")
    found = ask("resolve", asked("03-10T10:00"), refused, granted("03-10T12:00"))
    assert (found["extensions_granted"], rules(found)) == (0, [(2, "R22")])


@pytest.mark.parametrize("clock", ["return", "promise", "confirm", "queue", "visit"])
def test_r22_only_contact_resolve_and_redo_can_be_extended(clock: str) -> None:
    at = "03-09T10:01"
    found = ask(clock, asked(at, 1), granted(at, 1))
    assert (rules(found), found["due_at"]) == ([(0, "R22"), (1, "R22")], ask(clock)["due_at"])


def test_r22_an_application_does_not_stop_the_clock() -> None:
    assert ask("resolve", asked("03-10T10:00"))["due_at"] == ask("resolve")["due_at"]


def test_r22_an_extension_during_a_pause_counts_when_it_goes_on() -> None:
    extension = paused("03-10T10:00"), asked("03-11T10:00"), granted("03-12T10:00")
    assert ask("resolve", *extension)["due_at"] is None
    found = ask("resolve", *extension, resumed("03-18T10:00"))
    assert found["counted"] == [f"2026-03-{d}" for d in (18, 19, 20, 23, 24, 25, 26)]


def test_r22_an_ended_clock_is_not_extended() -> None:
    found = ask("resolve", event("completed", "03-10T09:00"), asked("03-10T10:00"))
    assert rules(found) == [(1, "R22")]
