"""A feed as Server-Sent Events, on both stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from hotline.datasync.proof import Received, verify_chain
from services.datasync.adapters.stream import STREAMS, stream
from services.kernel.clock import ManualClock
from tests.integration.datasync.stores import Kept
from tests.integration.datasync.web import (
    STAFF,
    Web,
    beginning,
    department,
    loops,
    problem,
)


@asynccontextmanager
async def following(
    web: Web, clock: ManualClock, reached: dict[int, int], expires_at: datetime | None = None
) -> AsyncIterator[Callable[[], Any]]:
    events = stream(web.reading, web.followers, clock, "dot", reached, expires_at)

    async def following_one() -> dict[str, str]:
        async with asyncio.timeout(5.0):
            block = (await anext(events)).decode()
        lines = (line.partition(": ") for line in block.strip().splitlines())
        return {name: value for name, _, value in lines}

    assert await following_one() == {"retry": "1000"}
    try:
        yield following_one
    finally:
        await events.aclose()


async def test_a_stream_gives_what_is_there_and_then_what_comes(
    kept: Kept, web: Web, clock: ManualClock
) -> None:
    topic = loops("A", "B", "C")
    await kept.read(topic.facts[:4])
    async with following(web, clock, beginning()) as next_event:
        entries = [orjson.loads((await next_event())["data"]) for _ in range(4)]
        waiting = asyncio.create_task(next_event())
        await asyncio.sleep(0.01)
        await kept.read(topic.facts[4:], web.followers)
        entries.append(orjson.loads((await waiting)["data"]))
        entries += [orjson.loads((await next_event())["data"]) for _ in range(3)]
    assert verify_chain(map(Received.from_json, entries)).entries == 8
    assert web.followers.count == 0


async def test_a_stream_goes_on_behind_the_last_event_id(
    kept: Kept, web: Web, clock: ManualClock
) -> None:
    await kept.read(loops(*"ABCDEFGH").facts)
    seen = []
    async with following(web, clock, beginning()) as next_event:
        for _ in range(7):
            event = await next_event()
            seen.append(event)
    async with following(web, clock, web.reading.reached(seen[-1]["id"])) as next_event:
        seen += [await next_event() for _ in range(9)]
    entries = [Received.from_json(orjson.loads(event["data"])) for event in seen]
    assert len({(e.bucket, e.sequence) for e in entries}) == 16
    assert verify_chain(entries).ok


async def test_a_streams_ids_are_cursors_for_pull(kept: Kept, web: Web, clock: ManualClock) -> None:
    await kept.read(loops("A").facts)
    async with following(web, clock, beginning()) as next_event:
        cursor = [await next_event() for _ in range(3)][-1]["id"]
    page = await web.json("/feeds/dot", STAFF, cursor=cursor)
    assert [e["sequence"] for e in page["entries"]] == [4]


async def passing(clock: ManualClock, waiting: asyncio.Task[Any]) -> Any:
    """What comes while time goes by, a second after the other."""
    while not waiting.done():
        await asyncio.sleep(0.02)
        clock.advance(seconds=1)
    return await waiting


async def test_entries_that_another_process_wrote_are_found(
    kept: Kept, web: Web, clock: ManualClock
) -> None:
    async with following(web, clock, beginning()) as next_event:
        waiting = asyncio.create_task(next_event())
        await asyncio.sleep(0.01)
        await kept.read(loops("A").facts)
        assert orjson.loads((await passing(clock, waiting))["data"])["ticket_id"] == "A"


async def test_a_quiet_stream_shows_that_it_lives(web: Web, clock: ManualClock) -> None:
    began = clock.now()
    async with following(web, clock, beginning()) as next_event:
        waiting = asyncio.create_task(next_event())
        assert await passing(clock, waiting) == {"": "still here"}
    assert clock.now() - began >= timedelta(seconds=15)


async def test_a_stream_ends_when_the_token_does(web: Web, clock: ManualClock) -> None:
    ends = clock.now() + timedelta(seconds=3)
    async with following(web, clock, beginning(), ends) as next_event:
        waiting = asyncio.create_task(next_event())
        assert await passing(clock, waiting) == {"event": "expired", "data": "{}"}
        assert clock.now() >= ends
        with pytest.raises(StopAsyncIteration):
            await next_event()
    assert web.followers.count == 0


async def test_the_route_streams_with_the_header_and_ends_at_expiry(
    kept: Kept, web: Web, clock: ManualClock
) -> None:
    await kept.read(loops("A").facts)
    web.caller = replace(department("DOT"), expires_at=clock.now().timestamp() + 0.5)
    first = web.reading.cursor({**beginning(), await bucket_with_entries(kept): 2})
    request = asyncio.create_task(
        web.client.get("/v1/feeds/dot/events", headers={"Last-Event-ID": first})
    )
    while not request.done():
        await asyncio.sleep(0.01)
        clock.advance(seconds=0.25)
    response = await request
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.count("\ndata: {") == 3
    assert response.text.endswith("event: expired\ndata: {}\n\n")


async def bucket_with_entries(kept: Kept) -> int:
    return next(iter(await kept.feeds.heads("dot")))


async def test_a_stream_may_begin_now(kept: Kept, web: Web, clock: ManualClock) -> None:
    await kept.read(loops("A").facts)
    web.caller = replace(department("DOT"), expires_at=clock.now().timestamp() - 1.0)
    response = await web.client.get("/v1/feeds/dot/events", params={"start": "now"})
    assert response.text == "retry: 1000\n\nevent: expired\ndata: {}\n\n"
    assert await web.reading.ends("dot") == {
        **beginning(),
        await bucket_with_entries(kept): 4,
    }


async def test_a_browser_follows_by_a_pass_and_only_what_its_caller_may(
    kept: Kept, web: Web, clock: ManualClock
) -> None:
    await kept.read(loops("A").facts)
    web.caller = replace(department("DOT"), expires_at=clock.now().timestamp() - 1.0)
    key = {"Idempotency-Key": "k"}
    made = await web.client.post("/v1/feeds/dot/events/pass", headers=key)
    assert (made.status_code, made.json()["expires_in_s"]) == (201, 60)
    query = {"pass": made.json()["pass"], "start": "now"}
    web.caller = STAFF  # who the pass speaks for is in the pass
    followed = await web.client.get("/v1/feeds/dot/events", params=query)
    assert followed.text == "retry: 1000\n\nevent: expired\ndata: {}\n\n"
    again = await web.client.get("/v1/feeds/dot/events", params=query)
    assert problem(again) == (401, "/problems/not-authenticated")
    web.caller = department("DOT")
    others = await web.client.post("/v1/feeds/dpr/events/pass", headers=key)
    assert problem(others) == (403, "/problems/not-yours")


async def test_too_many_streams_are_told_to_come_later(web: Web) -> None:
    web.followers.count = STREAMS
    refused = await web.get("/feeds/dot/events", department("DOT"))
    assert problem(refused) == (503, "/problems/unavailable")
    assert refused.headers["retry-after"] == "5"
