"""Due instants in a zone where the clocks change: a day of 23 and one of 25 hours (R21, R26)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.deadline.domain.due import due_at
from services.deadline.domain.lengths import CalendarDays, Pause, Running, WorkingDays
from tests.unit.deadline.shipped import US


def test_r21_running_hours_are_absolute_where_the_clocks_change() -> None:
    start = datetime(2026, 3, 7, 12, tzinfo=US.zone)
    instant = due_at(Running(timedelta(hours=24)), start, US)
    assert instant == datetime(2026, 3, 8, 13, tzinfo=US.zone)
    assert instant == datetime(2026, 3, 8, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "due_utc"),
    [
        ("2026-03-06T12:00-05:00", "2026-03-10T04:00+00:00"),  # into summer time
        ("2026-10-30T12:00-04:00", "2026-11-03T05:00+00:00"),  # out of it
    ],
)
def test_r21_a_days_end_follows_the_zone_over_the_change(start: str, due_utc: str) -> None:
    instant = due_at(WorkingDays(1), datetime.fromisoformat(start), US)
    assert instant == datetime.fromisoformat(due_utc)


@pytest.mark.parametrize(
    ("ends", "due_utc"),
    [
        ("00:30", "06:30"),  # 04:30 UTC and the two hours that were left
        ("03:00", "10:00"),  # 08:00 UTC, four hours after the pause began at 04:00
    ],
)
def test_r26_a_pause_is_measured_in_real_time_where_the_clocks_change(
    ends: str, due_utc: str
) -> None:
    night = Pause(
        datetime(2026, 11, 1, tzinfo=US.zone),  # at 02:00 it is 01:00 again
        datetime.fromisoformat(f"2026-11-01 {ends}").replace(tzinfo=US.zone),
        "force_majeure",
    )
    start = datetime(2026, 10, 31, 23, tzinfo=US.zone)
    instant = due_at(Running(timedelta(hours=3)), start, US, [night])
    assert instant == datetime.fromisoformat(f"2026-11-01T{due_utc}+00:00")


def test_r21_a_calendar_day_of_25_hours_is_one_day() -> None:
    every_day = replace(US, weekend={}, days_off={})
    start = datetime(2026, 10, 31, 12, tzinfo=US.zone)
    assert due_at(CalendarDays(1), start, every_day) == datetime(2026, 11, 2, 5, tzinfo=UTC)
    assert every_day.end_of(start.date()) == datetime(2026, 11, 1, 4, tzinfo=UTC)
