"""Whose time it was, of one ticket (R33)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.deadline.adapters.due_lines import Cities
from services.deadline.adapters.due_routes import MAY_READ
from services.deadline.adapters.store import ClocksStore
from services.deadline.domain.shares import CITIZEN, HOTLINE, shares, whole
from services.kernel.describe import problems
from services.kernel.http import after
from services.kernel.names import bucket_of
from services.kernel.problems import Problem
from services.kernel.routes import TICKET, positions_type, waited
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role

MOST = 10_000  # moments of one ticket


class TimeShare(BaseModel):
    """How much of the elapsed working time one of them had the ticket."""

    who: str = Field(description="citizen, hotline, or the id of a unit.")
    working_s: float


class TicketTime(BaseModel):
    """The parts sum exactly to the whole; a unit is shown its own part only."""

    ticket: str
    until: datetime = Field(description="Now; nothing is counted after the last completion.")
    working_s: float = Field(description="Elapsed working time since the acceptance.")
    shares: list[TimeShare]


def router(runtime: Runtime, clocks: ClocksStore, cities: Cities) -> APIRouter:
    made = APIRouter(tags=["clocks"])

    @made.get("/v1/tickets/{ticket}/time", responses=problems(404))
    async def time(
        ticket: TICKET,
        principal: Annotated[Principal, Depends(MAY_READ)],
        positions: Annotated[positions_type, Depends(after)],
    ) -> TicketTime:
        """Elapsed working time, divided among citizen, hotline and each unit (R33)."""
        await waited(runtime, positions, views=True)
        moments = await clocks.moments(bucket_of(ticket, runtime.place.buckets), ticket, MOST)
        until = runtime.clock.now()
        accepted = any(moment.type == "accepted" and moment.at <= until for moment in moments)
        found = shares(moments, until, cities(until).calendar) if accepted else []
        working_s = whole(found).total_seconds()
        if Role.UNIT in principal.roles:
            mine = {principal.unit} - {CITIZEN, HOTLINE}  # no unit is called so
            found = [share for share in found if share.who in mine]
        if not found:
            raise Problem(404, "unknown-ticket", "No time of that ticket is known here.")
        parts = [TimeShare(who=x.who, working_s=x.time.total_seconds()) for x in found]
        return TicketTime(ticket=ticket, until=until, working_s=working_s, shares=parts)

    return made
