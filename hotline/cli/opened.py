"""Store, bus and clock of one service, for a command that works on its ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hotline.cli.place import Place
from services.kernel.bus_kafka import KafkaBus
from services.kernel.clock import DatabaseClock
from services.kernel.names import schema_of
from services.kernel.store_pg import PostgresStore, connect


@asynccontextmanager
async def opened(
    place: Place, service: str
) -> AsyncIterator[tuple[PostgresStore, KafkaBus, DatabaseClock]]:
    """Closed at the end of the block. Raises StoreUnavailable, OSError, asyncpg's errors."""
    pool = await connect(place.dsn, schema_of(place.namespace, service), size=4)
    try:
        store = PostgresStore(pool, service, place.namespace)
        clock = DatabaseClock(store.database_clock)
        await clock.follow()
        bus = KafkaBus(place.kafka, f"hotline-{service}", clock.now, **place.security())
        try:
            yield store, bus, clock
        finally:
            await bus.close()
    finally:
        await pool.close()
