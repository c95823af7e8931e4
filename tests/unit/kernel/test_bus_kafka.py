"""Faults of the Kafka client come as the port's own error, for the worker to try again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from aiokafka.errors import KafkaTimeoutError
from aiokafka.structs import TopicPartition

from services.kernel import bus_kafka, consumer_kafka
from services.kernel.bus import BusUnavailable
from services.kernel.bus_kafka import KafkaBus
from services.kernel.consumer_kafka import KafkaConsumer

PLACE = TopicPartition("hotline.tickets.v1", 3)


def consumer(**answers: Any) -> KafkaConsumer:
    """One partition, whose broker answers so."""
    inner = Mock(assignment=Mock(return_value={PLACE}), **answers)
    return KafkaConsumer(inner, Mock())


async def test_offsets_that_the_broker_does_not_tell_in_time_are_an_unavailable_bus() -> None:
    late = AsyncMock(side_effect=KafkaTimeoutError("Failed to get offsets by times in 10000 ms"))
    silent = consumer(end_offsets=late, beginning_offsets=late)
    with pytest.raises(BusUnavailable, match="10000 ms"):
        await silent.ends()
    with pytest.raises(BusUnavailable, match="10000 ms"):
        await silent.starts()


async def test_offsets_are_told_by_place() -> None:
    told = consumer(
        end_offsets=AsyncMock(return_value={PLACE: 7}),
        beginning_offsets=AsyncMock(return_value={PLACE: 2}),
    )
    assert await told.starts() == {("hotline.tickets.v1", 3): 2}
    assert await told.ends() == {("hotline.tickets.v1", 3): 7}


@pytest.mark.parametrize("client", ["AIOKafkaConsumer", "AIOKafkaProducer"])
async def test_a_client_that_neither_starts_nor_stops_is_waited_for_only_so_long(
    client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = AsyncMock(side_effect=asyncio.Event().wait)
    stuck = Mock(start=AsyncMock(side_effect=KafkaTimeoutError("nobody answers")), stop=never)
    monkeypatch.setattr(bus_kafka, client, Mock(return_value=stuck))
    monkeypatch.setattr(consumer_kafka, "CLIENT_ENDS_S", 0.01)
    bus = KafkaBus("127.0.0.1:9", "test", lambda: datetime.now(UTC))
    is_reader = client == "AIOKafkaConsumer"
    using = bus.reader([PLACE], from_end=True) if is_reader else bus.partitions(PLACE.topic)
    with pytest.raises(BusUnavailable, match="nobody answers"):
        await using
    never.assert_awaited_once()
