"""After a restore no number is given out that a ticket of the log has."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from importlib import resources

from services.intake.adapters.vault import BLOCK
from services.intake.domain.number import day_and_serial
from services.kernel.faults_pg import store_faults
from services.kernel.queries import named
from services.kernel.store_pg import PostgresStore

# Other processes may hold blocks that the restored store has forgotten.
MARGIN = 50 * BLOCK


class Numbers:
    """The serials of each day, in the vault."""

    def __init__(self, store: PostgresStore) -> None:
        file = resources.files("services.intake") / "adapters" / "queries.sql"
        self._pool, self._sql = store.pool, named(file, store.schema, store.vault)

    async def read_back(self, tickets: Collection[str]) -> None:
        """These tickets came back from the log: go on behind the last of each day."""
        last: dict[date, int] = {}
        for ticket in tickets:
            if (found := day_and_serial(ticket)) is not None:
                day, serial = found
                last[day] = max(serial, last.get(day, 0))
        if last:
            upcoming = [serial + 1 + MARGIN for serial in last.values()]
            with store_faults():
                await self._pool.execute(self._sql["numbers_taken"], list(last), upcoming)
