"""Deadline over HTTP: the clocks of a ticket, and what is due."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, Query

from services.deadline.adapters.store import ClocksStore
from services.deadline.domain.views import ClockView
from services.kernel.describe import problems
from services.kernel.http import CleanText, after, create_app
from services.kernel.names import bucket_of
from services.kernel.problems import Problem
from services.kernel.routes import TICKET, command_router, positions_type, waited
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, Security, require_unit, role

_UNIT = Query(max_length=80, description="All units where empty; a unit may ask for itself only.")
_WITHIN = Query(ge=0, le=24 * 365, description="Hours from now.")
_MAY_READ = role(Role.UNIT, Role.STAFF, Role.SUPERVISOR, Role.ANALYST, Role.OPERATOR)


def app(runtime: Runtime, clocks: ClocksStore, security: Security) -> FastAPI:
    """The application of one process."""
    made = create_app("deadline", runtime.readiness, security=security, registry=runtime.registry)

    made.include_router(command_router(runtime))

    @made.get("/v1/tickets/{ticket}/clocks", tags=["clocks"], responses=problems(404))
    async def ticket_clocks(
        ticket: TICKET,
        principal: Annotated[Principal, Depends(_MAY_READ)],
        positions: Annotated[positions_type, Depends(after)],
    ) -> list[ClockView]:
        """Every run of every clock of the ticket; a unit sees its own."""
        await waited(runtime, positions, views=True)
        rows = await clocks.of_ticket(bucket_of(ticket, runtime.place.buckets), ticket)
        if Role.UNIT in principal.roles:
            rows = [row for row in rows if row.unit == principal.unit]
        if not rows:
            raise Problem(404, "unknown-ticket", "No clock of that ticket is known here.")
        return rows

    @made.get("/v1/due", tags=["clocks"])
    async def due(
        principal: Annotated[Principal, Depends(_MAY_READ)],
        unit: Annotated[CleanText, _UNIT] = "",
        within_h: Annotated[int, _WITHIN] = 48,
        limit: Annotated[int, Query(ge=1, le=1_000, description="At most so many.")] = 100,
    ) -> list[ClockView]:
        """Running clocks due within some hours or overdue, the earliest first."""
        wanted = unit or (principal.unit or "")
        require_unit(principal, wanted)
        before = runtime.clock.now() + timedelta(hours=within_h)
        return await clocks.due(wanted, before, limit)

    return made
