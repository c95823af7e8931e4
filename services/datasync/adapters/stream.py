"""A feed as Server-Sent Events: what is there already, then what comes, without a gap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any

import orjson

from services.datasync.adapters.reading import Reading
from services.datasync.adapters.tail import first_of
from services.datasync.domain.feed import Entry
from services.datasync.domain.sharing import Way
from services.kernel.clock import Clock
from services.kernel.store import StoreUnavailable

BATCH = 100
LOOK_AGAIN_S = 1.0
HEARTBEAT_S = 15.0
STREAMS = 500


class Followers:
    """Listens to the view, so that a stream on the owner's process hears at once.

    Entries of other processes' buckets are found by looking into the store every second.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.count = 0

    def added(self, entries: Sequence[Entry]) -> None:
        for subscription in {entry.subscription for entry in entries}:
            for event in self._waiting.get(subscription, ()):
                event.set()

    async def owned(self, buckets: frozenset[int]) -> None:
        """A stream reads all buckets, whoever owns them."""

    @property
    def full(self) -> bool:
        """Whether this process holds as many streams as it may."""
        return self.count >= STREAMS

    def join(self, subscription: str) -> asyncio.Event:
        self.count += 1
        event = asyncio.Event()
        self._waiting.setdefault(subscription, set()).add(event)
        return event

    def leave(self, subscription: str, event: asyncio.Event) -> None:
        self.count -= 1
        self._waiting[subscription].discard(event)


async def stream(
    reading: Reading,
    followers: Followers,
    clock: Clock,
    subscription: str,
    reached: dict[int, int],
    expires_at: datetime | None,
) -> AsyncGenerator[bytes, None]:
    """The events behind `reached`, each with the cursor up to itself as its id; ends at expiry."""
    said_at, event = clock.now(), followers.join(subscription)
    try:
        yield b"retry: 1000\n\n"
        while expires_at is None or clock.now() < expires_at:
            event.clear()
            try:
                before = dict(reached)
                page = await reading.page(subscription, reached, BATCH, Way.SSE)
            except StoreUnavailable:
                return  # the reader comes back with its last id
            for entry in page.entries:
                before[entry["bucket"]] = entry["sequence"]
                yield _event(reading.cursor(before), entry)
            if page.entries:
                said_at = clock.now()
                continue
            if (clock.now() - said_at).total_seconds() >= HEARTBEAT_S:
                said_at = clock.now()
                yield b": still here\n\n"
            await first_of(event, clock, LOOK_AGAIN_S)
        yield b"event: expired\ndata: {}\n\n"
    finally:
        followers.leave(subscription, event)


def _event(cursor: str, entry: dict[str, Any]) -> bytes:
    return b"id: %b\ndata: %b\n\n" % (cursor.encode(), orjson.dumps(entry))
