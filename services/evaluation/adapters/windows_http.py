"""Reads of the live windows that this worker keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import tzinfo
from typing import Any

import mode
import uvicorn
from fastapi import FastAPI, HTTPException, Query, Response

from hotline.evaluation.v1.measures_pb2 import Window, Windows
from services.evaluation.adapters.registry import Registry
from services.evaluation.windows import newest_first, surge
from services.kernel.codec import to_datetime

Values = Mapping[str, bytes]
COUNTS = (
    "entries",
    "visited",
    "contacted",
    "solved",
    "satisfied",
    "on_time",
    "confirmed_on_time",
)


def read_port(
    units: Values, matters: Values, registry: Registry, ready: Callable[[], bool]
) -> FastAPI:
    """The routes over the two tables; `ready` once they are recovered."""
    app = FastAPI(title="Hotline live windows", openapi_url=None)

    @app.get("/livez")
    async def livez() -> Response:
        return Response("ok")

    @app.get("/readyz")
    async def readyz() -> Response:
        return Response("ok") if ready() else Response("recovering", status_code=503)

    @app.get("/v1/windows")
    async def windows(unit: str) -> dict[str, Any]:
        value = units.get(unit)
        if value is None:
            raise HTTPException(404, f"no window of unit {unit} is kept by this worker")
        return _windows(Windows.FromString(value), registry.zone)

    @app.get("/v1/surges")
    async def surges(limit: int = Query(default=50, ge=1, le=500)) -> dict[str, Any]:
        found = (
            surge(Windows.FromString(v), registry.surge, registry.keep)
            for v in list(matters.values())
        )
        return {"surges": [asdict(s) for s in newest_first(found)[:limit]]}

    return app


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
    """Leaves the signals to Faust's worker, which stops this service with everything else."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class ReadPort(mode.Service):
    """Serves the routes inside the worker's event loop."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        super().__init__()
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)

    @mode.Service.task
    async def _serve(self) -> None:
        await self._server.serve()

    async def on_stop(self) -> None:
        self._server.should_exit = True
