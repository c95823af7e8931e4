"""Figures, rates, due visits and measures: rows in, rows out (R30)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from services.evaluation.domain.views import (
    COUNTS,
    FiguresRow,
    Kind,
    Measure,
    Rates,
    TicketAccepted,
    VisitRow,
    figures,
    measures,
    rates,
    total,
    worklist,
)
from services.kernel.decider import replace
from tests.unit.evaluation.specs import (
    AT,
    FORMULA,
    attempted,
    booked,
    missed,
    scheduled,
    taken_back,
    visited,
)

ZONE = ZoneInfo("Asia/Shanghai")


def row(*counts: int) -> FiguresRow:
    """entries, visited, contacted, solved, satisfied, on_time, confirmed_on_time, promise_missed"""
    return FiguresRow("transport", "2026-07", *counts)


# Figures


def test_an_entry_counts_in_the_month_of_its_visit_in_the_citys_time_zone() -> None:
    midnight = datetime(2026, 7, 31, 16, tzinfo=UTC)
    before = booked(visited_at=midnight - timedelta(microseconds=1))
    assert figures(before, ZONE) == row(1, 1, 1, 1, 1, 1, 1)
    after = figures(booked(visited_at=midnight), ZONE)
    assert after == row(1, 1, 1, 1, 1, 1, 1)._replace(period="2026-08")


def test_an_entry_taken_back_subtracts_what_it_added() -> None:
    entry = booked(satisfied=False, on_time=False)
    added, back = figures(entry, ZONE), figures(taken_back(entry, "wrong"), ZONE)
    assert added == row(1, 1, 1, 1, 0, 0, 1)
    assert back == row(-1, -1, -1, -1, 0, 0, -1)


def test_an_entry_without_a_visit_is_no_answer() -> None:
    unasked = booked(visited=False, contacted=False, solved=False, satisfied=False)
    assert figures(unasked, ZONE) == row(1, 0, 0, 0, 0, 1, 1)


def test_other_facts_add_nothing() -> None:
    assert [figures(e, ZONE) for e in (scheduled(), visited(), missed())] == [None] * 3


# Rates


def test_what_was_asked_is_compared_with_those_who_answered_only() -> None:
    found = rates(row(10, 4, 4, 3, 2, 9, 5), FORMULA)
    assert replace(found, score=None) == Rates(
        on_time=0.9, confirmed_on_time=0.5, contacted=1.0, solved=0.75, satisfied=0.5,
        promise_kept=1.0, score=None,
    )  # fmt: skip
    assert found.score == pytest.approx(15 * 0.9 + 5 * 0.5 + 10 * 1.0 + 40 * 0.75 + 30 * 0.5)


def test_r30_a_promised_date_that_was_missed_is_a_rate_and_scores_where_the_city_says_so() -> None:
    counted = row(10, 4, 4, 3, 2, 9, 5, 4)
    assert rates(counted, FORMULA).promise_kept == 0.6
    assert rates(counted, FORMULA).score == rates(counted._replace(promise_missed=0), FORMULA).score
    weights = {**FORMULA.weights, "solved": 30, "promise_kept": 10}
    found = rates(counted, replace(FORMULA, weights=weights))
    assert found.score == pytest.approx(15 * 0.9 + 5 * 0.5 + 10 + 30 * 0.75 + 30 * 0.5 + 10 * 0.6)


def test_r31_a_missed_promise_is_counted_and_taken_back() -> None:
    entry = booked(promise_missed=True)
    assert figures(entry, ZONE) == row(1, 1, 1, 1, 1, 1, 1, 1)
    assert figures(taken_back(entry, "wrong"), ZONE) == row(-1, -1, -1, -1, -1, -1, -1, -1)


def test_without_an_answer_the_times_alone_make_the_score() -> None:
    assert rates(row(4, 0, 0, 0, 0, 4, 0), FORMULA) == Rates(
        1.0, 0.0, None, None, None, 1.0, 75.0
    )  # fmt: skip


def test_without_an_entry_there_is_no_rate() -> None:
    assert rates(row(0, 0, 0, 0, 0, 0, 0), FORMULA) == Rates(*[None] * 7)


SHARES = st.integers(0, 50)


@settings(max_examples=50)
@given(SHARES, SHARES, st.data())
def test_rates_are_parts_of_one_and_the_score_of_a_hundred(
    visits: int, unasked: int, data: st.DataObject
) -> None:
    entries = visits + unasked
    asked = [data.draw(st.integers(0, visits)) for _ in range(3)]
    timed = [data.draw(st.integers(0, entries)) for _ in range(2)]
    found = asdict(rates(row(entries, visits, *asked, *timed), FORMULA))
    score = found.pop("score")
    assert all(part is None or 0 <= part <= 1 for part in found.values())
    assert (score is None) == (entries == 0)
    parts = [part for part in found.values() if part is not None]
    if parts:
        assert 100 * min(parts) - 1e-9 <= score <= 100 * max(parts) + 1e-9


ROWS = st.lists(st.builds(row, *[st.integers(-3, 3)] * len(COUNTS)), max_size=6)


@settings(max_examples=50)
@given(ROWS, ROWS)
def test_a_total_does_not_depend_on_how_the_rows_are_grouped(
    some: list[FiguresRow], others: list[FiguresRow]
) -> None:
    whole = total([*some, *others], "transport", "2026-07")
    assert whole == total([total(some), total(others)], "transport", "2026-07")
    for name in COUNTS:
        assert getattr(whole, name) == sum(getattr(r, name) for r in [*some, *others])


# Visits that are due


def test_a_visit_is_due_from_the_completion_until_the_answers() -> None:
    due = VisitRow("transport", 1, "traffic/road", "yingzhou", "city", AT)
    assert worklist(None, scheduled()) == due
    assert worklist(due, attempted(2)) == due._replace(attempts=2)
    assert worklist(due, visited()) is None
    assert worklist(due, booked()) == due
    assert worklist(None, attempted(1)) is None


def test_a_later_round_begins_without_attempts() -> None:
    before = VisitRow("transport", 1, "traffic/road", "yingzhou", "city", AT, attempts=2)
    later = AT + timedelta(days=1)
    assert worklist(before, scheduled(2, at=later)) == VisitRow(
        "transport", 2, "traffic/road", "yingzhou", "city", later
    )


# Measures


def test_the_live_views_are_told_of_entries_and_acceptances_only() -> None:
    entry = booked(satisfied=False)
    (plus,) = measures(entry)
    assert plus == Measure(
        Kind.SCORE, "transport", "transport", "traffic/road", "yingzhou", AT, weight=1,
        contacted=True, solved=True, on_time=True, confirmed_on_time=True, visited=True,
    )  # fmt: skip
    assert measures(taken_back(entry, "wrong")) == [plus._replace(weight=-1)]
    assert measures(TicketAccepted(AT, "traffic/road", "linquan")) == [
        Measure(Kind.ACCEPTED, "traffic/road@linquan", "", "traffic/road", "linquan", AT, weight=1)
    ]
    assert [measures(e) for e in (scheduled(), visited(), missed())] == [[], [], []]
