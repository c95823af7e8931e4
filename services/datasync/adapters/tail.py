"""The moving end of one subscription's feed, for whoever delivers it."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence

from services.datasync.adapters.store import FeedStore
from services.datasync.domain.feed import Entry
from services.kernel.clock import Clock

MEMORY = 1_000


class Tail:
    """New entries of the owned buckets, dense in each.

    They come from memory where memory holds exactly what follows, else from the store: like the
    relay's, a run from memory with a hole in it would never be noticed.
    """

    def __init__(self, store: FeedStore, subscription: str) -> None:
        self._store, self._subscription = store, subscription
        self.reached: dict[int, int] = {}
        self._fresh = defaultdict[int, deque[Entry]](deque)  # of the buckets that have any
        self._behind: set[int] = set()
        self.changed = asyncio.Event()

    def own(self, reached: Mapping[int, int]) -> None:
        """Exactly these buckets, each from behind the given sequence."""
        self.reached = dict(reached)
        self._fresh.clear()
        self.recheck()

    def back(self, reached: Mapping[int, int]) -> None:
        """What was taken behind these sequences was not delivered: take it again."""
        self.reached.update({b: n for b, n in reached.items() if b in self.reached})
        self.recheck()

    def recheck(self) -> None:
        """Look into the store, whatever memory says."""
        self._behind = set(self.reached)
        self.changed.set()

    def add(self, entries: Iterable[Entry]) -> None:
        """Entries of a commit just now; those of other owners' buckets are ignored."""
        for entry in entries:
            if entry.bucket not in self.reached:
                continue
            fresh = self._fresh[entry.bucket]
            if len(fresh) >= MEMORY:
                fresh.clear()
                self._behind.add(entry.bucket)
            fresh.append(entry)
        self.changed.set()

    async def take(self, limit: int) -> list[Entry]:
        """The next entries; empty where there are none now. Raises StoreUnavailable."""
        self.changed.clear()
        taken = self._from_memory(limit)
        if not taken and self._behind:
            taken = await self._from_store(limit)
        for entry in taken:
            self.reached[entry.bucket] = entry.sequence
        return taken

    async def wait(self, clock: Clock, timeout_s: float) -> None:
        """Until something changed, or that long."""
        await first_of(self.changed, clock, timeout_s)

    def _from_memory(self, limit: int) -> list[Entry]:
        taken: list[Entry] = []
        for bucket, fresh in list(self._fresh.items()):
            if bucket in self._behind:
                continue
            due = self.reached[bucket] + 1
            while fresh and len(taken) < limit:
                sequence = fresh[0].sequence
                if sequence > due:
                    self._behind.add(bucket)
                    break
                entry = fresh.popleft()
                if sequence == due:
                    taken.append(entry)
                    due += 1
            if not fresh:
                del self._fresh[bucket]
        return taken

    async def _from_store(self, limit: int) -> list[Entry]:
        asked = {bucket: self.reached[bucket] for bucket in sorted(self._behind)}
        found = await self._store.entries(self._subscription, asked, limit)
        found = [e for e in found if asked.get(e.bucket) == self.reached.get(e.bucket)]
        if not found:
            self._behind -= {b for b, n in asked.items() if self.reached.get(b) == n}
        return _dense(found, asked)


def _dense(entries: Sequence[Entry], after: Mapping[int, int]) -> list[Entry]:
    due = {bucket: sequence + 1 for bucket, sequence in after.items()}
    kept = []
    for entry in entries:
        if entry.sequence == due[entry.bucket]:
            due[entry.bucket] += 1
            kept.append(entry)
    return kept


async def first_of(event: asyncio.Event, clock: Clock, timeout_s: float) -> None:
    """Until the event is set or the clock has moved on that far."""
    if event.is_set():
        return
    waits = {
        asyncio.ensure_future(event.wait()),
        asyncio.ensure_future(clock.sleep(timeout_s)),
    }
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
