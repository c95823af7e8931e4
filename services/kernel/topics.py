"""The one list of topics, and the check that they are as installed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from services.kernel import names

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must be; `retention_ms` -1 keeps for ever."""

    name: str
    partitions: int
    retention_ms: int
    config: dict[str, str] = field(default_factory=dict)

    def settings(self) -> dict[str, str]:
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_ms),
            "retention.bytes": "-1",
            "message.timestamp.type": "LogAppendTime",
            **self.config,
        }


class TopicsWrong(Exception):
    """A topic is not as installed; the text names each difference."""


def ticket_topics(buckets: int) -> list[Topic]:
    """All topics but the departments' and the senders' own."""
    return [
        Topic(names.SUBMISSIONS, 6, 7 * DAY_MS),
        Topic(names.COMMANDS, buckets, 7 * DAY_MS),
        Topic(names.TICKETS, buckets, -1),
        Topic(names.REGISTRY, 1, -1),
        Topic(names.MEASURES, 8, 30 * DAY_MS),
        Topic(names.WATERMARKS, 1, DAY_MS // 24),
        Topic(names.PARKED, 1, 30 * DAY_MS),
    ]


def replies_topic(sender: str) -> Topic:
    return Topic(names.replies_of(sender), 6, 7 * DAY_MS)


def department_topic(department: str) -> Topic:
    return Topic(names.department_of(department), 6, 30 * DAY_MS)


async def make_topics(
    bootstrap: str, namespace: str, topics: Sequence[Topic], **security: Any
) -> list[str]:
    """Make what is missing, then check all. The names made now. Raises TopicsWrong, KafkaError.

    They have three copies, or as many as there are brokers. `security`: see transport.py.
    """
    admin = admin_client(bootstrap, security)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [t for t in topics if names.topic_of(namespace, t.name) not in there]
        if missing:
            copies = min(3, len((await admin.describe_cluster())["brokers"]))
            await _create(admin, namespace, missing, copies)
        await _settled(admin, namespace, topics, timeout_s=10.0 if missing else 0.0)
    finally:
        await admin.close()
    if cut := await _cut(bootstrap, namespace, topics, security):
        raise TopicsWrong("; ".join(cut))
    return [t.name for t in missing]


def admin_client(bootstrap: str, security: Mapping[str, Any]) -> AIOKafkaAdminClient:
    """Not started yet."""
    return AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=20_000, **security)


async def check_topics(
    bootstrap: str, namespace: str, topics: Sequence[Topic], **security: Any
) -> None:
    """Check them and make none. Raises TopicsWrong, KafkaError."""
    admin = admin_client(bootstrap, security)
    await admin.start()
    try:
        await _check(admin, namespace, topics)
    finally:
        await admin.close()


async def _create(
    admin: AIOKafkaAdminClient, namespace: str, topics: Sequence[Topic], replication: int
) -> None:
    answer = await admin.create_topics(
        [
            NewTopic(
                names.topic_of(namespace, t.name),
                t.partitions,
                replication,
                topic_configs=t.settings(),
            )
            for t in topics
        ],
        timeout_ms=20_000,
    )
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise KafkaError(f"topic {name}: {error.__name__}")


async def _settled(
    admin: AIOKafkaAdminClient, namespace: str, topics: Sequence[Topic], timeout_s: float
) -> None:
    """The check, again while the brokers still tell each other of new topics."""
    give_up = time.monotonic() + timeout_s
    while True:
        try:
            return await _check(admin, namespace, topics)
        except TopicsWrong:
            if time.monotonic() >= give_up:
                raise
            await asyncio.sleep(0.1)


async def _check(admin: AIOKafkaAdminClient, namespace: str, topics: Sequence[Topic]) -> None:
    wanted = {names.topic_of(namespace, t.name): t for t in topics}
    wrong = []
    for found in await admin.describe_topics(list(wanted)):
        topic = wanted[found["topic"]]
        if len(found["partitions"]) != topic.partitions:
            wrong.append(
                f"{found['topic']} has {len(found['partitions'])} partitions, "
                f"not {topic.partitions}"
            )
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted]
    for answer in await admin.describe_configs(resources):
        for _, _, _, name, entries in answer.resources:
            values = {entry[0]: entry[1] for entry in entries}
            wrong.extend(
                f"{name}: {key} is {values.get(key)}, not {value}"
                for key, value in wanted[name].settings().items()
                if values.get(key) != value
            )
    if wrong:
        raise TopicsWrong("; ".join(wrong))


async def _cut(
    bootstrap: str, namespace: str, topics: Sequence[Topic], security: Mapping[str, Any]
) -> list[str]:
    """Logs that are kept for ever and have lost their beginning."""
    places = [
        TopicPartition(names.topic_of(namespace, t.name), p)
        for t in topics
        if t.retention_ms == -1
        for p in range(t.partitions)
    ]
    if not places:
        return []
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=None, request_timeout_ms=20_000, **security
    )
    await consumer.start()
    try:
        starts = await consumer.beginning_offsets(places)
    finally:
        await consumer.stop()
    return [
        f"{place.topic} partition {place.partition} begins at offset {start}, not 0"
        for place, start in sorted(starts.items())
        if start
    ]
