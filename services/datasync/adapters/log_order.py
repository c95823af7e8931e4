"""What datasync noted of the log: in which order it had the facts, for whoever makes it again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from importlib import resources

from services.datasync.domain.sharing import Way
from services.kernel.faults_pg import store_faults
from services.kernel.queries import named
from services.kernel.rows_pg import columns
from services.kernel.store_pg import PostgresStore

_PAGE = 5_000
_HELD_FOR_S = "60"


class LogOrder:
    """Of the ticket file, which has every fact that datasync has read. `store`: datasync's."""

    def __init__(self, store: PostgresStore) -> None:
        self._pool = store.pool
        file = resources.files("services.datasync") / "adapters" / "log_order.sql"
        self._sql = named(file, store.schema, store.vault)

    async def noted(self, bucket: int) -> AsyncIterator[tuple[str, int]]:
        """(source, position) of each fact. Raises StoreUnavailable."""
        with store_faults():
            async with self._pool.acquire() as connection, connection.transaction():
                held = f"set local idle_in_transaction_session_timeout = '{_HELD_FOR_S}s'"
                await connection.execute(held)
                async for row in connection.cursor(self._sql["noted"], bucket, prefetch=_PAGE):
                    yield row["source"], row["position"]

    async def move(self, bucket: int, run: Sequence[tuple[str, int, int]]) -> None:
        """They stand at these offsets now: (source, position, offset)."""
        with store_faults():
            await self._pool.execute(self._sql["move"], bucket, *columns(run, 3))

    async def send_again(self, subscription: str, kept: timedelta) -> None:
        """The topic of a department was lost: what it would still keep is sent to it again."""
        with store_faults():
            await self._pool.execute(self._sql["send_again"], subscription, Way.TOPIC.value, kept)
