"""datasync under the kernel: from the tickets topic to departments' topics, real and twin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from hotline.datasync.proof import Received, verify_chain
from hotline.datasync.v1.feed_pb2 import FeedEntry
from services.datasync.adapters.deliveries import Deliveries, departments
from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store import FeedStore
from services.datasync.adapters.store_memory import MemoryFeedStore
from services.datasync.adapters.store_pg import PostgresFeedStore
from services.datasync.adapters.view import SharingView
from services.datasync.domain.ticket_file import ticket_file
from services.datasync.service import service
from services.kernel.cloudevents import to_record
from services.kernel.migrate import migrate
from services.kernel.names import (
    TICKETS,
    bucket_of,
    department_of,
    schema_of,
    topic_of,
    vault_of,
)
from services.kernel.pool_pg import connect
from services.kernel.runtime import Runtime
from services.kernel.topics import department_topic, make_topics
from tests.integration.datasync.stores import FEEDS, KERNEL
from tests.support.loops import BUCKETS, Loop, memory_loop, real_loop
from tests.unit.datasync.tickets import (
    SHARING,
    Topic,
    accepted,
    dispatched,
    received,
    replied,
)


@pytest.fixture(params=["twin", "real"])
async def loop(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Loop]:
    topics = [department_topic(name) for name in departments(SHARING)]
    if request.param == "twin":
        async with memory_loop(namespace) as twin:
            assert twin.memory is not None
            for topic in topics:
                twin.memory.create(topic_of(namespace, topic.name), topic.partitions)
            yield twin
    else:
        stack = request.getfixturevalue("stack")
        await make_topics(stack.bootstrap, namespace, topics)
        async with real_loop(stack, namespace) as real:
            yield real


class Datasync:
    """One process' worth of the service."""

    def __init__(self, runtime: Runtime, feeds: FeedStore, deliveries: Deliveries) -> None:
        self.runtime, self.feeds = runtime, feeds
        self.task = asyncio.create_task(deliveries.run())

    async def stop(self) -> None:
        await self.runtime.stop()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def run(loop: Loop, feeds: FeedStore, started: list[Runtime], instance: str) -> Datasync:
    bus = loop.bus()
    deliveries = Deliveries(
        SHARING,
        {},
        Serving(SHARING),
        feeds,
        bus,
        None,  # type: ignore[arg-type]
        Clock(),
        DeliveryMeter(CollectorRegistry()),
        loop.namespace,
    )
    view = SharingView(SHARING, feeds, [deliveries])
    runtime = await loop.run(service(view), instance=instance)
    started.append(runtime)
    return Datasync(runtime, feeds, deliveries)


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def feed_store(loop: Loop, started: list[Runtime]) -> FeedStore:
    if loop.info is None:
        return MemoryFeedStore(lambda: started[-1].store.views if started else {})  # type: ignore[attr-defined]
    await migrate(loop.info.dsn, "datasync", loop.namespace, [*KERNEL, *FEEDS], BUCKETS)
    schema = schema_of(loop.namespace, "datasync")
    pool = await connect(loop.info.dsn, schema, size=4)
    loop.resources.push_async_callback(pool.close)
    return PostgresFeedStore(pool, schema, vault_of(loop.namespace, "datasync"))


def tickets(count: int) -> Topic:
    topic = Topic()
    for n in range(count):
        lead = ("DOT", "DPR")[n % 2]
        for message in (received(), accepted(), dispatched(lead), replied(lead)):
            topic.say(f"T{n}", message)
    return topic


async def publish(loop: Loop, topic: Topic, start: int, end: int) -> None:
    name = topic_of(loop.namespace, TICKETS)
    await loop.bus().publish([to_record(fact, name) for fact in topic.facts[start:end]])


async def delivered(loop: Loop, department: str, count: int) -> list[FeedEntry]:
    name = topic_of(loop.namespace, department_of(department))
    places = [(name, p) for p in range(6)]
    records = await loop.read(places, lambda found: len(found) >= count)
    return [FeedEntry.FromString(r.value or b"") for r in records]


async def test_departments_get_what_the_topic_says_and_can_prove_it(loop: Loop) -> None:
    started: list[Runtime] = []
    feeds = await feed_store(loop, started)
    datasync = await run(loop, feeds, started, "0")
    topic = tickets(12)
    await publish(loop, topic, 0, 48)
    for department, count in (("DOT", 24), ("DPR", 24), ("OEM", 48)):
        entries = await delivered(loop, department, count)
        heads = {
            (department.lower(), b): (h.sequence, h.chain)
            for b, h in (await feeds.heads(department.lower())).items()
        }
        proof = verify_chain(map(Received.from_message, entries), heads)
        assert (str(proof), proof.entries) == ("ok", count)
    facts = await feeds.ticket(bucket_of("T3", BUCKETS), "T3")
    assert ticket_file(facts) == ticket_file(topic.of("T3"))
    await datasync.stop()


@pytest.mark.parametrize("loop", ["real"], indirect=True)
async def test_after_a_restart_nothing_is_missing(loop: Loop) -> None:
    started: list[Runtime] = []
    feeds = await feed_store(loop, started)
    topic = tickets(12)
    first = await run(loop, feeds, started, "0")
    await publish(loop, topic, 0, 30)
    await delivered(loop, "DOT", 10)
    await first.stop()
    await publish(loop, topic, 30, 48)
    second = await run(loop, feeds, started, "1")
    await delivered(loop, "DOT", 24)
    await delivered(loop, "OEM", 48)
    entries = await delivered(loop, "OEM", 48)
    assert verify_chain(map(Received.from_message, entries)).entries == 48
    await second.stop()
