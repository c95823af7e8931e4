"""What is due, for people: lists, counts by hour, a calendar feed, and the proof of one clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from services.deadline.adapters import ical
from services.deadline.adapters.due_lines import Cities
from services.deadline.adapters.lives import line_of, planned_at, run_of
from services.deadline.adapters.proof import prove
from services.deadline.adapters.proof_page import page
from services.deadline.adapters.store import ClocksStore
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.lengths import INSTANT
from services.deadline.domain.views import ClockView
from services.kernel.describe import problems
from services.kernel.facts import NEVER
from services.kernel.http import CleanText, after
from services.kernel.names import bucket_of
from services.kernel.problems import Problem
from services.kernel.routes import TICKET, heard_of, positions_type, waited
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, require_unit, role

MAY_READ = role(Role.UNIT, Role.STAFF, Role.SUPERVISOR, Role.ANALYST, Role.OPERATOR)
MOST = 1_000
HOURS_AHEAD = 14 * 24
UNIT = Query(max_length=80, description="All units where empty; a unit may ask for itself only.")
DESK = Query(description="The hotline's own clocks instead of a unit's.")
_CLOCK = Annotated[
    str, Path(max_length=40, pattern="^[a-z_]+$", description="resolve, contact, confirm, …")
]
_RUN = Annotated[
    int, Query(ge=0, le=1_000_000, description="Which run of the clock; 0 for the last one.")
]


class _Calendar(Response):
    media_type = ical.MEDIA_TYPE


class DueLists(BaseModel):
    """Running clocks, the earliest first; at most 1,000 in each list, the earliest of them."""

    overdue: list[ClockView]
    today: list[ClockView] = Field(description="Due until the city's midnight.")
    this_week: list[ClockView] = Field(description="Due after that, until Sunday's midnight.")
    extensions: int = Field(
        description="Applications that wait for the hotline; a unit is told of none."
    )


class DueHour(BaseModel):
    """How many clocks become due in one hour."""

    hour: datetime
    clocks: int


class DeadlineProof(BaseModel):
    """Question, rules, calendar and answer: whoever has it can count again (R27)."""

    format: str = Field(description="hotline.deadline.proof/1")
    clock: str
    start: datetime
    events: list[dict[str, Any]] = Field(default=[], description="What moved the clock.")
    promise: dict[str, datetime] = Field(
        default={}, description="Of resolve: `start` and `due_at` of the promise to the citizen."
    )
    due_at: datetime | None = Field(description="Exclusive; null while paused.")
    last_day: date | None
    counted: list[date]
    skipped: list[dict[str, str]] = Field(description="Each date that does not count, and why.")
    provisional: bool
    rules: dict[str, Any] = Field(description="The policy, as its file has it.")
    days: dict[str, Any] = Field(description="The calendar of the years that were looked at.")


def wanted(principal: Principal, unit: str, *, desk: bool) -> str | None:
    """Whose clocks: None of all, `''` the hotline's own. Raises Problem."""
    if desk:
        if Role.UNIT in principal.roles:
            raise Problem(403, "forbidden", "A unit reads its own clocks only.")
        return ""
    name = unit or (principal.unit or "")
    require_unit(principal, name)
    return name or None


def router(runtime: Runtime, clocks: ClocksStore, cities: Cities) -> APIRouter:
    made = APIRouter(tags=["clocks"])

    @made.get("/v1/due/lists")
    async def lists(
        principal: Annotated[Principal, Depends(MAY_READ)],
        unit: Annotated[CleanText, UNIT] = "",
        desk: Annotated[bool, DESK] = False,
    ) -> DueLists:
        """Overdue, today, this week: by the city's own days."""
        now = runtime.clock.now()
        today, week = ends(now, cities(now).calendar)
        whose = wanted(principal, unit, desk=desk)
        is_unit = Role.UNIT in principal.roles
        return DueLists(
            extensions=0 if is_unit else await clocks.count_applications(),
            **await due_lists(clocks, whose, now, today, week),
        )

    @made.get("/v1/due/hours")
    async def hours(
        principal: Annotated[Principal, Depends(MAY_READ)],
        unit: Annotated[CleanText, UNIT] = "",
        desk: Annotated[bool, DESK] = False,
    ) -> list[DueHour]:
        """How much becomes due in each hour of the coming two weeks; hours without are left out."""
        now = runtime.clock.now().replace(minute=0, second=0, microsecond=0)
        whose = wanted(principal, unit, desk=desk)
        counted = await clocks.by_hour(whose, now, now + timedelta(hours=HOURS_AHEAD))
        return [DueHour(hour=hour, clocks=count) for hour, count in counted]

    @made.get("/v1/due/calendar.ics", response_class=_Calendar)
    async def calendar_feed(
        principal: Annotated[Principal, Depends(MAY_READ)],
        unit: Annotated[CleanText, UNIT] = "",
        desk: Annotated[bool, DESK] = False,
    ) -> Response:
        """Due instants of two weeks, and what is overdue, as iCalendar."""
        now = runtime.clock.now()
        whose = wanted(principal, unit, desk=desk)
        rows = await clocks.due(whose, now + timedelta(hours=HOURS_AHEAD), MOST)
        name = whose or "hotline"
        return _Calendar(ical.feed(name, rows, now))

    _add_proof(made, runtime, cities)
    return made


