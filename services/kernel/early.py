"""Commands that came by Kafka before this service had heard of their ticket."""

from __future__ import annotations

import logging
from dataclasses import replace

from services.kernel.clock import Clock
from services.kernel.inbox import Inbox
from services.kernel.names import bucket_of
from services.kernel.parking import UNDONE, reason_of
from services.kernel.store import Store
from services.kernel.worker import MOST_RELEASED, Worker

log = logging.getLogger("hotline.early")
TICK_S = 0.5


class EarlyCommands:
    """Looks twice a second: once its ticket has appeared a command is decided, as of the ticket's
    first fact; one that has waited ten minutes is answered."""

    def __init__(
        self, store: Store, inbox: Inbox, worker: Worker, clock: Clock, buckets: int
    ) -> None:
        self._store, self._inbox, self._worker = store, inbox, worker
        self._clock, self._buckets = clock, buckets

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(TICK_S)
            try:
                await self.tick()
            except UNDONE as error:
                log.warning("early commands wait on: %s", error)

    async def tick(self) -> None:
        """Decide what waits no more; what makes the code fail is parked with all behind it."""
        async with self._worker.alone:
            found = await self._store.early_tickets(self._inbox.buckets())
            self._inbox.early = set(found)
        for ticket in [ticket for ticket, due in found.items() if due]:
            try:
                await self._worker.release(ticket)
            except UNDONE:
                raise
            except Exception as error:
                log.exception("an early command of %s made the code fail", ticket)
                await self._park(ticket, error)

    async def _park(self, ticket: str, error: Exception) -> None:
        async with self._worker.alone:
            rows = await self._store.parked_records(ticket, MOST_RELEASED)
            held = [replace(row, reason=reason_of(error), early_until=None) for row in rows]
            await self._worker.parks(bucket_of(ticket, self._buckets), held, (), again=True)
