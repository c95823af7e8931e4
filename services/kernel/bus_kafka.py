"""The log on Apache Kafka. Every limit is stated here; none is a library default."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.codec import lz4_encode
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.protocol.fetch import FetchRequest

from services.kernel.bus import (
    Assigned,
    BusUnavailable,
    LogHole,
    Outgoing,
    Place,
    Reached,
    Record,
    Revoked,
)
from services.kernel.gather import ended
from services.kernel.names import murmur2

CLIENT_ENDS_S = 2.0
_FAULTS = (KafkaError, OSError, asyncio.TimeoutError)
# aiokafka has no setting for it and compresses at level 9. Our batches of a few records come out
# as small at level 1, for a third of the CPU and without a fresh table of 256 KB for each.
lz4_encode.__defaults__ = (1,)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Records must not arrive before we know where to go on: pause, ask, seek, resume.

    aiokafka only logs what a listener raises; here the next fetch raises it.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, seen: _Seen, assigned: Assigned, revoked: Revoked
    ) -> None:
        self._consumer, self._seen = consumer, seen
        self._assigned, self._revoked = assigned, revoked

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        with self._seen.failing():
            await self._revoked([(tp.topic, tp.partition) for tp in revoked])

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        tps = list(assigned)
        with self._seen.failing():
            self._consumer.pause(*tps)
            offsets = await self._assigned([(tp.topic, tp.partition) for tp in tps])
            for tp in tps:
                self._consumer.seek(tp, offsets[tp.topic, tp.partition])
            self._consumer.resume(*tps)


class _Seen:
    """What fetches saw: the ends of partitions, and those of which they asked too much; and what a
    change of the group failed with."""

    def __init__(self) -> None:
        self.ends: dict[Place, Reached] = {}
        self.outside: set[Place] = set()
        self.failure: Exception | None = None

    @contextmanager
    def failing(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.failure = error
            raise


def _watch(consumer: AIOKafkaConsumer, clock: Callable[[], datetime]) -> _Seen:
    """Note for each fetch when it was sent and what it saw. aiokafka shows neither, and an offset
    outside the log it resets."""
    seen = _Seen()
    send = consumer._client.send

    async def watched(node: int, request: Any, **options: Any) -> Any:
        if not isinstance(request, FetchRequest):
            return await send(node, request, **options)
        sent_at = clock()
        response = await send(node, request, **options)
        for topic, partitions in response.topics:
            for partition, error, end, *_ in partitions:
                if not error:
                    seen.ends[topic, partition] = Reached(end, sent_at)
                elif error == OffsetOutOfRangeError.errno:
                    seen.outside.add((topic, partition))
        return response

    consumer._client.send = watched
    return seen


class KafkaConsumer:
    """One member of a group, or (without a group) a reader of whole partitions."""

    def __init__(self, inner: AIOKafkaConsumer, seen: _Seen) -> None:
        self._inner, self._seen = inner, seen

    async def fetch(self, limit: int, timeout_s: float) -> list[Record]:
        try:
            found = await self._inner.getmany(timeout_ms=int(timeout_s * 1000), max_records=limit)
        except _FAULTS as error:
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
        except _FAULTS as error:
            raise BusUnavailable(repr(error)) from error
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def stop(self) -> None:
        await self._inner.stop()


async def _send(producer: AIOKafkaProducer, place: Place, records: Sequence[Outgoing]) -> None:
    """In order, whole batches at once: a future per record would cost more than the record."""
    topic, partition = place
    batch = producer.create_batch()
    acknowledged = []
    for record in records:
        key, value, headers = record.key, record.value, record.headers
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            acknowledged.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)
    acknowledged.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*acknowledged)


async def _start(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Raises BusUnavailable; what does not start is stopped."""
    try:
        await client.start()
        await asyncio.sleep(0)  # stop() raises CancelledError where a reader's task never ran
    except BaseException as error:
        await _stop(client)
        if isinstance(error, _FAULTS):
            raise BusUnavailable(repr(error)) from error
        raise


