"""Delivery by the department's topic: at least once, in order, from memory and from the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from hotline.datasync.proof import Received, verify_chain
from hotline.datasync.v1.feed_pb2 import FeedEntry
from services.datasync.adapters.deliveries import Deliveries, departments
from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.sender import Answer
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store import FeedStore
from services.datasync.adapters.tail import MEMORY, Tail
from services.datasync.domain.feed import Entry
from services.datasync.domain.sharing import Way
from services.kernel.bus import BusUnavailable, Outgoing
from services.kernel.bus_memory import MemoryBus
from services.kernel.clock import ManualClock
from services.kernel.names import department_of
from services.kernel.store import StoreUnavailable
from tests.integration.datasync.stores import ALL_BUCKETS, Kept, Told
from tests.unit.datasync.tickets import BUCKETS, SHARING, Topic, dispatched, received, replied

FROM_START = dict.fromkeys(range(BUCKETS), 0)


class Nowhere:
    """No webhook is sent in these tests."""

    async def post(self, *_: Any) -> Answer:
        raise AssertionError


class FlakyBus(MemoryBus):
    """Loses the answer of every `nth` publication: the records stand, the sender cannot know."""

    nth = 0
    calls = 0

    async def publish(self, records: Sequence[Outgoing]) -> None:
        self.calls += 1
        await super().publish(records)
        if self.nth and self.calls % self.nth == 0:
            raise BusUnavailable("the answer was lost")


@pytest.fixture
def bus(clock: ManualClock) -> FlakyBus:
    made = FlakyBus(clock.now)
    for department in departments(SHARING):
        made.create(department_of(department), 6)
    return made


def deliveries(feeds: FeedStore, bus: MemoryBus, clock: ManualClock) -> Deliveries:
    meter = DeliveryMeter(CollectorRegistry())
    return Deliveries(SHARING, {}, Serving(SHARING), feeds, bus, Nowhere(), clock, meter)


@asynccontextmanager
async def delivering(kept: Kept, bus: MemoryBus, clock: ManualClock) -> AsyncIterator[Deliveries]:
    made = deliveries(kept.feeds, bus, clock)
    await made.owned(ALL_BUCKETS)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def loops(count: int) -> Topic:
    topic = Topic()
    for n in range(count):
        for message in (received(), dispatched("DOT"), replied()):
            topic.say(f"T{n}", message)
    return topic


def on_topic(bus: MemoryBus, department: str) -> list[FeedEntry]:
    name = department_of(department)
    return [FeedEntry.FromString(r.value or b"") for p in range(6) for r in bus.logs[name, p]]


async def until(holds: Callable[[], bool], clock: ManualClock | None = None) -> None:
    async with asyncio.timeout(5.0):
        while not holds():
            if clock is not None:
                clock.advance(seconds=0.5)
            await asyncio.sleep(0.002)


async def test_a_department_gets_its_feed_on_its_topic(
    kept: Kept, bus: FlakyBus, clock: ManualClock
) -> None:
    await kept.read(loops(5).facts)
    async with delivering(kept, bus, clock):
        await until(lambda: len(on_topic(bus, "DOT")) == len(on_topic(bus, "OEM")) == 15)
    for department in ("DOT", "OEM"):
        assert verify_chain(map(Received.from_message, on_topic(bus, department))).entries == 15
    assert on_topic(bus, "DPR") == []


async def test_a_tickets_entries_lie_in_one_partition_in_order(
    kept: Kept, bus: FlakyBus, clock: ManualClock
) -> None:
    await kept.read(loops(8).facts)
    async with delivering(kept, bus, clock):
        await until(lambda: len(on_topic(bus, "DOT")) == 24)
    for partition in range(6):
        records = bus.logs[department_of("DOT"), partition]
        entries = [FeedEntry.FromString(r.value or b"") for r in records]
        assert all(e.bucket % 6 == partition for e in entries)
        for bucket in {e.bucket for e in entries}:
            sequences = [e.sequence for e in entries if e.bucket == bucket]
            assert sequences == list(range(1, len(sequences) + 1))
        assert all(
            (r.key or b"").decode() == e.ticket_id for r, e in zip(records, entries, strict=True)
        )


async def test_the_headers_say_what_the_event_is(
    kept: Kept, bus: FlakyBus, clock: ManualClock
) -> None:
    await kept.read(loops(1).facts)
    async with delivering(kept, bus, clock):
        await until(lambda: len(on_topic(bus, "DOT")) == 3)
    records = [r for p in range(6) for r in bus.logs[department_of("DOT"), p]]
    headers = dict(records[1].headers)
    assert headers["ce_type"] == b"hotline.datasync.v1.FeedEntry"
    assert headers["ce_eventtype"] == b"hotline.dispatch.v1.TicketDispatched"
    assert headers["ce_source"] == b"datasync/dot"
    assert headers["ce_subject"] == b"T0"
    assert headers["ce_stage"] == b"dispatch"


async def until_on_topic(bus: MemoryBus, count: int) -> None:
    await until(lambda: len(on_topic(bus, "DOT")) >= count)


async def test_new_facts_are_pushed_at_once(kept: Kept, bus: FlakyBus, clock: ManualClock) -> None:
    async with delivering(kept, bus, clock) as listener:
        for count, fact in enumerate(loops(3).facts, start=1):
            await kept.read([fact], listener)
            due = count // 3 * 3 + (count % 3 == 2) * 2
            await until_on_topic(bus, due)


async def test_a_lost_answer_repeats_and_loses_nothing(
    kept: Kept, bus: FlakyBus, clock: ManualClock
) -> None:
    bus.nth = 2
    topic = loops(6)
    async with delivering(kept, bus, clock) as listener:
        for fact in topic.facts:
            await kept.read([fact], listener)
            await asyncio.sleep(0)
        wanted = {(e.bucket, e.sequence) for e in await kept.feeds.entries("dot", FROM_START, 99)}
        assert len(wanted) == 18
        await until(lambda: {(e.bucket, e.sequence) for e in on_topic(bus, "DOT")} == wanted, clock)
    assert verify_chain(map(Received.from_message, on_topic(bus, "DOT"))).entries == 18


async def test_another_owner_goes_on_behind_the_cursor(
    kept: Kept, bus: FlakyBus, clock: ManualClock
) -> None:
    topic = loops(2)
    await kept.read(topic.facts)
    async with delivering(kept, bus, clock):
        await until(lambda: len(on_topic(bus, "DOT")) == 6)
        await until_saved(kept, 6, clock)
    await kept.read([topic.say("T0", replied())])
    async with delivering(kept, bus, clock):
        await until(lambda: len(on_topic(bus, "DOT")) == 7)
        await until_saved(kept, 7, clock)
    assert len(on_topic(bus, "DOT")) == 7


async def until_saved(kept: Kept, sequences: int, clock: ManualClock) -> None:
    async with asyncio.timeout(5.0):
        while sum((await kept.feeds.cursors(Way.TOPIC, "dot", ALL_BUCKETS)).values()) < sequences:
            clock.advance(seconds=0.5)
            await asyncio.sleep(0.005)


async def test_only_owned_buckets_are_delivered(
    kept: Kept, bus: FlakyBus, clock: ManualClock
) -> None:
    await kept.read(loops(12).facts)
    made = deliveries(kept.feeds, bus, clock)
    await made.owned(frozenset({1}))
    task = asyncio.create_task(made.run())
    ends = await kept.feeds.heads("dot")
    await until(lambda: len(on_topic(bus, "DOT")) == ends[1].sequence)
    await made.owned(ALL_BUCKETS)
    await until(lambda: len(on_topic(bus, "DOT")) == 36)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert {e.bucket for e in on_topic(bus, "DOT")} == set(ends)


# The tail


async def entries_of(kept: Kept, topic: Topic) -> list[Entry]:
    told = Told()
    await kept.read(topic.facts, told)
    return [e for e in told.entries if e.subscription == "oem"]


async def drained(tail: Tail, limit: int = 100) -> list[Entry]:
    taken = []
    while page := await tail.take(limit):
        taken += page
    return taken


def dense(entries: Sequence[Entry]) -> bool:
    reached = dict(FROM_START)
    for entry in entries:
        if entry.sequence != reached[entry.bucket] + 1:
            return False
        reached[entry.bucket] = entry.sequence
    return True


async def test_memory_with_a_hole_is_filled_from_the_store(kept: Kept) -> None:
    entries = await entries_of(kept, loops(4))
    tail = Tail(kept.feeds, "oem")
    tail.own(FROM_START)
    assert len(await drained(tail)) == 12
    tail.back(FROM_START)
    assert await drained(tail)
    fresh = Tail(kept.feeds, "oem")
    fresh.own(FROM_START)
    fresh._behind.clear()  # as if nothing had been there before
    fresh.add(e for e in entries if e.sequence != 2)
    taken = await drained(fresh)
    assert len(taken) == 12
    assert dense(taken)


async def test_what_follows_is_taken_from_memory_alone(kept: Kept) -> None:
    tail = Tail(kept.feeds, "oem")
    tail.own(FROM_START)
    assert await drained(tail) == []

    async def fail(*_: Any) -> list[Entry]:
        raise StoreUnavailable

    kept.feeds.entries = fail  # type: ignore[method-assign, assignment]
    tail.add(await entries_of(kept, loops(4)))
    taken = await drained(tail, limit=5)
    assert len(taken) == 12
    assert dense(taken)


async def test_memory_is_bounded_and_what_it_forgets_is_read_again(kept: Kept) -> None:
    entries = await entries_of(kept, loops(4))
    tail = Tail(kept.feeds, "oem")
    tail.own(FROM_START)
    assert await tail.take(1)
    for _ in range(MEMORY):
        tail.add(entries)
    assert sum(map(len, tail._fresh.values())) <= MEMORY * BUCKETS
    assert len(await drained(tail)) == 11


async def test_entries_of_other_owners_are_not_taken(kept: Kept) -> None:
    entries = await entries_of(kept, loops(12))
    tail = Tail(kept.feeds, "oem")
    tail.own({2: 0})
    tail.add(entries)
    assert {e.bucket for e in await drained(tail)} == {2}
