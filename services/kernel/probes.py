"""Whether a process lives, whether it can be sent work, its figures: asked by the platform.

They are answered however many requests are under way: who is refused them takes a process that
works for a dead one.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, generate_latest
from starlette.responses import Response

from services.kernel.gather import Gather

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
Readiness = Callable[[], Awaitable[Mapping[str, bool]]]


def add_probes(app: FastAPI, readiness: Readiness, registry: CollectorRegistry) -> None:
    """Whoever asks whether the process is ready while a check is under way shares the next."""

    async def check(asked: Sequence[None]) -> list[Mapping[str, bool]]:
        return [await readiness()] * len(asked)

    ready = Gather(check, limit=sys.maxsize)

    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, bool]:
        return {"alive": True}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        checks = dict(await ready(None))
        status = 200 if all(checks.values()) else 503
        return Response(orjson.dumps(checks), status, media_type="application/json")

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")
