"""Faults of the Kafka client come as the port's own error, for the worker to try again."""

from __future__ import annotations

from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from aiokafka.errors import KafkaTimeoutError
from aiokafka.structs import TopicPartition

from services.kernel.bus import BusUnavailable
from services.kernel.bus_kafka import KafkaConsumer

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
