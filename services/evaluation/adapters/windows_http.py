"""Reads of the live windows that this worker keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import tzinfo
from typing import Annotated, Any

import mode
import uvicorn
from fastapi import Depends, FastAPI, Query
from prometheus_client import CollectorRegistry

from hotline.evaluation.v1.measures_pb2 import Window, Windows
from services.evaluation.adapters.registry import Registry
from services.evaluation.domain.views import COUNTS
from services.evaluation.windows import newest_first, surge
from services.kernel.codec import to_datetime
from services.kernel.http import create_app
from services.kernel.http_protocol import BoundedHttp
from services.kernel.probes import Readiness
from services.kernel.problems import Problem
from services.kernel.security import Principal, Role, Security, require_unit, role

Values = Mapping[str, bytes]

_MAY_READ = role(Role.UNIT, Role.STAFF, Role.SUPERVISOR, Role.ANALYST)
_MAY_WATCH = role(Role.STAFF, Role.SUPERVISOR, Role.ANALYST)


def app(
    units: Values,
    matters: Values,
    registry: Registry,
    readiness: Readiness,
    *,
    security: Security,
    figures: CollectorRegistry,
) -> FastAPI:
    """The application over the two tables of one worker."""
    made = create_app("live windows", readiness, security=security, registry=figures)

    @made.get("/v1/windows", tags=["windows"])
    async def windows(
        principal: Annotated[Principal, Depends(_MAY_READ)],
        unit: Annotated[str, Query(max_length=80)] = "",
    ) -> dict[str, Any]:
        """Counts (R30) of the unit's last hours and days; a unit sees its own."""
        wanted = unit or (principal.unit or "")
        require_unit(principal, wanted)
        value = units.get(wanted)
        if value is None:
            raise Problem(404, "no-windows", f"No window of unit {wanted!r} is kept here.")
        return _windows(Windows.FromString(value), registry.zone)

    @made.get("/v1/surges", tags=["windows"])
    async def surges(
        principal: Annotated[Principal, Depends(_MAY_WATCH)],
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> list[dict[str, Any]]:
        """R6: the newest hour of every category and area beside the mean of those before it."""
        found = (
            surge(Windows.FromString(value), registry.surge, registry.keep)
            for value in list(matters.values())
        )
        return [asdict(each) for each in newest_first(found)[:limit]]

    return made


def _windows(windows: Windows, zone: tzinfo) -> dict[str, Any]:
    return {
        "unit": windows.unit,
        "hours": [_window(w, zone) for w in windows.hours],
        "days": [_window(w, zone) for w in windows.days],
    }


def _window(window: Window, zone: tzinfo) -> dict[str, Any]:
    start = to_datetime(window.start).astimezone(zone)
    return {"start": start.isoformat(), **{name: getattr(window, name) for name in COUNTS}}


class _Server(uvicorn.Server):
    """Leaves the signals to the worker, which stops this server with everything else."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class ReadPort(mode.Service):
    """Serves the routes inside the worker's event loop."""

    mundane_level = "debug"

    def __init__(self, made: FastAPI, host: str, port: int, tls: Mapping[str, str]) -> None:
        super().__init__()
        config = uvicorn.Config(
            made,
            host=host,
            port=port,
            http=BoundedHttp,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            **tls,  # type: ignore[arg-type]
        )
        self._server = _Server(config)

    @mode.Service.task
    async def _serve(self) -> None:
        await self._server.serve()

    async def on_stop(self) -> None:
        self._server.should_exit = True
