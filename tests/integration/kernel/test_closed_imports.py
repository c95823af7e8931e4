"""An import is closed while a ticket of it waits, on the real broker and store and on the twins."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hotline.dev.stack import StackInfo
from hotline.intake.v1 import events_pb2 as intake
from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel.bus import Record
from services.kernel.cloudevents import to_record
from services.kernel.names import TICKETS, bucket_of, topic_of
from services.kernel.runtime import Runtime
from services.kernel.topics import make_topics, replies_topic
from tests.support.desks import desk
from tests.support.loops import BUCKETS, Loop
from tests.support.senders import KnownSenders
from tests.unit.kernel.importing import OLD, TICKET, stated
from tests.unit.kernel.test_closed_imports import said


async def send(loop: Loop, dispatch: Runtime, command_id: str) -> None:
    record = stated(command_id, sent=dispatch.clock.now())
    await loop.bus().publish([replace(record, topic=topic_of(loop.namespace, record.topic))])


async def answered(loop: Loop, count: int) -> list[tuple[str, int]]:
    places = [(topic_of(loop.namespace, OLD.replies), p) for p in range(6)]
    found = await loop.read(places, lambda records: len(records) >= count)
    return [(a.command_id, a.status) for a in map(answer, found)]


def answer(record: Record) -> CommandAnswered:
    return CommandAnswered.FromString(record.value or b"")


async def closed(loop: Loop, dispatch: Runtime) -> None:
    await loop.bus().publish([to_record(said(final=True), topic_of(loop.namespace, TICKETS))])
    async with asyncio.timeout(10):
        while not await dispatch.store.closed_imports(["i1"]):
            await asyncio.sleep(0.02)


async def test_what_waits_counts_if_it_came_before_the_close_and_is_refused_if_after(
    loop: Loop, request: pytest.FixtureRequest
) -> None:
    if loop.memory is not None:
        loop.memory.create(topic_of(loop.namespace, OLD.replies), 6)
    else:
        stack: StackInfo = request.getfixturevalue("stack")
        await make_topics(stack.bootstrap, loop.namespace, [replies_topic(OLD.name)])
    service = replace(desk(), frontier=intake.HistoryClosed)
    dispatch = await loop.run(service, senders=KnownSenders(OLD))
    dispatch.inbox.parked.add(TICKET)
    await send(loop, dispatch, "in time")
    async with asyncio.timeout(10):
        while not await dispatch.store.parked_records(TICKET, 10):
            await asyncio.sleep(0.02)
    await closed(loop, dispatch)
    await send(loop, dispatch, "in time")
    await send(loop, dispatch, "late")
    assert await answered(loop, 1) == [("late", 409)]
    assert await dispatch.worker.release(TICKET) == 2
    assert set(await answered(loop, 2)) == {("late", 409), ("in time", 201)}
    stream = (bucket_of(TICKET, BUCKETS), TICKET)
    facts = (await dispatch.store.load([stream]))[TICKET]
    assert [f.command_id for f in facts] == ["old-city/in time"]
