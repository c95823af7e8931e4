"""What the hotline's desk has to answer (R22), and what a calendar moved (R27)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.deadline.adapters.due_lines import Cities
from services.deadline.adapters.store import ClocksStore, Open
from services.deadline.domain.desk_views import MovedView
from services.kernel.http import CleanText, after
from services.kernel.routes import positions_type, waited
from services.kernel.runtime import Runtime
from services.kernel.security import Role, role

_MAY_RULE = role(Role.STAFF, Role.SUPERVISOR)
_MAY_SEE = role(Role.STAFF, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.OPERATOR)
_LIMIT = Query(ge=1, le=1_000, description="At most so many.")
_CALENDAR = Query(max_length=80, description="As cn@2026.1+1; the one in effect where empty.")


class Application(BaseModel):
    """An extension that a unit has applied for and nobody has answered."""

    ticket: str
    clock: str
    run: int
    unit: str
    working_days: int
    reason: str
    document: str = Field(description="Reference of the document that proves it; empty if none.")
    asked_at: datetime
    due_at: datetime | None = Field(
        description="Then it lapses, a refusal by silence; null while the clock is paused."
    )
    alarmed: bool = Field(description="Whether the hotline was alarmed that it is about to lapse.")
    proof: str = Field(description="Where the proof of that clock is, beside `.txt` in words.")


class CalendarMoves(BaseModel):
    """The clocks that a calendar was the last to move."""

    calendar: str
    moved: int = Field(description="How many.")
    clocks: list[MovedView] = Field(description="And which, at most `limit` of them.")


def router(runtime: Runtime, clocks: ClocksStore, cities: Cities) -> APIRouter:
    made = APIRouter()

    @made.get("/v1/due/extensions", tags=["clocks"], dependencies=[Depends(_MAY_RULE)])
    async def extensions(
        positions: Annotated[positions_type, Depends(after)],
        limit: Annotated[int, _LIMIT] = 100,
    ) -> list[Application]:
        """Applications that wait for the hotline's answer; the one that lapses first is first."""
        await waited(runtime, positions, views=True)
        return [_application(one) for one in await clocks.open_applications(limit)]

    @made.get("/v1/calendar/moved", tags=["calendar"], dependencies=[Depends(_MAY_SEE)])
    async def calendar_moves(
        calendar: Annotated[CleanText, _CALENDAR] = "",
        limit: Annotated[int, _LIMIT] = 1_000,
    ) -> CalendarMoves:
        """What a published notice, or a replan by hand, has moved so far (R27)."""
        known = cities(runtime.clock.now()).calendar
        label = calendar or f"{known.id}@{known.version}"
        count, found = await clocks.moved(label, limit)
        return CalendarMoves(calendar=label, moved=count, clocks=found)

    return made


def _application(opened: Open) -> Application:
    one, due_at = opened
    proof = f"/v1/tickets/{one.ticket}/clocks/{one.clock}/proof"
    return Application(**asdict(one), due_at=due_at, proof=proof)
