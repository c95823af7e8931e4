"""The score entry of a ticket: one, with its unit's misses, taken back by a fact (R27, R31)."""

from __future__ import annotations

import pytest

from services.evaluation.domain.commands import BookScore, ClearMiss, NoteMiss, ScheduleVisit
from services.evaluation.domain.reactions import DeadlineMissed, MissWithdrawn
from services.kernel.decider import replace
from tests.unit.evaluation.specs import (
    AT,
    NOW,
    SCORED,
    UNSOLVED,
    ask,
    booked,
    cleared,
    decided,
    missed,
    quiet_again,
    reacted,
    scheduled,
    taken_back,
    visited,
)

# BookScore


def test_the_answers_of_the_last_round_become_the_entry() -> None:
    assert decided(BookScore(NOW), *UNSOLVED) == [
        booked(at=NOW, visited_at=AT, solved=False, satisfied=False)
    ]


@pytest.mark.parametrize("before", [(), (missed(),), SCORED])
def test_without_a_completion_or_with_an_entry_nothing_is_booked(before: tuple) -> None:
    assert decided(BookScore(NOW), *before) == []


def test_booking_twice_is_quiet() -> None:
    quiet_again(BookScore(NOW), *UNSOLVED)
    quiet_again(BookScore(NOW), scheduled())


# Misses


@pytest.mark.parametrize(
    ("misses", "on_time", "confirmed_on_time"),
    [
        ((), True, True),
        ((missed("resolve"),), False, True),
        ((missed("redo"),), False, True),
        ((missed("confirm"),), True, False),
        ((missed("confirm"), missed("resolve")), False, False),
        ((missed("resolve"), cleared("resolve")), True, True),
        ((missed("resolve", run=1), missed("resolve", run=2), cleared(run=1)), False, True),
    ],
)
def test_an_entry_tells_what_its_unit_missed(
    misses: tuple, on_time: bool, confirmed_on_time: bool
) -> None:
    _, entry = decided(ask(), *misses, scheduled())
    assert entry == booked(at=NOW, on_time=on_time, confirmed_on_time=confirmed_on_time)


def test_r31_a_promised_date_that_was_missed_is_in_the_entry_and_taken_back_with_the_miss() -> None:
    promise = replace(note("reply_promise"), run=2)
    [noted, back, anew] = decided(promise, *SCORED)
    assert back == taken_back(booked(), "reply_promise was missed")
    assert anew == booked(2, at=NOW, visited_at=AT, promise_missed=True)
    [_, _, cleared_] = decided(
        ClearMiss(NOW, "reply_promise", 2, "transport"), *SCORED, noted, back, anew
    )
    assert cleared_ == booked(3, at=NOW, visited_at=AT)


def test_r31_deadline_says_so_and_a_citys_own_promise_is_no_units() -> None:
    late = DeadlineMissed("reply_promise", 1, "transport")
    assert [type(e).__name__ for e in reacted(late, scheduled())] == ["MissNoted"]
    assert reacted(DeadlineMissed("promise", 1, ""), scheduled()) == []


def test_what_a_former_unit_missed_is_not_this_units() -> None:
    _, entry = decided(ask(), missed(unit="market"), scheduled())
    assert entry == booked(at=NOW)


# NoteMiss


def note(clock: str = "resolve", unit: str = "transport") -> NoteMiss:
    return NoteMiss(NOW, clock, 1, unit)


@pytest.mark.parametrize("before", [(), (scheduled(),), UNSOLVED])
def test_a_miss_before_the_entry_is_remembered(before: tuple) -> None:
    assert decided(note(), *before) == [replace(missed(), at=NOW)]


def test_a_miss_that_proves_the_entry_wrong_replaces_it() -> None:
    assert decided(note(), *SCORED) == [
        replace(missed(), at=NOW),
        taken_back(booked(), "resolve was missed"),
        booked(2, at=NOW, visited_at=AT, on_time=False),
    ]


def test_a_miss_that_changes_nothing_leaves_the_entry() -> None:
    noted = replace(missed(unit="market"), at=NOW)
    assert decided(note(unit="market"), *SCORED) == [noted]
    late = (missed("redo"), scheduled(), visited(), booked(on_time=False))
    assert decided(note(), *late) == [replace(missed(), at=NOW)]


def test_noting_a_miss_twice_is_quiet() -> None:
    quiet_again(note())
    quiet_again(note(), *SCORED)


# ClearMiss

LATE = (missed(), scheduled(), visited(), booked(on_time=False))


def clear(clock: str = "resolve") -> ClearMiss:
    return ClearMiss(NOW, clock, 1, "transport")


def test_a_withdrawn_miss_is_taken_back_and_the_entry_booked_anew() -> None:
    assert decided(clear(), *LATE) == [
        replace(cleared(), at=NOW),
        taken_back(booked(on_time=False), "the miss of resolve was withdrawn"),
        booked(2, at=NOW, visited_at=AT),
    ]


def test_the_entry_booked_anew_counts_in_the_month_of_the_visit() -> None:
    *_, anew = decided(clear(), *LATE)
    assert anew == booked(2, at=NOW, visited_at=AT)


def test_another_miss_of_the_unit_keeps_the_entry_as_it_is() -> None:
    before = (missed("redo"), *LATE)
    assert decided(clear(), *before) == [replace(cleared(), at=NOW)]


def test_a_miss_withdrawn_before_the_entry_is_only_cleared() -> None:
    assert decided(clear(), missed(), scheduled()) == [replace(cleared(), at=NOW)]


def test_a_miss_that_was_never_noted_is_not_cleared() -> None:
    assert decided(clear(), *SCORED) == []


def test_clearing_twice_is_quiet() -> None:
    quiet_again(clear(), *LATE)


def test_entries_are_numbered_on_also_over_rounds() -> None:
    history = [*LATE, *decided(clear(), *LATE)]
    history += decided(
        ScheduleVisit(NOW, "transport", 2, "traffic/road", "yingzhou", "city", AT), *history
    )
    _, entry = decided(ask(), *history)
    assert entry == booked(3, at=NOW)


# The facts of others


@pytest.mark.parametrize("clock", ["confirm", "resolve", "contact"])
def test_r31_a_miss_of_any_clock_of_a_unit_is_noted(clock: str) -> None:
    assert reacted(DeadlineMissed(clock, 1, "transport")) == [replace(missed(clock), at=NOW)]
    assert reacted(DeadlineMissed("resolve", 1, "transport"), missed()) == []


@pytest.mark.parametrize("clock", ["promise", "visit", "dispute_review", "queue"])
def test_a_miss_that_is_no_units_is_not_noted(clock: str) -> None:
    assert reacted(DeadlineMissed(clock, 1, "")) == []


def test_a_miss_that_the_formula_does_not_count_leaves_the_entry() -> None:
    assert reacted(DeadlineMissed("contact", 1, "transport"), *SCORED) == [
        replace(missed("contact"), at=NOW)
    ]


def test_r22_a_miss_under_the_hotlines_silence_is_kept_out_of_the_units_score() -> None:
    assert reacted(DeadlineMissed("resolve", 1, "transport", hotline_silent=True)) == []


def test_a_withdrawn_miss_reaches_the_entry() -> None:
    gone = MissWithdrawn("resolve", 1, "transport")
    assert reacted(gone, *LATE) == decided(clear(), *LATE)
    assert reacted(gone, *LATE, *reacted(gone, *LATE)) == []
    assert reacted(gone, *SCORED) == []
