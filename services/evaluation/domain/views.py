"""Rows that are read: figures of the units, visits that are due, and what the live views need.

Every function takes values and gives values; the owner of a bucket writes the rows in the order
of the topic, so a rebuild gives the same.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from typing import NamedTuple

from services.evaluation.domain.formula import Formula
from services.evaluation.domain.ticket import (
    ScoreBooked,
    ScoreTakenBack,
    VisitAttempted,
    VisitCompleted,
    VisitScheduled,
)
from services.kernel.decider import Value


class FiguresRow(NamedTuple):
    """Counts of one unit in one month of the city's time zone ("2026-07"), by the visit's time.

    `visited` counts the entries with an answer: what was asked is compared with these only.
    """

    unit: str
    period: str
    entries: int = 0
    visited: int = 0
    contacted: int = 0
    solved: int = 0
    satisfied: int = 0
    on_time: int = 0
    confirmed_on_time: int = 0
    promise_missed: int = 0


COUNTS = FiguresRow._fields[2:]


def figures(event: object, zone: tzinfo) -> FiguresRow | None:
    """What the event adds to the row of its unit and period; None if it is not about scores."""
    if not isinstance(event, ScoreBooked | ScoreTakenBack):
        return None
    weight = _weight(event)
    return FiguresRow(
        unit=event.unit,
        period=event.visited_at.astimezone(zone).strftime("%Y-%m"),
        entries=weight,
        visited=weight * event.visited,
        contacted=weight * event.contacted,
        solved=weight * event.solved,
        satisfied=weight * event.satisfied,
        on_time=weight * event.on_time,
        confirmed_on_time=weight * event.confirmed_on_time,
        promise_missed=weight * event.promise_missed,
    )


def total(rows: Iterable[FiguresRow], unit: str = "", period: str = "") -> FiguresRow:
    """The sum of the rows, over buckets or over what else the caller chose."""
    counts = [row[2:] for row in rows]
    return FiguresRow(unit, period, *map(sum, zip(*counts, strict=True)))


def last_instant(period: str, zone: tzinfo) -> datetime:
    """Of the month ("2026-07") in the city's time zone."""
    year, month = map(int, period.split("-"))
    _, last = monthrange(year, month)
    return datetime.combine(date(year, month, last), time.max, tzinfo=zone)


class Rates(Value):
    """R30: parts of one (0 to 1); None where nothing was counted. `score` is 0 to 100."""

    on_time: float | None
    confirmed_on_time: float | None
    contacted: float | None
    solved: float | None
    satisfied: float | None
    promise_kept: float | None
    score: float | None


def rates(row: FiguresRow, formula: Formula) -> Rates:
    """R30. The score is the weighted mean of the rates that exist."""
    parts = {
        "on_time": _part(row.on_time, row.entries),
        "confirmed_on_time": _part(row.confirmed_on_time, row.entries),
        "contacted": _part(row.contacted, row.visited),
        "solved": _part(row.solved, row.visited),
        "satisfied": _part(row.satisfied, row.visited),
        "promise_kept": _part(row.entries - row.promise_missed, row.entries),
    }
    known = {name: part for name, part in parts.items() if part is not None}
    weight = sum(formula.weights.get(name, 0) for name in known)
    points = sum(formula.weights.get(name, 0) * part for name, part in known.items())
    return Rates(**parts, score=100 * points / weight if weight else None)


class VisitRow(NamedTuple):
    """A visit that somebody has to make."""

    unit: str
    round: int
    category: str
    area: str
    level: str
    scheduled_at: datetime
    attempts: int = 0


def worklist(row: VisitRow | None, event: object) -> VisitRow | None:
    """The ticket's row after the event; None: there is no visit to make."""
    match event:
        case VisitScheduled():
            return VisitRow(
                event.unit, event.round, event.category, event.area, event.level, event.at
            )
        case VisitAttempted() if row is not None:
            return row._replace(attempts=event.attempt)
        case VisitCompleted():
            return None
        case _:
            return row


class TicketAccepted(Value):
    """Intake's fact: nothing is decided about it here, it is only counted."""

    at: datetime
    category: str
    area: str


class Kind(StrEnum):
    """What a measure counts."""

    SCORE = "score"
    ACCEPTED = "accepted"


class Measure(NamedTuple):
    """What the live views need of one fact; `weight` -1 takes an earlier one back.

    `key` decides which worker counts it. `at` names the window.
    """

    kind: Kind
    key: str
    unit: str
    category: str
    area: str
    at: datetime
    weight: int
    contacted: bool = False
    solved: bool = False
    satisfied: bool = False
    on_time: bool = False
    confirmed_on_time: bool = False
    visited: bool = False
    promise_missed: bool = False


def measures(event: object) -> list[Measure]:
    """R6, R30: one for each score entry booked or taken back, one for each matter accepted."""
    match event:
        case ScoreBooked() | ScoreTakenBack():
            return [_score(event)]
        case TicketAccepted(at, category, area):
            key = f"{category}@{area}"
            return [Measure(Kind.ACCEPTED, key, "", category, area, at, weight=1)]
        case _:
            return []


def _score(event: ScoreBooked | ScoreTakenBack) -> Measure:
    return Measure(
        Kind.SCORE,
        key=event.unit,
        unit=event.unit,
        category=event.category,
        area=event.area,
        at=event.visited_at,
        weight=_weight(event),
        contacted=event.contacted,
        solved=event.solved,
        satisfied=event.satisfied,
        on_time=event.on_time,
        confirmed_on_time=event.confirmed_on_time,
        visited=event.visited,
        promise_missed=event.promise_missed,
    )


def _weight(event: ScoreBooked | ScoreTakenBack) -> int:
    return 1 if isinstance(event, ScoreBooked) else -1


def _part(count: int, of: int) -> float | None:
    return count / of if of > 0 else None
