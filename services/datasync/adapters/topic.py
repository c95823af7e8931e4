"""Delivery by the department's own topic: at least once, in order per ticket."""

from __future__ import annotations

import logging

from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store import FeedStore
from services.datasync.adapters.tail import Tail
from services.datasync.domain.feed import Entry
from services.datasync.domain.sharing import Way
from services.kernel.bus import Bus, BusUnavailable, Outgoing
from services.kernel.clock import Clock
from services.kernel.codec import rfc3339
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
        self._acknowledged: dict[int, int] = {}
        self._saved: dict[int, int] = {}
        self._saved_at = clock.now()
        self._wanted: frozenset[int] | None = None

    def own(self, buckets: frozenset[int]) -> None:
        """From the next step on, go on for these where the last owner said that it had come."""
        self._wanted = buckets
        self.tail.changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if not await self.step():
                    await self._rest()
            except (BusUnavailable, StoreUnavailable) as error:
                log.warning("the topic of %s waits: %s", self._subscription, error)
                self.tail.back(self._acknowledged)
                await self._clock.sleep(_REST_S)

    async def _rest(self) -> None:
        """Until something comes. What was acknowledged is saved at times, not at every pause."""
        saved = self._acknowledged == self._saved
        await self.tail.wait(self._clock, _LOOK_AGAIN_S if saved else _SAVE_EVERY_S)
        if self.tail.changed.is_set():
            return
        if saved:
            self.tail.recheck()
        else:
            await self._save()

    async def step(self) -> bool:
        """One batch; False where there is nothing to send."""
        if self._wanted is not None:
            await self._take_over(self._wanted)
        entries = await self.tail.take(BATCH)
        if not entries:
            return False
        await self._bus.publish([self._record(entry) for entry in entries])
        for entry in entries:
            if entry.bucket in self._acknowledged:
                self._acknowledged[entry.bucket] = entry.sequence
        self._meter.add(self._subscription, Way.TOPIC, len(entries))
        if (self._clock.now() - self._saved_at).total_seconds() >= _SAVE_EVERY_S:
            await self._save()
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

    async def _save(self) -> None:
        moved = {b: n for b, n in self._acknowledged.items() if n != self._saved.get(b)}
        if moved:
            await self._store.put_cursors(Way.TOPIC, self._subscription, moved)
            self._saved.update(moved)
        self._saved_at = self._clock.now()

    def _record(self, entry: Entry) -> Outgoing:
        fact = entry.fact
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", f"{entry.bucket}/{entry.sequence}".encode()),
            ("ce_source", f"datasync/{entry.subscription}".encode()),
            ("ce_type", b"hotline.datasync.v1.FeedEntry"),
            ("ce_subject", fact.ticket.encode()),
            ("ce_time", rfc3339(fact.time).encode()),
            ("ce_eventtype", fact.type.encode()),
            ("ce_stage", fact.stage.encode()),
            ("content-type", b"application/protobuf"),
        ]
        return Outgoing(
            self._topic,
            entry.bucket % PARTITIONS,
            fact.ticket.encode(),
            self._serving.message(entry),
            headers,
        )
