"""The facts of one bucket from the ledgers of all services, in the order of a log."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping

from services.kernel.facts import Fact
from services.kernel.store import Store
from services.kernel.verify import stage_named

PAGE = 1_000


class Queue:
    """One service's facts of the bucket from position `due` on."""

    def __init__(self, store: Store, bucket: int, due: int) -> None:
        self._store, self._bucket = store, bucket
        self._due, self._page = due, deque[Fact]()

    async def first(self) -> Fact | None:
        """The next one; it stays. Raises StoreUnavailable."""
        if not self._page:
            self._page.extend(await self._store.page(self._bucket, self._due, PAGE))
        return self._page[0] if self._page else None

    def take(self) -> Fact:
        """The one that `first` has shown, as the relay sends it."""
        fact = self._page.popleft()
        fact.stage = stage_named(fact.type)
        self._due = fact.position + 1
        return fact


async def in_order(
    queues: Mapping[str, Queue], noted: AsyncIterator[tuple[str, int]]
) -> AsyncIterator[Fact]:
    """First as `noted`, each with those of its service that come before it; the rest in the order
    in which the store took them, so that a cause comes before what came of it."""
    async for source, position in noted:
        queue = queues.get(source)
        while queue and (fact := await queue.first()) and fact.position <= position:
            yield queue.take()
    while True:
        heads = [(name, await queue.first()) for name, queue in queues.items()]
        left = [(fact.recorded_at, name) for name, fact in heads if fact is not None]
        if not left:
            return
        yield queues[min(left)[1]].take()
