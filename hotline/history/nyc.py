"""The sample rows of New York City's 311 as matters with their true dates."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
SAMPLE = Path(__file__).parents[2] / "samples" / "nyc311_2000_rows.csv"
# Where `now` falls when the sample is shifted: most of its tickets are closed, some are overdue.
ANCHOR = datetime(2011, 3, 16, 12)  # noqa: DTZ001 - local time of the city
CHANNELS = {"PHONE": "telephone", "ONLINE": "internet"}


@dataclass(frozen=True, slots=True)
class Row:
    """One request; times are UTC, `closed_at` is None where it was never (credibly) closed."""

    key: str
    created_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    unit: str
    category: str
    area: str
    channel: str
    title: str
    description: str
    address: str
    answer: str
    latitude: float | None
    longitude: float | None
    impossible: bool


def read_rows(file: Path = SAMPLE, shift: timedelta = timedelta(0)) -> list[Row]:
    """All rows in order of creation, moved by `shift` (whole weeks) in local time.

    Raises OSError, KeyError for a missing column and ValueError for a malformed date.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [_row(record, shift) for record in csv.DictReader(lines)]
    return sorted(rows, key=lambda row: (row.created_at, row.key))


def shift_to(now: datetime) -> timedelta:
    """The whole weeks that put `now` on about 16 March 2011 of the file."""
    local = now.astimezone(ZONE).replace(tzinfo=None)
    return timedelta(weeks=round((local - ANCHOR) / timedelta(weeks=1)))


def units(rows: Iterable[Row]) -> list[str]:
    """The agencies among the rows."""
    return sorted({row.unit for row in rows})


def _row(record: dict[str, str], shift: timedelta) -> Row:
    created = _time(record["Created Date"], shift)
    assert created is not None
    closed = _time(record["Closed Date"], shift)
    impossible = closed is not None and closed < created
    return Row(
        key=record["Unique Key"],
        created_at=created,
        closed_at=None if impossible else closed,
        due_at=_time(record["Due Date"], shift),
        unit=record["Agency"],
        category=f"{record['Agency']}/{record['Complaint Type']}",
        area=record["Borough"],
        channel=CHANNELS.get(record["Open Data Channel Type"], "other"),
        title=record["Complaint Type"],
        description=record["Descriptor"],
        address=record["Incident Address"],
        answer=record["Resolution Description"],
        latitude=float(record["Latitude"]) if record["Latitude"] else None,
        longitude=float(record["Longitude"]) if record["Longitude"] else None,
        impossible=impossible,
    )


def _time(text: str, shift: timedelta) -> datetime | None:
    if not text:
        return None
    local = datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p") + shift  # noqa: DTZ007 - local by source
    return local.replace(tzinfo=ZONE).astimezone(UTC)
