"""Evaluation over HTTP: commands of the visit desk, its worklist, and the units' figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Annotated

from fastapi import Depends, FastAPI, Query

from services.evaluation.adapters.documents import (
    FiguresDocument,
    FiguresList,
    VisitDocument,
    figures_cursor,
    figures_document,
    figures_place,
)
from services.evaluation.adapters.store import FiguresStore
from services.evaluation.domain.formula import Formulas
from services.evaluation.domain.views import FiguresRow, last_instant, rates
from services.kernel.http import CleanText, after, create_app
from services.kernel.registry import Registry
from services.kernel.registry_http import registry_router
from services.kernel.routes import command_router, waited
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, Security, require_unit, role

_UNIT = Query(max_length=80, description="All units where empty; a unit may ask for itself only.")
_PERIOD = Query(pattern=r"^([0-9]{4}-[0-9]{2})?$", description="A month; all where empty.")
_MAY_READ = role(Role.UNIT, Role.STAFF, Role.SUPERVISOR, Role.ANALYST)
_MAY_VISIT = role(Role.STAFF, Role.SUPERVISOR)
CursorText = Annotated[
    str, Query(max_length=400, description="Where to go on: the cursor of an earlier answer.")
]
Positions = Annotated[Mapping[tuple[str, int], int], Depends(after)]


def app(
    runtime: Runtime,
    formulas: Formulas,
    zone: tzinfo,
    figures: FiguresStore,
    security: Security,
    registry: Registry,
) -> FastAPI:
    """The application of one process; `zone` is that of the city's months."""
    made = create_app("evaluation", runtime.readiness, security=security, registry=runtime.registry)
    made.include_router(command_router(runtime))
    made.include_router(registry_router(registry, runtime.clock))

    @made.get("/v1/figures", tags=["figures"])
    async def unit_figures(
        principal: Annotated[Principal, Depends(_MAY_READ)],
        positions: Positions,
        unit: Annotated[CleanText, _UNIT] = "",
        period: Annotated[str, _PERIOD] = "",
        cursor: CursorText = "",
        limit: Annotated[int, Query(ge=1, le=1_000, description="At most so many.")] = 100,
    ) -> FiguresList:
        """Counts and rates (R30) by unit and month, in that order; a unit sees its own.

        The score is by the formula in effect at the month's end, or now while it runs (R31).
        """
        behind = figures_place(cursor)
        wanted = unit or (principal.unit or "")
        require_unit(principal, wanted)
        await waited(runtime, positions, views=True)
        rows = await figures.of_unit(wanted, period, behind=behind, limit=limit + 1)
        page, now = rows[:limit], runtime.clock.now()

        def shown(row: FiguresRow) -> FiguresDocument:
            formula = formulas(min(now, last_instant(row.period, zone)))
            return figures_document(row, rates(row, formula), formula.name)

        return FiguresList(
            figures=[shown(row) for row in page],
            cursor=figures_cursor(page[-1]) if len(rows) > limit else None,
        )

    @made.get("/v1/visits", tags=["visits"])
    async def due_visits(
        principal: Annotated[Principal, Depends(_MAY_VISIT)],
        positions: Positions,
        limit: Annotated[int, Query(ge=1, le=1_000, description="At most so many.")] = 100,
    ) -> list[VisitDocument]:
        """Visits that somebody has to make; the one that waits longest first."""
        await waited(runtime, positions, views=True)
        due = await figures.due_visits(limit)
        return [VisitDocument(ticket=ticket, **visit._asdict()) for ticket, visit in due]

    return made
