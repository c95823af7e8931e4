"""The earlier tickets of `hotline bench intake --tickets`: a city takes matters over them."""

from __future__ import annotations

from typing import Any

from hotline.bench.preloaded import preload
from hotline.intake.v1 import events_pb2
from services.intake.adapters.registry import load
from tests.integration.intake.hall import Hall
from tests.support.loops import BUCKETS


async def test_matters_are_taken_and_compared_over_earlier_tickets(hall: Hall) -> None:
    """R16: a preloaded matter is found by its place; the log is as it was."""
    said: list[str] = []
    city, stack = load("sample"), hall.loop.info
    assert stack is not None
    await preload(stack.dsn, hall.loop.namespace, BUCKETS, city, 300, said.append)
    assert said == ["300 earlier tickets"]
    store: Any = hall.runtime.store
    row = await store.pool.fetchrow("select * from recent where ticket = 'P7'")
    told = await hall.submit(category=row["category"], area=row["area"], title=row["title"])
    assert told["state"] == "accepted"
    facts = await hall.loop.facts(lambda found: len(found) >= 2)
    assert {fact.ticket for fact in facts} == {told["ticket"]}
    received = events_pb2.TicketReceived.FromString(facts[0].data)
    assert "P7" in received.related
