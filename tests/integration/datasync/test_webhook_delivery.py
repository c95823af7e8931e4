"""Webhooks over the store and its twin, against an endpoint that answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from hotline.datasync.proof import Received, verify_chain
from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.sender import Answer, SendFailed
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.webhook import Endpoint, WebhookDelivery
from services.datasync.domain.sharing import Way
from services.datasync.domain.webhook import EndpointState, Waiting
from services.kernel.clock import ManualClock
from services.kernel.names import bucket_of
from tests.integration.datasync.department import ENDPOINT, Department, unless
from tests.integration.datasync.stores import ALL_BUCKETS, Kept
from tests.unit.datasync.tickets import BUCKETS, SHARING, Topic, dispatched, received, replied


@asynccontextmanager
async def delivering(
    kept: Kept, department: Department, clock: ManualClock, endpoint: Endpoint = ENDPOINT
) -> AsyncIterator[WebhookDelivery]:
    meter = DeliveryMeter(CollectorRegistry())
    delivery = WebhookDelivery(
        "dot", endpoint, Serving(SHARING), kept.feeds, department, clock, meter
    )
    delivery.own(ALL_BUCKETS)
    task = asyncio.create_task(delivery.run())
    try:
        yield delivery
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not holds():
            await asyncio.sleep(0.002)


async def until_kept(kept: Kept, sequences: int, timeout_s: float = 5.0) -> None:
    """Until the cursors say that so many entries are settled."""
    async with asyncio.timeout(timeout_s):
        while sum((await cursors(kept)).values()) < sequences:
            await asyncio.sleep(0.005)


async def cursors(kept: Kept) -> dict[int, int]:
    return await kept.feeds.cursors(Way.WEBHOOK, "dot", ALL_BUCKETS)


def loops(*tickets: str) -> Topic:
    topic = Topic()
    for ticket in tickets:
        for message in (received(), dispatched("DOT"), replied()):
            topic.say(ticket, message)
    return topic


def delivered(department: Department, ticket: str) -> list[str]:
    names = [e["type"] for e in department.entries if e["ticket_id"] == ticket]
    return [name.rpartition(".")[2] for name in names]


WHOLE = ["TicketReceived", "TicketDispatched", "TicketReplied"]


async def test_a_department_gets_its_feed_whole_and_can_prove_it(
    kept: Kept, clock: ManualClock
) -> None:
    department = Department()
    await kept.read(loops("A", "B", "C").facts)
    async with delivering(kept, department, clock):
        await until_kept(kept, 9)
    assert verify_chain(map(Received.from_json, department.entries)).entries == 9
    assert delivered(department, "A") == WHOLE


async def test_what_is_new_is_pushed_as_it_is_committed(kept: Kept, clock: ManualClock) -> None:
    department = Department()
    async with delivering(kept, department, clock) as delivery:
        await until_kept(kept, 0)
        topic = loops("A")
        for fact in topic.facts:
            await kept.read([fact], Only(delivery))
        await until(lambda: len(department.entries) == 3)


class Only:
    """A listener that hands everything of one subscription on."""

    def __init__(self, delivery: WebhookDelivery) -> None:
        self._delivery = delivery

    def added(self, entries: Sequence[Any]) -> None:
        self._delivery.tail.add(e for e in entries if e.subscription == "dot")

    async def owned(self, buckets: frozenset[int]) -> None:
        self._delivery.own(buckets)


async def test_a_failing_ticket_is_parked_and_not_the_queue(kept: Kept, clock: ManualClock) -> None:
    department = Department(unless("A", Answer(500)))
    await kept.read(loops("A", "B", "C").facts)
    async with delivering(kept, department, clock):
        await until_kept(kept, 9)
        assert delivered(department, "B") == delivered(department, "C") == WHOLE
        for attempts, seconds in ((1, 10), (2, 20)):
            row = await failed(kept, attempts)
            assert row.next_at == clock.now() + timedelta(seconds=seconds)
            await until_called_again(department, clock)
        await until_parked(kept)
    (row,) = await kept.feeds.waiting("dot", ALL_BUCKETS)
    assert (row.ticket, row.attempts, row.next_at) == ("A", 3, None)
    assert row.reason == "answered 500"
    assert delivered(department, "A") == []


async def failed(kept: Kept, attempts: int) -> Waiting:
    """What waits once that attempt's outcome is kept, which comes a while after the answer."""
    async with asyncio.timeout(5.0):
        while True:
            for row in await kept.feeds.waiting("dot", ALL_BUCKETS):
                if row.attempts == attempts:
                    return row
            await asyncio.sleep(0.005)


async def until_called_again(department: Department, clock: ManualClock) -> None:
    calls = len(department.calls)
    await until_moving(clock, lambda: len(department.calls) > calls)


async def until_parked(kept: Kept) -> None:
    async with asyncio.timeout(5.0):
        while not any(w.next_at is None for w in await kept.feeds.waiting("dot", ALL_BUCKETS)):
            await asyncio.sleep(0.005)


async def until_none_waits(kept: Kept) -> None:
    async with asyncio.timeout(5.0):
        while await kept.feeds.waiting("dot", ALL_BUCKETS):
            await asyncio.sleep(0.005)


async def test_a_released_ticket_gets_all_that_it_missed(kept: Kept, clock: ManualClock) -> None:
    department = Department(unless("A", Answer(400)))
    topic = loops("A")
    await kept.read(topic.facts)
    once = replace(ENDPOINT, schedule_s=())
    async with delivering(kept, department, clock, once):
        await until_parked(kept)
        await kept.read([topic.say("A", replied())])
        department.reply = lambda entries: Answer(200)
        assert await kept.feeds.release("dot", clock.now()) == 1
        await until_moving(clock, lambda: len(department.entries) == 4)
        await until_none_waits(kept)
        await until_kept(kept, 4)
    assert delivered(department, "A") == [*WHOLE, "TicketReplied"]


