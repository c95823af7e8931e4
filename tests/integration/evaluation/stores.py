"""Both stores of evaluation behind one handle, and a small topic of its facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from services.evaluation.adapters.codec import CODEC
from services.evaluation.adapters.figures import FiguresView
from services.evaluation.adapters.store import FiguresStore
from services.evaluation.adapters.store_memory import MemoryFiguresStore
from services.evaluation.adapters.store_pg import PostgresFiguresStore
from services.kernel.facts import Fact
from services.kernel.migrate import migrate
from services.kernel.names import bucket_of
from services.kernel.pool_pg import connect
from services.kernel.store import Store
from services.kernel.store_memory import MemoryStore
from services.kernel.store_pg import PostgresStore
from tests.support.stores import KERNEL, memory_store

_FOLDER = resources.files("services.evaluation") / "migrations"
FIGURES = [_FOLDER / name for name in ("001_figures.sql", "002_promises.sql")]
BUCKETS = 4
ZONE = ZoneInfo("Asia/Shanghai")


def topic(events: Sequence[tuple[str, Any]]) -> list[Fact]:
    """Facts of evaluation with dense positions and versions, from (ticket, event)."""
    counts: Counter[Any] = Counter()
    facts = []
    for ticket, event in events:
        bucket, new = bucket_of(ticket, BUCKETS), CODEC.encode(event, b"{}")
        counts.update([bucket, ticket])
        place = ("evaluation", bucket, counts[bucket], ticket, counts[ticket])
        facts.append(Fact(*place, new.type, new.data, new.time, new.time))
    return facts


@dataclass
class Kept:
    """A kernel store with evaluation's own tables on it."""

    kernel: Store
    figures: FiguresStore

    async def read(self, facts: Sequence[Fact]) -> None:
        """Apply one batch as the worker does."""
        async with self.kernel.transaction() as tx:
            await FiguresView(self.figures, ZONE).apply(tx, facts)

    async def rows(self) -> tuple[Any, Any]:
        """Everything that can be read."""
        return await self.figures.of_unit(limit=1_000), await self.figures.due_visits(1_000)


@asynccontextmanager
async def memory() -> AsyncIterator[Kept]:
    async with memory_store("evaluation", BUCKETS) as store:
        assert isinstance(store, MemoryStore)
        yield Kept(store, MemoryFiguresStore(lambda: store.views))


@asynccontextmanager
async def postgres(dsn: str, namespace: str) -> AsyncIterator[Kept]:
    await migrate(dsn, "evaluation", namespace, [*KERNEL, *FIGURES], BUCKETS)
    pool = await connect(dsn, f"{namespace}_evaluation")
    try:
        store = PostgresStore(pool, "evaluation", namespace)
        yield Kept(store, PostgresFiguresStore(pool, store.schema, store.vault))
    finally:
        await pool.close()
