"""Commands through the whole loop, on the real broker and store and on the twins."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest

from hotline.dev.stack import StackInfo
from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel.bus import Outgoing
from services.kernel.commands import hash_of_command
from services.kernel.facts import Append
from services.kernel.names import bucket_of, topic_of
from services.kernel.performer import Busy
from services.kernel.runtime import Runtime
from services.kernel.service import CommandRule, Service
from services.kernel.topics import make_topics, replies_topic
from tests.support.desks import NoteProgress, ProgressNoted, desk, strict_desk
from tests.support.loops import BUCKETS, Loop
from tests.support.senders import KnownSenders, Signer, changed

DPR = Signer("dpr", "unit")
TICKETS = ("T-1", "T-2", "T-3")


def ruled() -> Service:
    return replace(desk(), commands=(CommandRule("note", NoteProgress, frozenset({"unit"})),))


@pytest.fixture
async def replied(request: pytest.FixtureRequest, loop: Loop) -> None:
    """A topic for the answers of its sender."""
    if loop.memory is not None:
        loop.memory.create(topic_of(loop.namespace, DPR.replies), 6)
    else:
        stack: StackInfo = request.getfixturevalue("stack")
        await make_topics(stack.bootstrap, loop.namespace, [replies_topic("dpr")])


@pytest.fixture
async def dispatch(loop: Loop, replied: None) -> Runtime:
    """The desk."""
    return await loop.run(ruled(), senders=KnownSenders(DPR))


async def send(loop: Loop, *records: Outgoing) -> None:
    await loop.bus().publish([replace(r, topic=topic_of(loop.namespace, r.topic)) for r in records])


async def answers(loop: Loop, count: int) -> list[CommandAnswered]:
    places = [(topic_of(loop.namespace, DPR.replies), p) for p in range(6)]
    found = await loop.read(places, lambda records: len(records) >= count)
    return [CommandAnswered.FromString(r.value or b"") for r in found]


async def by_http(dispatch: Runtime, ticket: str, words: str, key: str) -> Any:
    command = NoteProgress(dispatch.clock.now(), "dpr", words)
    hashed = hash_of_command(dispatch.service, ticket, command)
    assert hashed is not None
    assert dispatch.performer is not None
    while True:
        try:
            return await dispatch.performer.perform(
                ticket, command, sender="dpr", key=key, body_hash=hashed, meta={"by": "dpr"}
            )
        except Busy:  # as a client does: the same command under the same key
            continue


async def test_a_command_is_one_fact_whichever_way_and_how_often_it_comes(
    loop: Loop, dispatch: Runtime
) -> None:
    now = dispatch.clock.now()
    first = await by_http(dispatch, "T-1", "called", "c-T-1")
    commands = [DPR.note(t, "called", f"c-{t}", now) for t in TICKETS]
    await send(loop, *commands)
    await answers(loop, 3)
    await send(loop, *commands, changed(commands[0], signature="AAAA"))
    found = await answers(loop, 7)
    for ticket in TICKETS:
        again = [a for a in found if a.ticket_id == ticket and a.status != 401]
        assert len(again) == 2
        assert again[0].SerializeToString() == again[1].SerializeToString()
        assert (again[0].status, again[0].version) == (201, 1)
        stream = (bucket_of(ticket, BUCKETS), ticket)
        assert len((await dispatch.store.load([stream]))[ticket]) == 1
    over_kafka = next(a for a in found if a.ticket_id == "T-1" and a.status != 401)
    assert (over_kafka.body, over_kafka.position) == (first.body, first.position)
    assert [a.status for a in found].count(401) == 1


async def test_one_id_at_once_by_both_ways_is_one_fact(loop: Loop, dispatch: Runtime) -> None:
    now = dispatch.clock.now()
    commands = [DPR.note("T-1", f"n{n}", f"c{n}", now) for n in range(10)]
    _, *over_http = await asyncio.gather(
        send(loop, *commands), *(by_http(dispatch, "T-1", f"n{n}", f"c{n}") for n in range(10))
    )
    over_kafka = {a.command_id: a for a in await answers(loop, 10)}
    facts = (await dispatch.store.load([(bucket_of("T-1", BUCKETS), "T-1")]))["T-1"]
    assert len(facts) == 10
    for n, answer in enumerate(over_http):
        other = over_kafka[f"c{n}"]
        assert (answer.status, answer.body, answer.position) == (
            other.status,
            other.body,
            other.position,
        )


async def test_a_command_that_waited_in_a_parked_ticket_is_released(
    loop: Loop, dispatch: Runtime
) -> None:
    bucket = bucket_of("T-1", BUCKETS)
    dispatch.inbox.parked.add("T-1")
    await send(loop, DPR.note("T-1", "called", "c1", dispatch.clock.now()))
    async with asyncio.timeout(10):
        while not await dispatch.store.parked_records("T-1", 10):
            await asyncio.sleep(0.02)
    (waiting,) = await dispatch.store.parked_records("T-1", 10)
    assert (waiting.key, waiting.ticket) == (b"T-1", "T-1")
    assert await dispatch.store.parked_tickets([bucket]) == {"T-1"}
    assert await dispatch.worker.release("T-1") == 1
    (answer,) = await answers(loop, 1)
    assert (answer.status, orjson.loads(answer.body)["facts"]) == (201, ["ProgressNoted"])
    (fact,) = (await dispatch.store.load([(bucket, "T-1")]))["T-1"]
    assert fact.time.timestamp() * 1000 == pytest.approx(waiting.timestamp)


async def test_a_command_before_its_ticket_waits_for_it(loop: Loop, replied: None) -> None:
    strict = replace(strict_desk(), commands=ruled().commands)
    waiting = await loop.run(strict, senders=KnownSenders(DPR))
    bucket = bucket_of("T-1", BUCKETS)
    await send(loop, DPR.note("T-1", "called", "c1", waiting.clock.now()))
    async with asyncio.timeout(10):
        while not await waiting.store.parked_records("T-1", 10):
            await asyncio.sleep(0.02)
    event = ProgressNoted(waiting.clock.now(), "dpr", "came")
    fact = waiting.service.codec.encode(event, b"{}")
    await waiting.store.append([Append(bucket, "T-1", 0, [fact])])
    (answer,) = await answers(loop, 1)
    assert (answer.command_id, answer.status, answer.version) == ("c1", 200, 2)
    first, second = (await waiting.store.load([(bucket, "T-1")]))["T-1"]
    assert second.time == first.time
