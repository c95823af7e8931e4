"""Folds a service's views and timers over the topic again, and decides nothing.

Used where the ledger holds the outcome already: after a restore, and when a service is rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from prometheus_client import CollectorRegistry

from services.kernel.bus import Bus, Record
from services.kernel.clock import Clock
from services.kernel.inbox import Inbox
from services.kernel.measure import Meter
from services.kernel.relay import Relay
from services.kernel.replies import Replies
from services.kernel.senders import Senders
from services.kernel.service import Service
from services.kernel.store import Store
from services.kernel.worker import Worker

POLL = 2_000


class Replay:
    """Owns the partitions of the topic while it runs: whoever had them lets go."""

    def __init__(
        self, service: Service, store: Store, bus: Bus, clock: Clock, topic: str, buckets: int
    ) -> None:
        quiet = replace(service, decider=None, announce=None, commands=(), submit=None)
        self._inbox = Inbox(topic, lambda source, _: True)
        self._bus, self._topic = bus, topic
        meter = Meter(CollectorRegistry())
        replies = Replies(
            service.name, Senders(None), store, bus, meter, namespace="", buckets=buckets
        )
        relay = Relay(service.codec, topic, store, bus, clock)
        self._worker = Worker(
            quiet, store, bus, clock, relay, None, self._inbox, None, replies, "", buckets, meter
        )
        self.read = 0

    async def run(
        self,
        until: Mapping[int, int],
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        """Apply each partition below the offset `until`, from where the inbox stands.

        Raises BusUnavailable, LogHole, LostOwnership, StoreUnavailable.
        """
        places = [(self._topic, bucket) for bucket in sorted(until)]
        offsets = await self._worker.assigned(places)
        left = {p: end for (t, p), at in offsets.items() if (end := until[p]) > at}
        total = sum(end - offsets[self._topic, p] for p, end in left.items())
        if not left:
            return
        reader = await self._bus.reader([(self._topic, p) for p in left], from_end=False)
        try:
            for partition in left:
                reader.seek((self._topic, partition), offsets[self._topic, partition])
            while left:
                await self._apply(await reader.fetch(POLL, 1.0), until)
                rows = self._inbox.rows
                left = {p: e for p, e in left.items() if rows[self._topic, p].next_offset < e}
                progress(self.read, total)
        finally:
            await reader.stop()

    async def _apply(self, records: Sequence[Record], until: Mapping[int, int]) -> None:
        mine = [r for r in records if r.offset < until[r.partition]]
        self.read += len(mine)
        await self._worker.step(mine)
