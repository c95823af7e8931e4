"""The log on Apache Kafka. Every limit is stated here; none is a library default."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.codec import lz4_encode
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from services.kernel.bus import Assigned, BusUnavailable, Outgoing, Place, Revoked
from services.kernel.consumer_kafka import (
    FAULTS,
    KafkaConsumer,
    Listener,
    Member,
    Seen,
    start,
    stop,
    watch,
)
from services.kernel.names import murmur2

# aiokafka has no setting for it and compresses at level 9. Our batches of a few records come out
# as small at level 1, for a third of the CPU and without a fresh table of 256 KB for each.
lz4_encode.__defaults__ = (1,)


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
        except FAULTS as error:
            await self._drop_producer(producer)
            raise BusUnavailable(repr(error)) from error

    async def _partition(self, producer: AIOKafkaProducer, record: Outgoing) -> int:
        """As Kafka's own partitioner has it. A topic that is missing is no fault of the producer,
        which others are using."""
        count = self._partitions.get(record.topic)
        if count is None:
            try:
                found = await producer.partitions_for(record.topic)
            except FAULTS as error:
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
                await start(producer)
                self._producer = producer
            return self._producer

    async def _drop_producer(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
        await stop(producer)

    async def consumer(
        self, group: str, instance: str, topics: Sequence[str], assigned: Assigned, revoked: Revoked
    ) -> Member:
        async def join() -> tuple[AIOKafkaConsumer, Seen]:
            return await self._joined(group, instance, topics, assigned, revoked)

        return Member(*await join(), join, revoked)

    async def _joined(
        self, group: str, instance: str, topics: Sequence[str], assigned: Assigned, revoked: Revoked
    ) -> tuple[AIOKafkaConsumer, Seen]:
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
        seen = watch(inner, self._clock)
        inner.subscribe(list(topics), listener=Listener(inner, seen, assigned, revoked))
        await start(inner)
        return inner, seen

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
        seen = watch(inner, self._clock)
        inner.assign([TopicPartition(*place) for place in places])
        await start(inner)
        return KafkaConsumer(inner, seen)

    async def partitions(self, topic: str) -> int:
        producer = self._producer or await self._start_producer()
        try:
            return len(await producer.partitions_for(topic))
        except FAULTS as error:
            raise BusUnavailable(repr(error)) from error

    async def close(self) -> None:
        if self._producer is not None:
            await self._drop_producer(self._producer)
