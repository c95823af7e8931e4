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
from services.kernel.consumer_kafka import KafkaConsumer, Listener, Member, Seen

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


async def test_a_member_left_out_joins_anew_as_soon_as_the_broker_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It lets go of what it has, says so once, and heeds the dropped client no more."""
    monkeypatch.setattr(consumer_kafka, "REJOIN_S", -1.0)
    stuck, seen, fresh = client(), Seen(), client()
    revoked, assigned = AsyncMock(), AsyncMock(return_value={})
    join = AsyncMock(side_effect=[BusUnavailable("away"), BusUnavailable("away"), (fresh, Seen())])
    member = Member(stuck, seen, join, revoked)
    for _ in range(2):
        with pytest.raises(BusUnavailable, match="away"):
            await member.fetch(10, 0.0)
    monkeypatch.setattr(consumer_kafka, "REJOIN_S", 20.0)
    monkeypatch.setattr(seen, "left_out_s", lambda: 21.0)
    await member.fetch(10, 0.0)
    fresh.getmany.assert_awaited_once()
    stuck.getmany.assert_not_awaited()
    revoked.assert_awaited_with([("hotline.tickets.v1", 3)])
    assert caplog.text.count("joining anew") == 1
    revoked.reset_mock()
    listener = Listener(stuck, seen, assigned, revoked)
    await listener.on_partitions_assigned([PLACE])
    await listener.on_partitions_revoked([PLACE])
    assigned.assert_not_awaited()
    revoked.assert_not_awaited()


def client() -> Mock:
    """One that has a partition and nothing to give."""
    parts = {part: Mock(close=AsyncMock()) for part in ("_fetcher", "_client")}
    given = Mock(return_value={PLACE})
    return Mock(stop=AsyncMock(), getmany=AsyncMock(return_value={}), assignment=given, **parts)
