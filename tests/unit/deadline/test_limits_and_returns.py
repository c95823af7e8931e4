"""Limits of the matter (R23) and returns (R24); 9 March 2026 is a Monday."""

from __future__ import annotations

from services.deadline.adapters.due_lines import City
from services.deadline.adapters.registry import document, parse
from tests.unit.deadline.questions import (
    TRIAL,
    ask,
    asked,
    event,
    granted,
    limit,
    notice,
    paused,
    resumed,
    rules,
)

DUE = "2026-03-17T00:00:00+08:00"  # five working days after Monday the 9th


# R23: limits.


def test_r23_a_stricter_limit_of_law_prevails_from_the_clocks_own_start() -> None:
    found = ask("resolve", limit("03-10T10:00", working_days=2))
    assert (found["last_day"], found["counted"]) == ("2026-03-11", ["2026-03-10", "2026-03-11"])
    assert (
        ask("resolve", limit("03-10T10:00", length={"hours": 24}))["due_at"]
        == "2026-03-10T10:00:00+08:00"
    )


def test_r23_found_later_it_keeps_the_pauses_and_may_be_due_already() -> None:
    stop = paused("03-10T10:00"), resumed("03-12T10:00")
    assert ask("resolve", *stop, limit("03-13T10:00", working_days=3))["last_day"] == "2026-03-16"
    over = ask("resolve", limit("03-13T10:00", working_days=2), event("completed", "03-13T11:00"))
    assert (over["last_day"], over["late"]) == ("2026-03-11", True)


def test_r23_the_earlier_due_instant_prevails_not_the_smaller_number() -> None:
    assert ask("resolve", limit("03-10T10:00", calendar_days=6))["last_day"] == "2026-03-16"
    assert ask("resolve", limit("03-10T10:00", working_days=9))["last_day"] == "2026-03-16"


def test_r23_a_law_found_after_an_extension_prevails_over_it() -> None:
    extension = asked("03-10T10:00", 5), granted("03-10T11:00", 5)
    assert (
        ask("resolve", *extension, limit("03-11T10:00", working_days=4))["last_day"] == "2026-03-13"
    )


def test_r22_an_extension_after_a_limit_counts_from_the_limits_due_date() -> None:
    found = ask(
        "resolve",
        limit("03-09T11:00", working_days=2),
        asked("03-10T10:00"),
        granted("03-10T11:00"),
    )
    assert found["last_day"] == "2026-03-13"


def test_r23_special_circumstances_need_a_written_application_with_its_document() -> None:
    longer = {"working_days": 20, "basis": "special"}
    for lacking in ({}, {"written_application": True}, {"document": "市府办〔2026〕3号"}):
        found = ask("resolve", limit("03-10T10:00", **longer, **lacking))
        assert (found["last_day"], rules(found)) == ("2026-03-16", [(0, "R23")])
    full = {"written_application": True, "document": "市府办〔2026〕3号"}
    assert ask("resolve", limit("03-10T10:00", **longer, **full))["last_day"] == "2026-04-07"
    late = ask("resolve", limit("03-17T00:00", **longer, **full))
    assert (late["last_day"], rules(late)) == ("2026-03-16", [(0, "R23")])
    shorter = ask("resolve", limit("03-10T10:00", **{**longer, "working_days": 3}, **full))
    assert (shorter["last_day"], rules(shorter)) == ("2026-03-16", [(0, "R23")])


# R24: returns.


def test_r24_a_return_within_its_window_is_in_time_and_afterwards_refused_by_rule() -> None:
    assert ask("return", event("return_asked", "03-10T23:59"))["late"] is False
    found = ask("return", event("return_asked", "03-11T00:00"))
    assert (found["late"], rules(found)) == (True, [(0, "R24")])


def test_r24_after_a_refusal_the_next_return_must_still_be_in_time() -> None:
    first = event("return_asked", "03-09T11:00"), event("return_refused", "03-09T12:00")
    assert ask("return", *first, event("return_asked", "03-10T12:00"))["late"] is False
    assert ask("return", *first, event("return_asked", "03-11T12:00"))["late"] is True


def test_r24_the_next_units_clocks_start_afresh_and_the_promise_runs_on() -> None:
    life = (
        paused("03-09T11:00"), asked("03-09T12:00"), granted("03-09T13:00"), resumed("03-12T10:00"),
        event("return_asked", "03-12T11:00"), event("return_granted", "03-12T12:00"),
        event("redispatched", "03-13T09:00"),
    )  # fmt: skip
    found = ask("resolve", *life)
    assert (found["last_day"], found["extensions_granted"]) == ("2026-03-20", 0)
    assert found["promised_due_at"] == DUE
    assert ask("confirm", *life)["due_at"] == "2026-03-13T11:00:00+08:00"
    assert ask("promise", *life)["due_at"] == DUE


def test_r24_a_stricter_limit_passes_on_to_the_next_unit_and_special_terms_do_not() -> None:
    law = limit("03-09T11:00", working_days=2)
    special = limit(
        "03-09T12:00", basis="special", working_days=20, written_application=True, document="d"
    )
    again = event("return_granted", "03-10T12:00"), event("redispatched", "03-16T09:00")
    assert ask("resolve", law, special, *again)["last_day"] == "2026-03-18"


