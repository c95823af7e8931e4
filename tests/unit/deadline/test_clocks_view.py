"""What people see is a fold over the topic (R27): any split into batches gives the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.store_memory import MemoryClocksStore
from services.deadline.domain.events import ClockStopped, Event, ExtensionAsked
from services.deadline.domain.views import ClockView
from services.kernel.facts import Fact
from services.kernel.names import bucket_of
from services.kernel.store_memory import MemoryStore
from tests.unit.deadline.clock_facts import BUCKETS, CODEC, NINE, SAYINGS, TICKETS, Log, started

Rows = dict[str, list[ClockView]]


async def rows_of(batches: Sequence[Sequence[Fact]]) -> Rows:
    kernel = MemoryStore("deadline", BUCKETS, lambda: NINE)
    store = MemoryClocksStore(lambda: kernel.views)
    for batch in batches:
        async with kernel.transaction() as tx:
            await ClocksView(CODEC, store).apply(tx, batch)
    found = {t: await store.of_ticket(bucket_of(t, BUCKETS), t) for t in TICKETS}
    return {**found, "due": await store.due("", NINE + timedelta(days=9), 100)}


@settings(max_examples=60)
@given(SAYINGS, st.data())
async def test_any_split_into_batches_gives_the_same_rows(
    sayings: list[tuple[str, Event]], data: st.DataObject
) -> None:
    log = Log()
    for ticket, event in sayings:
        log.say(ticket, event)
    cuts = data.draw(st.lists(st.integers(0, len(log.facts)), max_size=5).map(sorted))
    edges = [0, *cuts, len(log.facts)]
    batches = [log.facts[a:b] for a, b in pairwise(edges)]
    assert await rows_of(batches) == await rows_of([[fact] for fact in log.facts])


@pytest.mark.parametrize("cut", [0, 2, 4])
async def test_r22_nothing_waits_any_more_when_the_clock_ends(cut: int) -> None:
    asked = ExtensionAsked(NINE, "confirm", 1, "U1", 2, "road works", "Letter 5")
    log = Log().say("T1", started(), asked).say("T2", started(), asked)
    log.say("T1", ClockStopped(NINE, "confirm", 1, "U1", NINE, True))
    kernel = MemoryStore("deadline", BUCKETS, lambda: NINE)
    store = MemoryClocksStore(lambda: kernel.views)
    for batch in (log.facts[:cut], log.facts[cut:]):
        async with kernel.transaction() as tx:
            await ClocksView(CODEC, store).apply(tx, batch)
    assert await store.count_applications() == 1
    assert [found.ticket for found, _ in await store.open_applications(9)] == ["T2"]
