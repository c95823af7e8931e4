"""The sample file, and what must come of it, counted from the file alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hotline.history.expected import default_due, is_missed
from hotline.history.nyc import ANCHOR, ZONE, read_rows, shift_to, units

ROWS = read_rows()


def test_the_file_holds_what_its_note_says() -> None:
    assert len(ROWS) == 2_000
    assert sum(row.closed_at is None for row in ROWS) == 43  # 42 never closed, 1 impossible
    assert sum(row.impossible for row in ROWS) == 1
    assert sum(row.due_at is None for row in ROWS) == 17
    assert len({row.key for row in ROWS}) == 2_000


def test_late_never_closed_and_impossible_are_missed() -> None:
    late = [row for row in ROWS if row.closed_at and row.due_at and row.closed_at >= row.due_at]
    by_default = [row for row in ROWS if row.due_at is None and is_missed(row)]
    assert len(late) == 304
    assert sum(is_missed(row) for row in ROWS) == 304 + 42 + 1 + len(by_default)


@pytest.mark.parametrize(
    ("created", "due"),
    [
        ("2011-02-07T10:00", "2011-02-15T00:00"),  # a Monday: the 14th is the fifth day
        ("2011-02-18T23:59", "2011-02-29T00:00"),  # Washington's birthday lies between
        ("2011-02-19T08:00", "2011-02-29T00:00"),  # a Saturday is no working day
    ],
)
def test_the_default_is_the_end_of_the_fifth_working_day(created: str, due: str) -> None:
    day, clock = due.split("T")
    last = datetime.fromisoformat("2011-02-01T" + clock) + timedelta(days=int(day[-2:]) - 1)
    at = datetime.fromisoformat(created).replace(tzinfo=ZONE)
    assert default_due(at.astimezone(UTC)).astimezone(ZONE).replace(tzinfo=None) == last


@pytest.mark.parametrize("now", ["2026-11-25T12:00", "2027-03-14T01:30", "2030-07-01T23:00"])
def test_whole_weeks_put_now_near_the_anchor(now: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    shift = shift_to(at.astimezone(UTC))
    assert shift % timedelta(weeks=1) == timedelta(0)
    assert abs(at.replace(tzinfo=None) - shift - ANCHOR) <= timedelta(days=3.6)
    moved, before = read_rows(shift=shift)[0], ROWS[0]
    local = moved.created_at.astimezone(ZONE), before.created_at.astimezone(ZONE)
    assert local[0].replace(tzinfo=None) - local[1].replace(tzinfo=None) == shift


def test_a_missing_column_and_a_malformed_date_are_told(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("Unique Key\n1\n", "utf-8")
    with pytest.raises(KeyError, match="Created Date"):
        read_rows(file)
    file.write_text("Unique Key,Created Date\n1,2011-02-01\n", "utf-8")
    with pytest.raises(ValueError, match="2011-02-01"):
        read_rows(file)


def test_agencies_are_the_units() -> None:
    assert units(ROWS) == sorted({row.unit for row in ROWS})
    assert "NYPD" in units(ROWS)