def test_r24_a_granted_return_ends_the_old_units_clock() -> None:
    for clock in ("resolve", "redo"):
        found = ask(clock, event("return_granted", "03-10T12:00"), paused("03-11T10:00"))
        assert (found["due_at"], "late" in found) == (DUE, False)
    assert ask("resolve", event("return_granted", "03-18T12:00"))["late"] is True


def test_r23_r27_what_is_found_between_two_units_holds_for_the_next_one() -> None:
    granted_, again = event("return_granted", "03-10T12:00"), event("redispatched", "03-12T09:00")
    law = limit("03-11T10:00", working_days=2)
    assert ask("resolve", granted_, law, again)["last_day"] == "2026-03-16"
    off = notice("03-11T10:00", {"2026-03-13": False})
    assert ask("resolve", granted_, off, again)["last_day"] == "2026-03-20"
    assert ask("resolve", granted_, law, off)["due_at"] == DUE


def test_r27_a_notice_that_could_not_move_the_old_clock_holds_for_the_next_one() -> None:
    worked = notice("03-15T00:00", {"2026-03-14": True, "2026-03-15": True, "2026-03-21": True})
    found = ask("resolve", worked, event("redispatched", "03-16T09:00"))
    assert (found["last_day"], found["calendar"]) == ("2026-03-21", "cn@2026.1+1")


def test_r24_a_ruling_ends_the_dispute_review_in_time_or_late() -> None:
    for ruling in ("return_granted", "return_refused"):
        assert ask("dispute_review", event(ruling, "03-11T23:59"))["late"] is False
        assert ask("dispute_review", event(ruling, "03-12T00:00"))["late"] is True


def test_r24_a_forced_dispatch_has_no_return_window() -> None:
    forced = event("redispatched", "03-12T09:00", forced=True)
    found = ask("return", forced, event("return_asked", "03-12T10:00"))
    assert (found["due_at"], found["late"], rules(found)) == (None, True, [(1, "R24")])
    assert ask("resolve", forced)["last_day"] == "2026-03-19"


# R23: the limit that the category brings.


def test_r23_a_statutory_limit_holds_from_the_start_whatever_its_place() -> None:
    for at in ("03-09T10:00", "03-10T10:00"):
        law = limit(at, working_days=3, statutory=True)
        assert ask("resolve", law)["last_day"] == "2026-03-12"
        assert ask("resolve", law)["promised_due_at"] == "2026-03-13T00:00:00+08:00"
        assert ask("promise", law)["last_day"] == "2026-03-12"
    assert ask("resolve", limit("03-09T10:00", working_days=9, statutory=True))["due_at"] == DUE


def test_r23_a_promise_that_the_policy_does_not_hold_to_the_law_is_told_without_it() -> None:
    content = document("trial-measures")
    content["clocks"]["promise"] = {**content["clocks"]["promise"], "statutory": False}
    city = City(parse(content, "another city"), TRIAL.calendar)
    found = ask("resolve", limit("03-09T10:00", working_days=3, statutory=True), city=city)
    assert (found["last_day"], found["promised_due_at"]) == ("2026-03-12", DUE)


def test_r23_a_limit_of_law_at_the_start_gives_the_same_instant() -> None:
    law, statutory = (
        limit("03-09T10:00", working_days=3, **more) for more in ({}, {"statutory": True})
    )
    assert ask("resolve", law)["due_at"] == ask("resolve", statutory)["due_at"]


def test_r23_a_correction_takes_the_old_categorys_limit_and_leaves_those_set_by_hand() -> None:
    statutory = limit("03-09T10:00", working_days=2, statutory=True)
    by_hand = limit("03-10T10:00", working_days=4)
    days = {"working_days": 5}
    filed = event("refiled", "03-10T11:00", length=days)
    assert ask("resolve", statutory, filed)["due_at"] == DUE
    assert ask("resolve", statutory, by_hand, filed)["last_day"] == "2026-03-13"
    stricter = event("refiled", "03-10T11:00", length=days, limit={"working_days": 3})
    assert ask("resolve", statutory, by_hand, stricter)["last_day"] == "2026-03-12"
    again = event("return_granted", "03-10T12:00"), event("redispatched", "03-12T09:00")
    assert ask("resolve", statutory, stricter, *again)["last_day"] == "2026-03-17"


def test_r23_a_statutory_limit_is_a_law_and_its_words_are_checked() -> None:
    special = limit("03-09T10:00", working_days=2, basis="special", statutory=True)
    assert rules(ask("resolve", special)) == [(0, "R23")]
    wrong = limit("03-09T10:00", working_days=2, statutory="yes")
    assert "events[0].statutory must be true or false" in ask("resolve", wrong)["error"]
    bad = event("refiled", "03-10T11:00", length={"working_days": 5}, limit=3)
    assert "events[0].limit" in ask("resolve", bad)["error"]
