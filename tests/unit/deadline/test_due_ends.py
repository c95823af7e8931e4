"""Due lists: what stands under overdue, today and this week, at the edges of the city's days."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.deadline.adapters.due_routes import due_lists, ends, sorted_in
from services.deadline.adapters.store_memory import VIEW, MemoryClocksStore
from services.deadline.domain.views import ClockView
from tests.unit.deadline.shipped import CN, US
from tests.unit.deadline.tickets import NEW_YORK, cn

INSTANT = timedelta(microseconds=1)
NOW = cn(3, 11, 10)  # a Wednesday
TODAY, SUNDAY = cn(3, 12), cn(3, 16)  # midnights: exclusive ends of the day and of the week


def where(due_at: datetime, now: datetime = NOW) -> list[str]:
    row = ClockView("T1", "resolve", 1, "U1", "running", cn(3, 1), due_at)
    found = sorted_in([row], now, *ends(now, CN))
    return [name for name, rows in found.items() if rows]


@pytest.mark.parametrize(
    ("due_at", "list_"),
    [
        (NOW - timedelta(days=9), "overdue"),
        (NOW - INSTANT, "overdue"),
        (NOW, "overdue"),  # R21: an act at that very instant is late
        (NOW + INSTANT, "today"),
        (TODAY - INSTANT, "today"),
        (TODAY, "today"),  # the end of today, 24:00
        (TODAY + INSTANT, "this_week"),
        (SUNDAY - INSTANT, "this_week"),
        (SUNDAY, "this_week"),  # the end of Sunday
    ],
)
def test_r21_a_clock_stands_in_one_list(due_at: datetime, list_: str) -> None:
    assert where(due_at) == [list_]


@pytest.mark.parametrize("due_at", [SUNDAY + INSTANT, cn(3, 20)])
def test_r21_next_weeks_clocks_stand_in_none(due_at: datetime) -> None:
    assert where(due_at) == []


def test_r21_on_sunday_the_week_ends_with_the_day() -> None:
    sunday = cn(3, 15, 12)
    assert where(SUNDAY, sunday) == ["today"]
    assert where(SUNDAY + INSTANT, sunday) == []


def test_r21_on_monday_the_whole_week_is_ahead() -> None:
    assert where(cn(3, 16), cn(3, 9)) == ["this_week"]


async def test_however_much_is_overdue_what_comes_today_is_seen_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.deadline.adapters.due_routes.MOST", 2)
    due = [*(NOW - timedelta(hours=n) for n in range(5)), TODAY, SUNDAY, SUNDAY + INSTANT]
    rows = {
        (0, f"T{n}", "resolve", 1): ClockView(
            f"T{n}", "resolve", 1, "U1", "running", cn(3, 1), due_at
        )
        for n, due_at in enumerate(due)
    }
    clocks = MemoryClocksStore(lambda: {VIEW: rows})
    found = await due_lists(clocks, "U1", NOW, *ends(NOW, CN))
    seen = {name: [row.ticket for row in part] for name, part in found.items()}
    assert seen == {"overdue": ["T4", "T3"], "today": ["T5"], "this_week": ["T6"]}


def test_r21_a_clock_that_stands_is_in_none() -> None:
    row = ClockView("T1", "resolve", 1, "U1", "paused", cn(3, 1), None)
    assert not any(sorted_in([row], NOW, *ends(NOW, CN)).values())


def test_r21_the_days_are_the_citys_where_the_clocks_change() -> None:
    """In New York the night to 8 March 2026 lacks an hour: that Sunday has 23."""
    saturday = datetime(2026, 3, 7, 23, 30, tzinfo=NEW_YORK)
    end = datetime(2026, 3, 9, tzinfo=NEW_YORK)
    row = ClockView("T1", "resolve", 1, "U1", "running", saturday, end)
    assert sorted_in([row], saturday, *ends(saturday, US))["this_week"] == [row]
    after = ClockView("T1", "resolve", 1, "U1", "running", saturday, end + timedelta(minutes=1))
    assert not any(sorted_in([after], saturday, *ends(saturday, US)).values())