def _add_proof(made: APIRouter, runtime: Runtime, cities: Cities) -> None:
    @made.get(
        "/v1/tickets/{ticket}/clocks/{clock}/proof",
        response_model=DeadlineProof,
        responses=problems(404),
    )
    async def proof(
        ticket: TICKET,
        clock: _CLOCK,
        principal: Annotated[Principal, Depends(MAY_READ)],
        positions: Annotated[positions_type, Depends(after)],
        run: _RUN = 0,
    ) -> Response:
        """Why that run of the clock is due then (R27): `hotline due verify` counts it again."""
        await waited(runtime, positions)
        found = await heard_of(partial(_proven, runtime, cities, ticket, clock, run, principal))
        return JSONResponse(found)

    @made.get(
        "/v1/tickets/{ticket}/clocks/{clock}/proof.txt",
        response_class=PlainTextResponse,
        responses=problems(404),
    )
    async def proof_page(
        ticket: TICKET,
        clock: _CLOCK,
        principal: Annotated[Principal, Depends(MAY_READ)],
        positions: Annotated[positions_type, Depends(after)],
        run: _RUN = 0,
    ) -> str:
        """The same in plain words, Chinese and English."""
        await waited(runtime, positions)
        proven = partial(_proven, runtime, cities, ticket, clock, run, principal)
        return page(await heard_of(proven))


async def _proven(
    runtime: Runtime, cities: Cities, ticket: str, clock: str, run: int, principal: Principal
) -> dict[str, Any]:
    """Of the runs that the caller may read: a unit has its own, also of a ticket that it lost."""
    bucket = bucket_of(ticket, runtime.place.buckets)
    facts = (await runtime.store.load([(bucket, ticket)])).get(ticket, [])
    codec = runtime.service.codec
    events = [codec.decode(fact) for fact in facts if codec.knows(fact.type)]
    is_unit = Role.UNIT in principal.roles
    start = run_of(clock, events, run, principal.unit if is_unit else None)
    if start is not None and not (is_unit and start.unit != principal.unit):
        city = cities(planned_at(start, events))
        line, _ = line_of(clock, events, city, start)
        if line is not None:
            return prove(line, city)
    raise Problem(404, "unknown-clock", "No such clock of that ticket is known here.")


async def due_lists(
    clocks: ClocksStore, whose: str | None, now: datetime, today: datetime, week: datetime
) -> dict[str, list[ClockView]]:
    """MOST of each: however much is overdue, what becomes due today is seen too."""
    rows: list[ClockView] = []
    for before, until in ((NEVER, now), (now, today), (today, week)):
        rows += await clocks.due(whose, until + INSTANT, MOST, since=before + INSTANT)
    return sorted_in(rows, now, today, week)


def sorted_in(
    rows: Sequence[ClockView], now: datetime, today: datetime, week: datetime
) -> dict[str, list[ClockView]]:
    """Each in one list at most; the end of a day or of the week, 24:00, belongs to it (R21)."""
    timed = [(row.due_at, row) for row in rows if row.due_at is not None]
    return {
        "overdue": [row for due, row in timed if due <= now],
        "today": [row for due, row in timed if now < due <= today],
        "this_week": [row for due, row in timed if today < due <= week],
    }


def ends(now: datetime, calendar: Calendar) -> tuple[datetime, datetime]:
    """The city's next midnight, and the one that ends Sunday."""
    local = now.astimezone(calendar.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1), midnight + timedelta(days=7 - local.weekday())
