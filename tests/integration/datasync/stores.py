"""Both stores of datasync behind one handle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

from services.datasync.adapters.store import FeedStore
from services.datasync.adapters.store_memory import MemoryFeedStore
from services.datasync.adapters.store_pg import PostgresFeedStore
from services.datasync.adapters.view import SharingView
from services.datasync.domain.feed import Entry
from services.datasync.domain.sharing import Sharing
from services.kernel.facts import Fact
from services.kernel.migrate import migrate
from services.kernel.names import schema_of, vault_of
from services.kernel.pool_pg import connect
from services.kernel.store import Store
from services.kernel.store_pg import PostgresStore
from tests.support.stores import KERNEL, memory_store
from tests.unit.datasync.tickets import BUCKETS, SHARING

_MIGRATIONS = resources.files("services.datasync") / "migrations"
FEEDS = [_MIGRATIONS / name for name in ("001_feeds.sql", "002_trace.sql")]
ALL_BUCKETS = frozenset(range(BUCKETS))


class Told:
    """A listener that remembers what it was told."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def added(self, entries: Sequence[Entry]) -> None:
        self.entries.extend(entries)

    async def owned(self, buckets: frozenset[int]) -> None:
        """Nothing of it is remembered."""


@dataclass
class Kept:
    """A kernel store with datasync's own tables on it."""

    kernel: Store
    feeds: FeedStore

    def view(self, *listeners: Any, sharing: Sharing = SHARING) -> SharingView:
        return SharingView(sharing, self.feeds, listeners)

    async def read(
        self, facts: Sequence[Fact], *listeners: Any, sharing: Sharing = SHARING
    ) -> None:
        """Apply one batch as the worker does."""
        view = self.view(*listeners, sharing=sharing)
        async with self.kernel.transaction() as tx:
            await view.apply(tx, facts)
        await view.committed(facts)


@asynccontextmanager
async def memory() -> AsyncIterator[Kept]:
    async with memory_store("datasync", BUCKETS) as store:
        yield Kept(store, MemoryFeedStore(lambda: store.views))  # type: ignore[attr-defined]


@asynccontextmanager
async def postgres(dsn: str, namespace: str) -> AsyncIterator[Kept]:
    await migrate(dsn, "datasync", namespace, [*KERNEL, *FEEDS], BUCKETS)
    schema, vault = schema_of(namespace, "datasync"), vault_of(namespace, "datasync")
    pool = await connect(dsn, schema)
    try:
        yield Kept(
            PostgresStore(pool, "datasync", namespace), PostgresFeedStore(pool, schema, vault)
        )
    finally:
        await pool.close()
