"""Both stores of the kernel, made ready for a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import resources

from hotline.dev.stack import StackInfo
from services.kernel.migrate import migrate
from services.kernel.names import schema_of
from services.kernel.store import Store
from services.kernel.store_memory import MemoryStore
from services.kernel.store_pg import PostgresStore, connect

_SQL = resources.files("services.kernel") / "sql"
LEDGER = _SQL / "001_ledger.sql"
KERNEL = [f for f in sorted(_SQL.iterdir(), key=lambda f: f.name) if f.name[:3].isdigit()]


@asynccontextmanager
async def postgres_store(
    stack: StackInfo, namespace: str, service: str = "desk", buckets: int = 4
) -> AsyncIterator[Store]:
    """A migrated store on the real database, in a schema of its own."""
    await migrate(stack.dsn, service, namespace, KERNEL, buckets)
    pool = await connect(stack.dsn, schema_of(namespace, service))
    try:
        yield PostgresStore(pool, service, namespace)
    finally:
        await pool.close()


@asynccontextmanager
async def memory_store(service: str = "desk", buckets: int = 4) -> AsyncIterator[Store]:
    """The twin, on the machine's clock."""
    yield MemoryStore(service, buckets, lambda: datetime.now(UTC))
