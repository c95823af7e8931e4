"""Delivery by the department's own topic: at least once, in order per ticket."""

from __future__ import annotations

import asyncio
import logging
import time

from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store import FeedStore
from services.datasync.adapters.tail import Tail
from services.datasync.domain.feed import Entry
from services.datasync.domain.sharing import Way
from services.kernel.bus import Bus, BusUnavailable, Outgoing
from services.kernel.clock import Clock
from services.kernel.codec import rfc3339
from services.kernel.seen import delivered
from services.kernel.store import StoreUnavailable

log = logging.getLogger("hotline.datasync")
PARTITIONS = 6
BATCH = 500
_LOOK_AGAIN_S = 5.0
_SAVE_EVERY_S = 0.5
_REST_S = 1.0


class TopicDelivery:
    """One subscription's entries, from the feed to the topic; acknowledged before checkpoint.

    A bucket's entries all go to partition `bucket mod 6`, which is the partition of the ticket's
    key as long as the number of buckets is a multiple of 6: order per ticket and per feed holds.
    """

    def __init__(
        self,
        subscription: str,
        topic: str,
        serving: Serving,
        store: FeedStore,
        bus: Bus,
        clock: Clock,
        meter: DeliveryMeter,
    ) -> None:
        self._subscription, self._topic, self._serving = subscription, topic, serving
        self._store, self._bus, self._clock, self._meter = store, bus, clock, meter
        self.tail = Tail(store, subscription)
        self._fixed = [
            ("ce_specversion", b"1.0"),
            ("content-type", b"application/protobuf"),
            ("ce_type", b"hotline.datasync.v1.FeedEntry"),
            ("ce_source", f"datasync/{subscription}".encode()),
        ]
        self._acknowledged: dict[int, int] = {}
        self._saved: dict[int, int] = {}
        self._wanted: frozenset[int] | None = None

    def own(self, buckets: frozenset[int]) -> None:
        """From the next step on, go on for these where the last owner said that it had come."""
        self._wanted = buckets
        self.tail.changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._push())
            group.create_task(self._look_after())

    async def _push(self) -> None:
        while True:
            try:
                if not await self.step():
                    await self.tail.changed.wait()
            except (BusUnavailable, StoreUnavailable) as error:
                log.warning("the topic of %s waits: %s", self._subscription, error)
                self.tail.back(self._acknowledged)
                await self._clock.sleep(_REST_S)

    async def _look_after(self) -> None:
        """Save at times what was acknowledged; of a feed that rests, look into the store."""
        rested_s = 0.0
        while True:
            await self._clock.sleep(_SAVE_EVERY_S)
            try:
                rested_s = 0.0 if await self._save() else rested_s + _SAVE_EVERY_S
            except StoreUnavailable as error:
                log.warning("how far the topic of %s is waits: %s", self._subscription, error)
            if rested_s >= _LOOK_AGAIN_S:
                rested_s = 0.0
                self.tail.recheck()

    async def step(self) -> bool:
        """One batch; False where there is nothing to send."""
        if self._wanted is not None:
            await self._take_over(self._wanted)
        entries = await self.tail.take(BATCH)
        if not entries:
            return False
        began = time.perf_counter()
        await self._bus.publish([self._record(entry) for entry in entries])
        facts = [entry.fact for entry in entries]
        delivered(facts, self._subscription, Way.TOPIC, time.perf_counter() - began)
        for entry in entries:
            if entry.bucket in self._acknowledged:
                self._acknowledged[entry.bucket] = entry.sequence
        self._meter.add(self._subscription, Way.TOPIC, len(entries))
        return True

    async def _take_over(self, buckets: frozenset[int]) -> None:
        await self._save()
        kept = {b: n for b, n in self._acknowledged.items() if b in buckets}
        new = await self._store.cursors(Way.TOPIC, self._subscription, buckets - kept.keys())
        self._acknowledged = kept | new
        self._saved = {b: n for b, n in self._saved.items() if b in kept} | new
        self.tail.own(self._acknowledged)
        if self._wanted is buckets:
            self._wanted = None

    async def _save(self) -> bool:
        """Whether there was anything to save."""
        moved = {b: n for b, n in self._acknowledged.items() if n != self._saved.get(b)}
        if moved:
            await self._store.put_cursors(Way.TOPIC, self._subscription, moved)
            self._saved.update(moved)
        return bool(moved)

    def _record(self, entry: Entry) -> Outgoing:
        fact = entry.fact
        ticket = fact.ticket.encode()
        headers = [
            *self._fixed,
            ("ce_id", b"%d/%d" % (entry.bucket, entry.sequence)),
            ("ce_subject", ticket),
            ("ce_time", rfc3339(fact.time).encode()),
            ("ce_eventtype", fact.type.encode()),
            ("ce_stage", fact.stage.encode()),
        ]
        message = self._serving.message(entry)
        return Outgoing(self._topic, entry.bucket % PARTITIONS, ticket, message, headers)
