"""Lengths (R21), extensions (R22) and pauses (R26) that make no sense are refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.deadline.domain.due import due, due_at
from services.deadline.domain.lengths import (
    CalendarDays,
    Extension,
    Length,
    Pause,
    Running,
    WorkingDays,
    WorkingHours,
    length_from_data,
    length_from_text,
    length_to_data,
    length_to_text,
)
from tests.unit.deadline.shipped import CN

NAIVE = datetime(2026, 3, 9)  # noqa: DTZ001
AWARE = NAIVE.replace(tzinfo=CN.zone)


def test_r21_a_length_has_exactly_one_known_unit() -> None:
    assert length_from_data({"working_days": 5}) == WorkingDays(5)
    assert length_from_data({"calendar_days": 15}) == CalendarDays(15)
    assert length_from_data({"hours": 2}) == length_from_data({"minutes": 120})
    assert length_from_data({"working_hours": 12}) == WorkingHours(timedelta(hours=12))
    with pytest.raises(ValueError, match="exactly one unit"):
        length_from_data({"hours": 2, "minutes": 5})
    with pytest.raises(ValueError, match="'fortnights'"):
        length_from_data({"fortnights": 2})


@pytest.mark.parametrize("unit", ["working_days", "calendar_days", "hours", "working_hours"])
def test_r21_a_length_is_read_back_as_it_was_written(unit: str) -> None:
    length = length_from_data({unit: 36})
    assert length_to_data(length) == {unit: 36}
    assert length_to_text(length) == f"{unit}=36"
    assert length_from_text(f"{unit}=36") == length


@pytest.mark.parametrize("amount", ["5", 2.5, True, None])
def test_r21_a_length_is_a_whole_number(amount: object) -> None:
    with pytest.raises(ValueError, match="working_days must be a whole number"):
        length_from_data({"working_days": amount})


@pytest.mark.parametrize(
    ("unit", "amount"),
    [("working_days", 3_661), ("calendar_days", 10**9), ("hours", 10**15), ("minutes", -1)],
)
def test_r21_a_length_beyond_ten_years_or_none_is_refused(unit: str, amount: int) -> None:
    with pytest.raises(ValueError, match="at most 3660 days"):
        length_from_data({unit: amount})


@pytest.mark.parametrize("make", [WorkingDays, CalendarDays, Extension])
def test_r21_r22_no_length_is_empty(make: type[WorkingDays]) -> None:
    with pytest.raises(ValueError, match="more than none"):
        make(0)
    with pytest.raises(ValueError, match="more than none"):
        Running(timedelta())


@pytest.mark.parametrize("length", [WorkingDays(5), CalendarDays(3), Running(timedelta(hours=2))])
def test_r21_an_instant_without_offset_is_refused(length: Length) -> None:
    for answer in (due, due_at):
        with pytest.raises(ValueError, match="offset"):
            answer(length, NAIVE, CN)
    with pytest.raises(ValueError, match="offset"):
        Pause(NAIVE, None, "force_majeure")


def test_r26_a_pause_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        Pause(AWARE, AWARE - timedelta(seconds=1), "force_majeure")
