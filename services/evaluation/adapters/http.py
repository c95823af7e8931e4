"""Evaluation over HTTP: commands of the visit desk, its worklist, and the units' figures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query

from services.evaluation.adapters.figures import FiguresView
from services.evaluation.adapters.registry import Registry
from services.evaluation.domain.views import rates
from services.kernel.http import create_app
from services.kernel.routes import command_router
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, Security, require_unit, role

_MAY_READ = role(Role.UNIT, Role.STAFF, Role.SUPERVISOR, Role.ANALYST)
_MAY_VISIT = role(Role.STAFF, Role.SUPERVISOR)


def app(runtime: Runtime, registry: Registry, figures: FiguresView, security: Security) -> FastAPI:
    """The application of one process."""
    made = create_app("evaluation", runtime.readiness, security=security, registry=runtime.registry)
    made.include_router(command_router(runtime))

    @made.get("/v1/figures", tags=["figures"])
    async def unit_figures(
        principal: Annotated[Principal, Depends(_MAY_READ)],
        unit: Annotated[str, Query(max_length=80)] = "",
        period: Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{2})?$")] = "",
    ) -> list[dict[str, Any]]:
        """Counts and rates (R30) by unit and month; a unit sees its own."""
        wanted = unit or (principal.unit or "")
        require_unit(principal, wanted)
        rows = await figures.of_unit(wanted, period)
        return [{**asdict(row), "rates": asdict(rates(row, registry.formula))} for row in rows]

    @made.get("/v1/visits", tags=["visits"])
    async def due_visits(
        principal: Annotated[Principal, Depends(_MAY_VISIT)],
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> list[dict[str, Any]]:
        """Visits that somebody has to make; the one that waits longest first."""
        return [{"ticket": t, **asdict(visit)} for t, visit in await figures.due_visits(limit)]

    return made
