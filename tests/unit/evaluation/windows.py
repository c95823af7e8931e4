"""Measures to count, and the windows that a plain sum over all of them gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hotline.evaluation.v1.measures_pb2 import Measure, Window, Windows
from services.evaluation.domain.views import COUNTS
from services.evaluation.windows import Keep, count
from services.kernel.codec import put_datetime

NEW_YORK = ZoneInfo("America/New_York")
KEEP = Keep(hours=24, days=31, zone=NEW_YORK)
FLAGS = COUNTS[1:]
Rows = dict[str, list[int]]


def a_measure(at: datetime, position: int, **more: Any) -> Measure:
    """A score of NYPD, at this place of bucket 0 unless told otherwise."""
    given = {"kind": Measure.KIND_SCORE, "unit": "NYPD", "weight": 1, "visited": True, **more}
    made = Measure(position=position, **given)
    put_datetime(made.at, at)
    return made


def a_matter(at: datetime, position: int, category: str = "noise", area: str = "QUEENS") -> Measure:
    """An acceptance."""
    return a_measure(
        at, position, kind=Measure.KIND_ACCEPTED, unit="", category=category, area=area
    )


def counted(measures: Iterable[Measure], keep: Keep = KEEP) -> Windows:
    """All of them, in this order."""
    windows = Windows()
    for measure in measures:
        count(windows, measure, keep)
    return windows


def rows(windows: Iterable[Window], zone: ZoneInfo = NEW_YORK) -> Rows:
    """Counts by start."""
    return {
        datetime.fromtimestamp(w.start.seconds, zone).isoformat(): [getattr(w, n) for n in COUNTS]
        for w in windows
    }


def hours_of(measures: Sequence[Measure], keep: Keep) -> Rows:
    """What must be kept by the hour, whatever the order: for zones of whole hours."""
    starts = [m.at.seconds - m.at.seconds % 3600 for m in measures]
    kept = {start for start in starts if start > max(starts) - keep.hours * 3600}
    return {
        datetime.fromtimestamp(start, keep.zone).isoformat(): _sum(
            m for m, s in zip(measures, starts, strict=True) if s == start
        )
        for start in sorted(kept)
    }


def days_of(measures: Sequence[Measure], keep: Keep) -> Rows:
    """What must be kept by the day of the calendar, whatever the order."""
    days = [datetime.fromtimestamp(m.at.seconds, keep.zone).date() for m in measures]
    kept = {day for day in days if day > max(days) - timedelta(days=keep.days)}
    return {
        datetime(day.year, day.month, day.day, tzinfo=keep.zone).isoformat(): _sum(
            m for m, d in zip(measures, days, strict=True) if d == day
        )
        for day in sorted(kept)
    }


def _sum(measures: Iterable[Measure]) -> list[int]:
    found = list(measures)
    flags = [sum(m.weight for m in found if getattr(m, name)) for name in FLAGS]
    return [sum(m.weight for m in found), *flags]
