"""Both stores of clocks behind one handle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources

from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.store import ClocksStore
from services.deadline.adapters.store_memory import MemoryClocksStore
from services.deadline.adapters.store_pg import PostgresClocksStore
from services.kernel.facts import Fact
from services.kernel.migrate import migrate
from services.kernel.names import schema_of
from services.kernel.pool_pg import connect
from services.kernel.store import Store
from services.kernel.store_memory import MemoryStore
from services.kernel.store_pg import PostgresStore
from tests.support.loops import BUCKETS
from tests.support.stores import KERNEL
from tests.unit.deadline.clock_facts import CODEC

_FOLDER = resources.files("services.deadline") / "migrations"
CLOCKS = sorted((f for f in _FOLDER.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)


@dataclass
class Kept:
    """A kernel store with the rows of clocks on it."""

    kernel: Store
    clocks: ClocksStore

    async def read(self, facts: Sequence[Fact]) -> None:
        """Apply one batch as the worker does."""
        async with self.kernel.transaction() as tx:
            await ClocksView(CODEC, self.clocks).apply(tx, facts)


def clocks_of(store: Store) -> ClocksStore:
    """The rows of clocks on a kernel store, real or twin."""
    if isinstance(store, MemoryStore):
        return MemoryClocksStore(lambda: store.views)
    assert isinstance(store, PostgresStore)
    return PostgresClocksStore(store)


@asynccontextmanager
async def postgres(dsn: str, namespace: str) -> AsyncIterator[Kept]:
    await migrate(dsn, "deadline", namespace, [*KERNEL, *CLOCKS], BUCKETS)
    pool = await connect(dsn, schema_of(namespace, "deadline"))
    try:
        store = PostgresStore(pool, "deadline", namespace)
        yield Kept(store, clocks_of(store))
    finally:
        await pool.close()
