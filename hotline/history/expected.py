"""How many resolve clocks the sample must miss, counted from the file alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hotline.history.nyc import ZONE, Row

DEFAULT_WORKING_DAYS = 5
# Federal holidays of 2011 (US Office of Personnel Management).
HOLIDAYS = frozenset(
    date(2011, month, day)
    for month, day in (
        (1, 17), (2, 21), (5, 30), (7, 4), (9, 5), (10, 10), (11, 11), (11, 24), (12, 26),
    )
)  # fmt: skip


def is_missed(row: Row) -> bool:
    """Never closed, or closed at or after the due instant (R21: due is exclusive)."""
    return row.closed_at is None or row.closed_at >= (row.due_at or default_due(row.created_at))


def default_due(created_at: datetime) -> datetime:
    """The end of the fifth working day after the day of creation."""
    day = created_at.astimezone(ZONE).date()
    left = DEFAULT_WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5 and day not in HOLIDAYS
    end = datetime.combine(day + timedelta(days=1), time(), ZONE)
    return end.astimezone(UTC)