async def until_moving(clock: ManualClock, holds: Callable[[], bool]) -> None:
    """Until it holds, while time goes by."""
    async with asyncio.timeout(5.0):
        while not holds():
            clock.advance(seconds=1)
            await asyncio.sleep(0.01)


async def test_a_retry_survives_a_restart(kept: Kept, clock: ManualClock) -> None:
    department = Department(unless("A", Answer(503)))
    await kept.read(loops("A", "B").facts)
    async with delivering(kept, department, clock):
        await until_kept(kept, 6)
    department.reply = lambda entries: Answer(200)
    async with delivering(kept, department, clock):
        await asyncio.sleep(0.05)
        assert delivered(department, "A") == []
        clock.advance(seconds=10)
        await until(lambda: delivered(department, "A") == WHOLE)
    assert delivered(department, "B") == WHOLE


async def test_gone_stops_the_endpoint_until_it_is_released(kept: Kept, clock: ManualClock) -> None:
    department = Department(lambda entries: Answer(410))
    await kept.read(loops("A", "B").facts)
    async with delivering(kept, department, clock):
        await until(lambda: len(department.calls) == 1)
        clock.advance(days=2)
        await asyncio.sleep(0.05)
        assert len(department.calls) == 1
    state = await kept.feeds.endpoint("dot")
    assert state.stopped_at is not None
    assert await kept.feeds.waiting("dot", ALL_BUCKETS) == []
    async with delivering(kept, department, clock):
        await asyncio.sleep(0.05)
        assert len(department.calls) == 1
        department.reply = lambda entries: Answer(200)
        await kept.feeds.release("dot", clock.now())
        await until_moving(clock, lambda: len(department.entries) == 6)


async def test_retry_after_is_honoured_by_the_whole_endpoint(
    kept: Kept, clock: ManualClock
) -> None:
    department = Department(lambda entries: Answer(429, "120"))
    await kept.read(loops("A", "B").facts)
    async with delivering(kept, department, clock):
        async with asyncio.timeout(5.0):
            while (held_until := (await kept.feeds.endpoint("dot")).not_before) is None:
                await asyncio.sleep(0.005)
        assert held_until == clock.now() + timedelta(seconds=120)
        department.reply = lambda entries: Answer(200)
        clock.advance(seconds=119)
        await asyncio.sleep(0.05)
        assert department.entries == []
        await until_moving(clock, lambda: len(department.entries) == 6)
    state = await kept.feeds.endpoint("dot")
    assert state == EndpointState(state.not_before, None, "answered 429")


async def test_a_dead_endpoint_is_left_alone_and_loses_nothing(
    kept: Kept, clock: ManualClock
) -> None:
    department = Department()

    def dead(entries: Sequence[dict[str, Any]]) -> Answer:
        raise SendFailed("ConnectError")

    department.reply = dead
    tickets = [f"T{n}" for n in range(40)]
    await kept.read(loops(*tickets).facts)
    async with delivering(kept, department, clock, replace(ENDPOINT, batch=1, in_flight=1)):
        await until(lambda: len(department.calls) == 5)
        await asyncio.sleep(0.05)
        assert len(department.calls) == 5
        department.reply = lambda entries: Answer(200)
        await until_moving(clock, lambda: len(department.entries) == 120)
    assert verify_chain(map(Received.from_json, department.entries)).ok
    assert all(delivered(department, ticket) == WHOLE for ticket in tickets)


async def test_one_message_per_ticket_is_in_flight(kept: Kept, clock: ManualClock) -> None:
    department = Department()
    department.gate.clear()
    topic = loops("A", "B")
    await kept.read(topic.facts)
    async with delivering(kept, department, clock, replace(ENDPOINT, batch=1)):
        await until(lambda: len(department.open) == 2)
        department.gate.set()
        await until(lambda: len(department.entries) == 6)
    assert delivered(department, "A") == delivered(department, "B") == WHOLE


async def test_the_same_entries_have_the_same_message_id(kept: Kept, clock: ManualClock) -> None:
    department = Department(lambda entries: Answer(500))
    await kept.read(loops("A").facts)
    async with delivering(kept, department, clock):
        await failed(kept, 1)
        await until_moving(clock, lambda: len(department.calls) == 2)
    assert len(set(department.ids)) == 1
    bucket = bucket_of("A", BUCKETS)
    sent = {(e["bucket"], e["sequence"]) for e in department.calls[0]}
    assert sent == {(bucket, 1), (bucket, 2), (bucket, 3)}


async def test_a_rate_limit_is_kept(kept: Kept, clock: ManualClock) -> None:
    department = Department()
    await kept.read(loops("A", "B", "C").facts)
    slow = replace(ENDPOINT, batch=1, rate=1.0, burst=2.0)
    async with delivering(kept, department, clock, slow):
        await until(lambda: len(department.calls) == 2)
        await asyncio.sleep(0.05)
        assert len(department.calls) == 2
        clock.advance(seconds=1)
        await until(lambda: len(department.calls) == 3)


async def test_another_owner_goes_on_behind_the_cursor(kept: Kept, clock: ManualClock) -> None:
    department = Department()
    topic = loops("A", "B")
    await kept.read(topic.facts)
    async with delivering(kept, department, clock):
        await until_kept(kept, 6)
    topic.say("A", replied())
    await kept.read(topic.facts[6:])
    async with delivering(kept, department, clock):
        await until_kept(kept, 7)
    assert len(department.entries) == 7
