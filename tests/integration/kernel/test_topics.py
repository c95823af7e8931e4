"""Topics are made once, and checked at every start: each difference is named."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from hotline.dev.stack import StackInfo
from services.kernel.bus import Outgoing
from services.kernel.bus_kafka import KafkaBus
from services.kernel.names import TICKETS, topic_of
from services.kernel.topics import DAY_MS, Topic, TopicsWrong, make_topics, ticket_topics

ONE = Topic("hotline.one.v1", 2, -1)
TWO = Topic("hotline.two.v1", 1, 7 * DAY_MS)


async def test_what_is_missing_is_made_and_what_is_there_is_left(
    stack: StackInfo, namespace: str
) -> None:
    assert await make_topics(stack.bootstrap, namespace, [ONE]) == [ONE.name]
    assert await make_topics(stack.bootstrap, namespace, [ONE, TWO]) == [TWO.name]
    assert await make_topics(stack.bootstrap, namespace, [ONE, TWO]) == []


async def test_two_that_start_at_once_both_go_on(stack: StackInfo, namespace: str) -> None:
    made = await asyncio.gather(
        *(make_topics(stack.bootstrap, namespace, [ONE, TWO]) for _ in range(3))
    )
    assert [ONE.name, TWO.name] in made


async def test_every_difference_is_named(stack: StackInfo, namespace: str) -> None:
    await make_topics(stack.bootstrap, namespace, [ONE, TWO])
    wanted = [
        replace(ONE, partitions=3, retention_ms=DAY_MS),
        replace(TWO, config={"cleanup.policy": "compact"}),
    ]
    with pytest.raises(TopicsWrong) as wrong:
        await make_topics(stack.bootstrap, namespace, wanted)
    assert sorted(str(wrong.value).split("; ")) == [
        f"{namespace}.hotline.one.v1 has 2 partitions, not 3",
        f"{namespace}.hotline.one.v1: retention.ms is -1, not {DAY_MS}",
        f"{namespace}.hotline.two.v1: cleanup.policy is delete, not compact",
    ]


async def test_a_log_that_has_lost_its_beginning_is_named(stack: StackInfo, namespace: str) -> None:
    await make_topics(stack.bootstrap, namespace, [ONE, TWO])
    for topic in (ONE, TWO):
        await cut(stack, topic_of(namespace, topic.name))
    with pytest.raises(TopicsWrong) as wrong:
        await make_topics(stack.bootstrap, namespace, [ONE, TWO])
    assert str(wrong.value) == f"{namespace}.hotline.one.v1 partition 0 begins at offset 2, not 0"


async def cut(stack: StackInfo, topic: str) -> None:
    """Three records, the first two of which are deleted."""
    bus = KafkaBus(stack.bootstrap, "test", lambda: datetime.now(UTC))
    await bus.publish([Outgoing(topic, 0, b"k", b"v", [])] * 3)
    await bus.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=2)})
    await admin.close()


def test_facts_are_kept_for_ever_and_stamped_by_the_broker() -> None:
    topics = {t.name: t for t in ticket_topics(24)}
    assert topics[TICKETS].partitions == 24
    assert topics[TICKETS].settings() == {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "message.timestamp.type": "LogAppendTime",
    }
