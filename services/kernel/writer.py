"""Group commit: what waits while one flush is under way goes with the next."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from services.kernel.facts import Append, Outcome
from services.kernel.measure import Meter
from services.kernel.store import BucketForked, Store, StoreUnavailable

BATCH = 500
QUEUE = 5_000


class Overloaded(Exception):
    """The queue is full: come again later."""


class Writer:
    """One per process; at most one command per stream and one use of a command id in a batch."""

    def __init__(self, store: Store, meter: Meter) -> None:
        self._store, self._meter = store, meter
        self._waiting: deque[tuple[Append, asyncio.Future[Outcome]]] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def append(self, append: Append) -> Outcome:
        """Durable when it returns. Raises Overloaded, StoreUnavailable."""
        if len(self._waiting) >= QUEUE:
            raise Overloaded
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((append, future))
        self._idle.clear()
        self._wake.set()
        return await future

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._flush(self._take())
            self._idle.set()

    async def drained(self) -> None:
        """Nothing waits and nothing is under way."""
        await self._idle.wait()

    def _take(self) -> list[tuple[Append, asyncio.Future[Outcome]]]:
        batch: list[tuple[Append, asyncio.Future[Outcome]]] = []
        later: list[tuple[Append, asyncio.Future[Outcome]]] = []
        taken: set[object] = set()
        while self._waiting and len(batch) < BATCH:
            append, future = self._waiting.popleft()
            marks: set[object] = {append.stream, *((c.sender, c.key) for c in append.commands)}
            if taken & marks:
                later.append((append, future))
            else:
                taken |= marks
                batch.append((append, future))
        self._waiting.extendleft(reversed(later))
        return batch

    async def _flush(self, batch: list[tuple[Append, asyncio.Future[Outcome]]]) -> None:
        started = time.perf_counter()
        try:
            outcomes = await self._store.append([append for append, _ in batch])
        except Exception as error:  # noqa: BLE001 - its caller gets it, and nobody else
            await self._failed(batch, error)
            return
        self._meter.append_done(len(batch), time.perf_counter() - started)
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    async def _failed(
        self, batch: list[tuple[Append, asyncio.Future[Outcome]]], error: Exception
    ) -> None:
        """The store's fault is everybody's; what one append is to blame for is its own."""
        if isinstance(error, StoreUnavailable) and not isinstance(error, BucketForked):
            for _, future in batch:
                if not future.done():
                    future.set_exception(StoreUnavailable(str(error)))
        elif len(batch) > 1:
            for one in batch:
                await self._flush([one])
        elif not batch[0][1].done():
            batch[0][1].set_exception(error)
