"""The JSON documents of evaluation's routes, for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import asdict
from pydantic import BaseModel, Field

from services.evaluation.adapters.store import FIRST, Row
from services.evaluation.domain.views import FiguresRow, Rates
from services.kernel.http import decode_cursor, encode_cursor
from services.kernel.problems import Problem


class RatesDocument(BaseModel):
    """R30: parts of one, 0 to 1; null where nothing was counted."""

    on_time: float | None
    confirmed_on_time: float | None
    contacted: float | None
    solved: float | None
    satisfied: float | None
    promise_kept: float | None = Field(description="Entries without a promised date missed.")
    score: float | None = Field(description="0 to 100, by the city's formula.")


class FiguresDocument(BaseModel):
    """Counts of one unit in one month of the city's time zone, by the visit's time.

    What was asked is compared with `visited`, the times with `entries`.
    """

    unit: str
    period: str = Field(description="The month, such as 2026-07.")
    entries: int = Field(description="Entries of the score ledger.")
    visited: int = Field(description="Entries with an answer.")
    contacted: int
    solved: int
    satisfied: int
    on_time: int
    confirmed_on_time: int
    promise_missed: int = Field(description="Entries whose unit missed a date that it promised.")
    rates: RatesDocument
    formula: str = Field(description="By which `rates.score` was weighed, as entries cite it.")


class FiguresList(BaseModel):
    """A page of figures; `cursor` is null on the last one."""

    figures: list[FiguresDocument]
    cursor: str | None


class VisitDocument(BaseModel):
    """One visit that somebody has to make."""

    ticket: str
    unit: str
    round: int = Field(description="1 for the visit after the first completion.")
    category: str
    area: str
    level: str = Field(description="Level of the unit: city, county, township.")
    scheduled_at: datetime
    attempts: int = Field(description="How often nobody was reached.")


def figures_document(row: FiguresRow, rates: Rates, formula: str) -> FiguresDocument:
    """The row with what it comes to."""
    return FiguresDocument(**row._asdict(), rates=RatesDocument(**asdict(rates)), formula=formula)


def figures_cursor(row: FiguresRow) -> str:
    """Behind this row."""
    return encode_cursor([row.unit, row.period])


def figures_place(cursor: str) -> Row:
    """Where the list goes on. Raises Problem 400."""
    if not cursor:
        return FIRST
    match decode_cursor(cursor):
        case [str(unit), str(period)] if "\0" not in unit + period:  # which no store takes
            return unit, period
    raise Problem(400, "cursor-malformed", "The cursor is not one of ours.")
