"""Clocks over HTTP: the desk's commands, and reads for those who act on them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Query

from services.deadline.adapters import desk_routes, replanning, time_routes
from services.deadline.adapters.due_lines import Cities
from services.deadline.adapters.due_routes import DESK, MAY_READ, UNIT, router, wanted
from services.deadline.adapters.store import ClocksStore
from services.deadline.domain.views import ClockView
from services.kernel.describe import problems
from services.kernel.http import CleanText, after, create_app
from services.kernel.names import bucket_of
from services.kernel.problems import Problem
from services.kernel.registry import Registry
from services.kernel.registry_http import registry_router
from services.kernel.routes import TICKET, command_router, heard_of, positions_type, waited
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, Security

_WITHIN = Query(ge=0, le=24 * 365, description="Hours from now.")


def app(
    runtime: Runtime,
    clocks: ClocksStore,
    security: Security,
    cities: Cities,
    registry: Registry,
) -> FastAPI:
    """The application of one process."""
    made = create_app("deadline", runtime.readiness, security=security, registry=runtime.registry)
    made.include_router(command_router(runtime))
    made.include_router(router(runtime, clocks, cities))
    made.include_router(desk_routes.router(runtime, clocks, cities))
    made.include_router(time_routes.router(runtime, clocks, cities))
    made.include_router(registry_router(registry, runtime.clock))
    made.include_router(replanning.router(runtime, clocks, cities))

    @made.get("/v1/tickets/{ticket}/clocks", tags=["clocks"], responses=problems(404))
    async def ticket_clocks(
        ticket: TICKET,
        principal: Annotated[Principal, Depends(MAY_READ)],
        positions: Annotated[positions_type, Depends(after)],
    ) -> list[ClockView]:
        """Every run of every clock of the ticket; a unit sees its own."""
        await waited(runtime, positions, views=True)
        return await heard_of(partial(_shown, runtime, clocks, ticket, principal))

    @made.get("/v1/due", tags=["clocks"])
    async def due(
        principal: Annotated[Principal, Depends(MAY_READ)],
        unit: Annotated[CleanText, UNIT] = "",
        desk: Annotated[bool, DESK] = False,
        within_h: Annotated[int, _WITHIN] = 48,
        limit: Annotated[int, Query(ge=1, le=1_000, description="At most so many.")] = 100,
    ) -> list[ClockView]:
        """Running clocks due within some hours or overdue, the earliest first."""
        before = runtime.clock.now() + timedelta(hours=within_h)
        return await clocks.due(wanted(principal, unit, desk=desk), before, limit)

    return made


async def _shown(
    runtime: Runtime, clocks: ClocksStore, ticket: str, principal: Principal
) -> list[ClockView]:
    rows = await clocks.of_ticket(bucket_of(ticket, runtime.place.buckets), ticket)
    if Role.UNIT in principal.roles:
        rows = [row for row in rows if row.unit == principal.unit]
    if not rows:
        raise Problem(404, "unknown-ticket", "No clock of that ticket is known here.")
    return rows
