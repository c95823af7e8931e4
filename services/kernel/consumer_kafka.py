"""Who reads the log on Apache Kafka: a member of a group, or a reader of whole partitions."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import HeartbeatRequest

from services.kernel.bus import Assigned, BusUnavailable, LogHole, Place, Reached, Record, Revoked
from services.kernel.gather import ended

log = logging.getLogger("hotline.bus")
CLIENT_ENDS_S = 2.0
REJOIN_S = 20.0  # three sessions
FAULTS = (KafkaError, OSError, asyncio.TimeoutError)


class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Records must not arrive before we know where to go on: pause, ask, seek, resume.

    aiokafka only logs what a listener raises; here the next fetch raises it.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, seen: Seen, assigned: Assigned, revoked: Revoked
    ) -> None:
        self._consumer, self._seen = consumer, seen
        self._assigned, self._revoked = assigned, revoked

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        if self._seen.over:
            return
        with self._seen.changing():
            await self._revoked([(tp.topic, tp.partition) for tp in revoked])

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        if self._seen.over:
            return
        tps = list(assigned)
        with self._seen.changing():
            self._consumer.pause(*tps)
            offsets = await self._assigned([(tp.topic, tp.partition) for tp in tps])
            for tp in tps:
                self._consumer.seek(tp, offsets[tp.topic, tp.partition])
            self._consumer.resume(*tps)


class Seen:
    """What fetches saw: the ends of partitions, and those of which they asked too much; what a
    change of the group failed with; and when the group was last heard to count us in."""

    def __init__(self) -> None:
        self.ends: dict[Place, Reached] = {}
        self.outside: set[Place] = set()
        self.failure: Exception | None = None
        self.over = False  # another client has joined in its place
        self._counted_in = time.monotonic()

    @contextmanager
    def changing(self) -> Iterator[None]:
        self._counted_in = math.inf  # no heartbeats meanwhile, however long the store takes
        try:
            yield
        except Exception as error:
            self.failure = error
            raise
        finally:
            self.counted_in()

    def counted_in(self) -> None:
        self._counted_in = time.monotonic()

    def left_out_s(self) -> float:
        """For how long the group has not counted us in."""
        return time.monotonic() - self._counted_in


def watch(consumer: AIOKafkaConsumer, clock: Callable[[], datetime]) -> Seen:
    """Note for each fetch when it was sent and what it saw. aiokafka shows neither, and an offset
    outside the log it resets. Nor does it show how the group answers heartbeats."""
    seen = Seen()
    send = consumer._client.send

    async def watched(node: int, request: Any, **options: Any) -> Any:
        sent_at = clock()
        response = await send(node, request, **options)
        if isinstance(request, FetchRequest):
            for topic, partitions in response.topics:
                for partition, error, end, *_ in partitions:
                    if not error:
                        seen.ends[topic, partition] = Reached(end, sent_at)
                    elif error == OffsetOutOfRangeError.errno:
                        seen.outside.add((topic, partition))
        elif isinstance(request, HeartbeatRequest) and not response.error_code:
            seen.counted_in()
        return response

    consumer._client.send = watched
    return seen


class KafkaConsumer:
    """A reader of whole partitions, without a group."""

    def __init__(self, inner: AIOKafkaConsumer, seen: Seen) -> None:
        self._inner, self._seen = inner, seen

    async def fetch(self, limit: int, timeout_s: float) -> list[Record]:
        try:
            found = await self._inner.getmany(timeout_ms=int(timeout_s * 1000), max_records=limit)
        except FAULTS as error:
            raise BusUnavailable(repr(error)) from error
        if self._seen.failure is not None:
            raise self._seen.failure
        if self._seen.outside:
            raise LogHole(f"the offsets lie outside the log of {sorted(self._seen.outside)}")
        return [record for records in found.values() for record in records]

    def seek(self, place: Place, offset: int) -> None:
        self._inner.seek(TopicPartition(*place), offset)

    def reached(self, place: Place) -> Reached | None:
        return self._seen.ends.get(place)

    async def starts(self) -> dict[Place, int]:
        """Raises BusUnavailable."""
        return await self._offsets(self._inner.beginning_offsets)

    async def ends(self) -> dict[Place, int]:
        """Raises BusUnavailable."""
        return await self._offsets(self._inner.end_offsets)

    async def _offsets(self, ask: Callable[[Any], Awaitable[Any]]) -> dict[Place, int]:
        try:
            found = await ask(self._inner.assignment())
        except FAULTS as error:
            raise BusUnavailable(repr(error)) from error
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def stop(self) -> None:
        await self._inner.stop()


Join = Callable[[], Awaitable[tuple[AIOKafkaConsumer, Seen]]]


class Member(KafkaConsumer):
    """One member of a group. A client whose change of the group never ends reads nothing and says
    nothing; after REJOIN_S it is dropped, and another one joins in its place."""

    def __init__(self, inner: AIOKafkaConsumer, seen: Seen, join: Join, revoked: Revoked) -> None:
        super().__init__(inner, seen)
        self._join, self._revoked = join, revoked

    async def fetch(self, limit: int, timeout_s: float) -> list[Record]:
        if self._seen.left_out_s() > REJOIN_S:
            if not self._seen.over:
                log.warning("the group has not counted us in for %.0f s: joining anew", REJOIN_S)
            await self._rejoin()
        try:
            async with asyncio.timeout(REJOIN_S):  # it waits for the end of a change of the group
                return await super().fetch(limit, timeout_s)
        except TimeoutError as error:
            raise BusUnavailable("a change of the group does not end") from error

    async def _rejoin(self) -> None:
        inner = self._inner
        self._seen.over = True
        await self._revoked([(tp.topic, tp.partition) for tp in inner.assignment()])
        await stop(inner)
        parts = [inner._fetcher, inner._client]  # of a client that could not be stopped
        closing = [asyncio.create_task(part.close(), name="a stuck client") for part in parts]
        await ended(closing, CLIENT_ENDS_S)
        self._inner, self._seen = await self._join()


async def start(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Raises BusUnavailable; what does not start is stopped."""
    try:
        await client.start()
        await asyncio.sleep(0)  # stop() raises CancelledError where a reader's task never ran
    except BaseException as error:
        await stop(client)
        if isinstance(error, FAULTS):
            raise BusUnavailable(repr(error)) from error
        raise


async def stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Waits for a broker that may be gone only so long."""
    await ended([asyncio.create_task(client.stop(), name="a client of the broker")], CLIENT_ENDS_S)
