"""The earlier tickets of `hotline bench intake --tickets`: a city takes matters over them."""

from __future__ import annotations

from typing import Any

from hotline.bench.preloaded import preload
from hotline.intake.v1 import events_pb2
from services.intake.adapters.registry import load
from tests.integration.intake.hall import Hall
from tests.support.loops import BUCKETS


async def test_matters_are_taken_and_compared_over_earlier_tickets(hall: Hall) -> None:
    """R16: a preloaded matter is found by area and by point; the log is as it was."""
    said: list[str] = []
    city, stack = load("sample"), hall.loop.info
    assert stack is not None
    await preload(stack.dsn, hall.loop.namespace, BUCKETS, city, 300, said.append)
    assert said == ["300 earlier tickets"]
    store: Any = hall.runtime.store
    row = await store.pool.fetchrow("select * from recent where ticket = 'P7'")
    told = await hall.submit(category=row["category"], area=row["area"], title=row["title"])
    assert told["state"] == "accepted"
    assert await store.pool.fetchval("select count(cell) from recent where ticket ~ '^P'") > 200
    row = await store.pool.fetchrow("select * from recent where cell is not null limit 1")
    [other] = [a for a in city.catalogue.areas if a != row["area"]][:1]
    point = {"latitude": row["latitude"], "longitude": row["longitude"]}
    near = await hall.submit(category=row["category"], area=other, title=row["title"], **point)
    facts = await hall.loop.facts(lambda found: len(found) >= 4)
    assert {fact.ticket for fact in facts} == {told["ticket"], near["ticket"]}
    received = {
        fact.ticket: events_pb2.TicketReceived.FromString(fact.data).related
        for fact in facts
        if fact.type.endswith("TicketReceived")
    }
    assert "P7" in received[told["ticket"]]
    assert row["ticket"] in received[near["ticket"]]
