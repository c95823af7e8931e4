"""Silence is proven, not assumed: who promises what, and how far each promise is proven."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from google.protobuf.message import DecodeError

from hotline.kernel.v1.watermark_pb2 import Watermark
from services.kernel.bus import Bus, BusUnavailable, Consumer, Outgoing, Reader, Record
from services.kernel.clock import Clock, DatabaseClock
from services.kernel.codec import put_datetime, to_datetime
from services.kernel.inbox import Inbox
from services.kernel.store import BucketClosed, Store, StoreUnavailable

log = logging.getLogger("hotline.watermarks")
GRACE_S = 2.0
TICK_S = 0.5


class Promiser:
    """Twice a second: how far every owned bucket is complete, on `hotline.watermarks.v1`."""

    def __init__(
        self,
        source: str,
        topic: str,
        store: Store,
        bus: Bus,
        clock: Clock,
        inbox: Inbox,
        *,
        keyed: Sequence[str],
        shared: Sequence[str],
    ) -> None:
        self._source, self._topic = source, topic
        self._store, self._bus, self._clock = store, bus, clock
        self._inbox = inbox
        self._keyed, self._shared = list(keyed), list(shared)
        self._all_claimed = False
        self._oldest: datetime | None = None

    def age_s(self) -> float:
        """It grows while no promise can be made; 0 where none has to be."""
        if self._oldest is None or not self._inbox.buckets():
            return 0.0
        return (self._clock.now() - self._oldest).total_seconds()

    async def run(self, consumer: Consumer) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(TICK_S)
            try:
                await self.tick(consumer)
            except (StoreUnavailable, BusUnavailable) as error:
                log.warning("no watermark this time: %s", error)

    async def tick(self, consumer: Consumer) -> None:
        """One round: follow the clock, store how far was read, promise, publish."""
        if isinstance(self._clock, DatabaseClock):
            await self._clock.follow()
        await self._store_reading(consumer)
        buckets = sorted(self._inbox.buckets())
        self._all_claimed = self._all_claimed or await self._has_owners()
        if not buckets or not self._all_claimed:
            return
        closed = await self._store.close_buckets(buckets, self._keyed, self._shared, GRACE_S)
        await self._bus.publish([self._record(closed)])
        self._oldest = min(c.closed_until for c in closed)

    async def _has_owners(self) -> bool:
        """Whether every partition of the shared topics, any of which brings facts into any bucket,
        has had an owner: of the others nobody knows how far they were read."""
        claimed = await self._store.claimed(self._shared)
        counts = {topic: await self._bus.partitions(topic) for topic in self._shared}
        return claimed == counts

    async def _store_reading(self, consumer: Consumer) -> None:
        rows = []
        for place, row in list(self._inbox.rows.items()):
            reached = consumer.reached(place)
            if reached is not None:
                until = self._inbox.idle_until(place, reached.end, reached.sent_at, GRACE_S)
                if until is not None:
                    rows.append((*place, row.epoch, until))
        if rows:
            await self._store.read_until(sorted(rows))
            self._inbox.read(rows)

    def _record(self, closed: Sequence[BucketClosed]) -> Outgoing:
        message = Watermark(source=self._source)
        for c in closed:
            if c.closed_until.year > 1:
                part = message.buckets.add(bucket=c.bucket, position=c.position)
                put_datetime(part.complete_until, c.closed_until)
        headers = [
            ("ce_type", b"hotline.kernel.v1.Watermark"),
            ("ce_source", self._source.encode()),
        ]
        key = self._source.encode()
        return Outgoing(self._topic, 0, key, message.SerializeToString(), headers)


class Proof:
    """What has been proven silent: a promise counts once everything below it was applied.

    `news` is set where a promise comes; whoever applies what it waits for sets it too.
    """

    def __init__(self, news: asyncio.Event | None = None) -> None:
        self.news = news or asyncio.Event()
        self._proven: dict[tuple[str, int], datetime] = {}
        self._open: dict[tuple[str, int], list[tuple[int, datetime]]] = {}

    def read(self, record: Record) -> None:
        """Take a promise in; a broken one is dropped with a warning."""
        try:
            message = Watermark.FromString(record.value or b"")
        except DecodeError as error:
            log.warning("a broken watermark at offset %d: %s", record.offset, error)
            return
        self.news.set()
        for part in message.buckets:
            waiting = self._open.setdefault((message.source, part.bucket), [])
            waiting.append((part.position, to_datetime(part.complete_until)))
            if len(waiting) > 240:  # two minutes behind: the oldest promises prove the least
                del waiting[:120]

    def until(self, source: str, bucket: int, expected: int) -> datetime:
        """The latest proven instant, given the position that will be applied next."""
        key = (source, bucket)
        proven = self._proven.get(key, datetime.min.replace(tzinfo=UTC))
        waiting = self._open.get(key, [])
        while waiting and waiting[0][0] <= expected:
            proven = max(proven, waiting.pop(0)[1])
        self._proven[key] = proven
        return proven

    def all_until(self, sources: Iterable[str], bucket: int, expected: dict[str, int]) -> datetime:
        """The instant until which every one of the sources is proven silent."""
        return min(self.until(s, bucket, expected.get(s, 1)) for s in sources)

    async def follow(self, reader: Reader) -> None:
        """Read promises until cancelled."""
        while True:
            try:
                for record in await reader.fetch(500, 0.5):
                    self.read(record)
            except BusUnavailable as error:
                log.warning("watermarks cannot be read: %s", error)
