"""Readings of the rules that calculator and live service share; see docs/due.md."""

from __future__ import annotations

import pytest

from services.deadline.domain.desk import PauseClocks, ResumeClocks, SetLimit
from services.deadline.domain.events import DeadlineMissed, LimitSet
from tests.unit.deadline.questions import ask, asked, event, granted, limit, paused, resumed
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import cn


def test_r26_while_a_pause_is_open_a_limit_gives_no_due_date_however_early_it_ends() -> None:
    stands = paused("03-12T10:00"), limit("03-13T10:00", working_days=1)
    assert ask("resolve", *stands)["due_at"] is None
    assert ask("resolve", *stands, resumed("03-13T11:00"))["due_at"] == (
        "2026-03-11T00:00:00+08:00"
    )


def test_r26_nothing_is_late_and_extensions_are_in_time_while_it_stands() -> None:
    stands = paused("03-12T10:00"), limit("03-13T10:00", working_days=1)
    found = ask("resolve", *stands, asked("03-13T11:00"), granted("03-13T12:00"))
    assert (found["rejected"], found["extensions_granted"]) == ([], 1)


def test_r26_a_clock_that_was_due_before_its_pause_stays_so() -> None:
    stands = paused("03-18T10:00"), limit("03-18T11:00", working_days=2)
    assert ask("resolve", *stands)["due_at"] == "2026-03-12T00:00:00+08:00"


def test_r23_a_limit_found_in_the_review_of_a_reply_does_not_make_the_reply_late() -> None:
    found = ask(
        "resolve",
        paused("03-12T10:00", "under_review"),
        limit("03-13T10:00", working_days=1),
        event("completed", "03-13T11:00"),
    )
    assert (found["late"], found["due_at"]) == (False, "2026-03-17T00:00:00+08:00")


def test_r26_live_a_limit_found_while_it_stands_counts_when_it_goes_on() -> None:
    desk = Desk()
    desk.do(PauseClocks(cn(3, 12, 10), "force_majeure", "resolve"))
    [found] = desk.do(SetLimit(cn(3, 13, 10), "ann", "resolve", working_days=1))
    assert isinstance(found, LimitSet)
    assert found.due_at is None
    desk.reload()
    _, missed = desk.do(ResumeClocks(cn(3, 13, 11), "resolve"))
    assert isinstance(missed, DeadlineMissed)
    assert missed.due_at == cn(3, 11)
    assert {n for n in desk.alarms if n.endswith("resolve/1")} == {"ladder:resolve/1"}


def test_r22_how_many_extensions_there_are_is_the_citys_policy() -> None:
    rows = Desk().policy.rows
    assert {name: row.most_extensions for name, row in rows.items() if row.extendable} == {
        "contact": 2, "resolve": 2, "redo": 2,
    }  # fmt: skip
    acts = [f(f"03-1{n}T1{n}:00") for n in (0, 1, 2) for f in (asked, granted)]
    assert ask("resolve", *acts)["extensions_granted"] == 2
    assert [r["rule"] for r in ask("resolve", *acts)["rejected"]] == ["R22", "R22"]


@pytest.mark.parametrize(
    "clock",
    ["queue", "confirm", "return", "contact", "supplement", "call_back", "diversion_receipt",
     "dispute_review", "visit"],
)  # fmt: skip
def test_the_table_of_clocks_says_what_ends_each_and_a_completion_does_not(clock: str) -> None:
    assert "late" not in ask(clock, event("completed", "03-30T10:00"))


def test_the_table_of_clocks_says_that_a_consultation_is_contacted_by_its_answer() -> None:
    done = event("completed", "03-13T00:00")
    assert ask("contact", done, matter={"kind": "consultation"})["late"] is True
    assert "late" not in ask("contact", done, matter={"kind": "complaint"})


@pytest.mark.parametrize("clock", ["confirm", "contact", "resolve", "redo"])
def test_r24_a_granted_return_ends_every_clock_of_the_old_unit(clock: str) -> None:
    found = ask(clock, event("return_granted", "03-09T11:00"), paused("03-10T11:00"))
    assert found["due_at"] is not None


def test_r23_of_thousands_of_limits_in_one_line_the_strictest_counts() -> None:
    many = [limit("03-10T10:00", minutes=90_000 - n) for n in range(6_000)]
    assert ask("resolve", *many)["due_at"] == "2026-03-17T00:00:00+08:00"
    up = [limit("03-10T10:00", minutes=6_000 + n) for n in range(6_000)]
    assert ask("resolve", *up)["due_at"] == "2026-03-13T14:00:00+08:00"


def test_r22_an_extension_after_a_stricter_limit_moves_the_limit_too() -> None:
    acts = limit("03-10T09:00", working_days=4), asked("03-10T10:00", 1), granted("03-10T11:00", 1)
    assert ask("resolve", *acts)["due_at"] == "2026-03-17T00:00:00+08:00"
    again = limit("03-10T12:00", working_days=4)  # found again after the extension: not moved by it
    assert ask("resolve", *acts, again)["due_at"] == "2026-03-14T00:00:00+08:00"