async def _stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Waits for a broker that may be gone only so long."""
    await ended([asyncio.create_task(client.stop(), name="a client of the broker")], CLIENT_ENDS_S)


class KafkaBus:
    """Producer and consumers of one process; `clock` never runs ahead of the database clock."""

    def __init__(
        self, bootstrap: str, client: str, clock: Callable[[], datetime], **security: Any
    ) -> None:
        self._common = {"bootstrap_servers": bootstrap, "client_id": client, **security}
        self._clock = clock
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._partitions: dict[str, int] = {}

    async def publish(self, records: Sequence[Outgoing]) -> None:
        producer = self._producer or await self._start_producer()
        places = defaultdict[Place, list[Outgoing]](list)
        for record in records:
            partition = record.partition
            if partition is None:
                partition = await self._partition(producer, record)
            places[record.topic, partition].append(record)
        try:
            await asyncio.gather(*(_send(producer, *item) for item in places.items()))
        except _FAULTS as error:
            await self._drop_producer(producer)
            raise BusUnavailable(repr(error)) from error

    async def _partition(self, producer: AIOKafkaProducer, record: Outgoing) -> int:
        """As Kafka's own partitioner has it. A topic that is missing is no fault of the producer,
        which others are using."""
        count = self._partitions.get(record.topic)
        if count is None:
            try:
                found = await producer.partitions_for(record.topic)
            except _FAULTS as error:
                raise BusUnavailable(f"{record.topic}: {error!r}") from error
            count = self._partitions[record.topic] = len(found)
        return (murmur2(record.key) & 0x7FFFFFFF) % count

    async def _start_producer(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._common,
                    acks="all",
                    enable_idempotence=True,
                    compression_type="lz4",
                    linger_ms=0,
                    max_batch_size=262_144,
                    max_request_size=1_048_576,
                    request_timeout_ms=10_000,
                    retry_backoff_ms=50,
                    metadata_max_age_ms=60_000,
                )
                await _start(producer)
                self._producer = producer
            return self._producer

    async def _drop_producer(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
        await _stop(producer)

    async def consumer(
        self, group: str, instance: str, topics: Sequence[str], assigned: Assigned, revoked: Revoked
    ) -> KafkaConsumer:
        inner = AIOKafkaConsumer(
            **self._common,
            group_id=group,
            group_instance_id=instance,
            partition_assignment_strategy=[RangePartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=3_000,
            max_poll_interval_ms=60_000,
            request_timeout_ms=10_000,
            retry_backoff_ms=50,
            metadata_max_age_ms=60_000,
            fetch_max_wait_ms=250,
            fetch_max_bytes=8_388_608,
            max_partition_fetch_bytes=1_048_576,
            check_crcs=False,
        )
        seen = _watch(inner, self._clock)
        inner.subscribe(list(topics), listener=_Listener(inner, seen, assigned, revoked))
        await _start(inner)
        return KafkaConsumer(inner, seen)

    async def reader(self, places: Sequence[Place], *, from_end: bool) -> KafkaConsumer:
        inner = AIOKafkaConsumer(
            **self._common,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="latest" if from_end else "earliest",
            request_timeout_ms=10_000,
            retry_backoff_ms=50,
            metadata_max_age_ms=60_000,
            fetch_max_wait_ms=250,
            fetch_max_bytes=16_777_216,
            max_partition_fetch_bytes=2_097_152,
            check_crcs=False,
        )
        seen = _watch(inner, self._clock)
        inner.assign([TopicPartition(*place) for place in places])
        await _start(inner)
        return KafkaConsumer(inner, seen)

    async def partitions(self, topic: str) -> int:
        producer = self._producer or await self._start_producer()
        try:
            return len(await producer.partitions_for(topic))
        except _FAULTS as error:
            raise BusUnavailable(repr(error)) from error

    async def close(self) -> None:
        if self._producer is not None:
            await self._drop_producer(self._producer)
