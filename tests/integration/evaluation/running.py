"""Evaluation with its views, in a loop of services: on the twins or on the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.evaluation.adapters.figures import FiguresView
from services.evaluation.adapters.http import app
from services.evaluation.adapters.published import InEffect, kinds
from services.evaluation.adapters.registry import load
from services.evaluation.adapters.store import FiguresStore
from services.evaluation.adapters.store_memory import MemoryFiguresStore
from services.evaluation.adapters.store_pg import PostgresFiguresStore
from services.evaluation.service import service
from services.kernel.migrate import migrate
from services.kernel.names import schema_of, vault_of
from services.kernel.pool_pg import connect
from services.kernel.registry import Registry
from services.kernel.registry_memory import MemoryRegistry
from services.kernel.runtime import Runtime
from services.kernel.security import Security
from services.kernel.store_memory import MemoryStore
from tests.integration.evaluation.stores import FIGURES
from tests.support.loops import BUCKETS, Loop, MachineClock
from tests.support.site import Site, site
from tests.support.stores import KERNEL


async def _store(loop: Loop) -> FiguresStore:
    if loop.info is None:

        def views() -> dict[str, Any]:
            running = loop.runtimes.get("evaluation-0")
            return running.store.views if running and isinstance(running.store, MemoryStore) else {}

        return MemoryFiguresStore(views)
    await migrate(loop.info.dsn, "evaluation", loop.namespace, [*KERNEL, *FIGURES], BUCKETS)
    schema = schema_of(loop.namespace, "evaluation")
    pool = await connect(loop.info.dsn, schema, size=2)
    loop.resources.push_async_callback(pool.close)
    return PostgresFiguresStore(pool, schema, vault_of(loop.namespace, "evaluation"))


@asynccontextmanager
async def running(loop: Loop, run_dir: Path) -> AsyncIterator[Site]:
    zone, store = load("sample").zone, await _store(loop)
    clock = MachineClock()
    registry = Registry(MemoryRegistry(clock.now), clock, kinds("sample"))
    formulas = InEffect(registry)

    def made(runtime: Runtime, security: Security) -> FastAPI:
        return app(runtime, formulas, zone, store, security, registry)

    async with site(loop, service(formulas, FiguresView(store, zone)), made, run_dir) as s:
        yield s
