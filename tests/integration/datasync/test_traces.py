"""A command's trace ends at the department, whichever way it takes what is given to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from services.datasync.adapters.sender import Answer
from services.datasync.adapters.stream import stream
from services.kernel.clock import ManualClock
from tests.integration.datasync.department import Department
from tests.integration.datasync.stores import Kept
from tests.integration.datasync.test_webhook_delivery import delivering, failed, until_moving
from tests.integration.datasync.web import Web, beginning, department, loops
from tests.support.collector import Span, exported

UNSAMPLED = 3  # of the facts


async def read(kept: Kept, ticket: str) -> dict[str, str]:
    """Facts of a ticket as datasync keeps them, each of a trace of its own: by fact, the trace."""
    facts = loops(ticket).facts
    for n, fact in enumerate(facts):
        flag = n != UNSAMPLED
        fact.traceparent = f"00-{n + 1:032x}-{n + 1:016x}-0{flag:d}"
    await kept.read(facts)
    return {fact.event_id: fact.traceparent[3:35] for fact in facts[:UNSAMPLED]}


def told(spans: Sequence[Span], way: str) -> dict[str, Any]:
    """By fact, the trace in which it was delivered; each follows the step that recorded it."""
    assert {span.name for span in spans} == {"deliver to dot"}
    assert {span.attributes["hotline.way"] for span in spans} == {way}
    assert all(int(span.parent, 16) == int(span.trace_id, 16) for span in spans)
    return {span.attributes["hotline.fact"]: span.trace_id for span in spans}


async def test_a_pull_is_a_step_of_each_commands_trace(kept: Kept, web: Web) -> None:
    with exported() as spans:
        traces = await read(kept, "A")
        page = await web.json("/feeds/dot", department("DOT"))
        assert len(page["entries"]) > UNSAMPLED
        assert told(spans(), "pull") == traces


async def test_an_event_of_a_stream_is_a_step_of_its_commands_trace(
    kept: Kept, web: Web, clock: ManualClock
) -> None:
    with exported() as spans:
        traces = await read(kept, "A")
        events = stream(web.reading, web.followers, clock, "dot", beginning(), None)
        seen: list[Any] = []
        async for block in events:
            if block.startswith(b"id:"):
                seen.append(orjson.loads(block.partition(b"data: ")[2]))
            if len(seen) > UNSAMPLED:
                break
        await events.aclose()
        assert told(spans(), "sse") == traces


async def test_what_a_webhook_tries_again_is_a_step_of_its_commands_trace(
    kept: Kept, clock: ManualClock
) -> None:
    answers = [Answer(500), Answer(200)]
    away = Department(lambda entries: answers.pop(0) if len(answers) > 1 else answers[0])
    with exported() as spans:
        traces = await read(kept, "A")
        async with delivering(kept, away, clock):
            await failed(kept, 1)
            await until_moving(clock, lambda: len(away.entries) > UNSAMPLED)
        assert told(spans(), "webhook") == traces
