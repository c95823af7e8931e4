"""One suite for both stores of clocks: what is kept of the topic, and what is due."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from hotline.dev.stack import StackInfo
from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.store_pg import PostgresClocksStore
from services.deadline.domain.events import (
    ClockPaused,
    ClockStopped,
    DeadlineMissed,
    ReturnWindowClosed,
)
from services.deadline.domain.views import ClockView
from services.kernel.names import bucket_of
from tests.integration.deadline.stores import Kept, clocks_of, postgres
from tests.support.loops import BUCKETS
from tests.support.stores import memory_store
from tests.unit.deadline.clock_facts import CODEC, DAY, NINE, Log, started

T1 = bucket_of("T1", BUCKETS)
CONFIRM = ClockView("T1", "confirm", 1, "U1", "running", NINE, NINE + DAY)
EVER = NINE + 100 * DAY


@pytest.fixture(params=["memory", "postgres"])
async def kept(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Kept]:
    """The twin, then the real one."""
    if request.param == "memory":
        async with memory_store("deadline", BUCKETS) as store:
            yield Kept(store, clocks_of(store))
    else:
        async with postgres(request.getfixturevalue("stack").dsn, namespace) as made:
            yield made


async def test_a_ticket_has_a_row_for_each_run_in_the_order_of_their_starts(kept: Kept) -> None:
    log = Log().say("T1", started(run=2), started("contact"), started())
    await kept.read(log.facts)
    rows = await kept.clocks.of_ticket(T1, "T1")
    assert [(r.clock, r.run) for r in rows] == [("confirm", 1), ("contact", 1), ("confirm", 2)]
    assert rows[0] == CONFIRM
    assert await kept.clocks.of_ticket(T1, "T2") == []


async def test_a_row_changes_with_later_batches(kept: Kept) -> None:
    log = Log().say("T1", started())
    await kept.read(log.facts)
    paused = ClockPaused(NINE, "confirm", 1, "under_review", NINE)
    missed = DeadlineMissed(NINE, "confirm", 1, "U1", NINE)
    await kept.read(Log().say("T1", paused, missed).facts)
    rows = await kept.clocks.of_ticket(T1, "T1")
    assert rows == [replace(CONFIRM, state="paused", due_at=None, missed=True)]


async def test_a_closed_window_is_a_row_of_the_return(kept: Kept) -> None:
    log = Log().say("T1", started("return"), ReturnWindowClosed(NINE, 1, "U1", NINE))
    await kept.read(log.facts)
    assert await kept.clocks.of_ticket(T1, "T1") == [
        replace(CONFIRM, clock="return", state="closed")
    ]


async def test_what_is_due_comes_the_earliest_first(kept: Kept) -> None:
    log = Log().say("T2", started(days=2, unit="U2")).say("T3", started(days=1))
    log.say("T1", started(days=3), started("contact", days=1))
    await kept.read(log.facts)
    due = [(r.ticket, r.clock) for r in await kept.clocks.due("", EVER, 10)]
    assert due == [("T1", "contact"), ("T3", "confirm"), ("T2", "confirm"), ("T1", "confirm")]
    assert await kept.clocks.due("", EVER, 2) == (await kept.clocks.due("", EVER, 10))[:2]
    assert [r.ticket for r in await kept.clocks.due("U1", EVER, 10)] == ["T1", "T3", "T1"]
    assert [r.ticket for r in await kept.clocks.due("U2", NINE + 2 * DAY, 10)] == []


async def test_only_running_clocks_are_due(kept: Kept) -> None:
    log = Log().say("T1", started(), ClockStopped(NINE, "confirm", 1, "U1", NINE, True))
    log.say("T2", started(), ClockPaused(NINE, "confirm", 1, "r", NINE))
    log.say("T3", started(), DeadlineMissed(NINE, "confirm", 1, "U1", NINE))
    await kept.read(log.facts)
    assert [r.ticket for r in await kept.clocks.due("", EVER, 10)] == ["T3"]


async def test_facts_of_others_and_of_unknown_runs_leave_no_row(kept: Kept) -> None:
    log = Log().say("T1", DeadlineMissed(NINE, "confirm", 1, "U1", NINE), started("contact"))
    await kept.read([log.facts[0], replace(log.facts[1], source="dispatch")])
    assert await kept.clocks.of_ticket(T1, "T1") == []


async def test_a_batch_that_is_rolled_back_leaves_nothing(kept: Kept) -> None:
    async def fail() -> None:
        async with kept.kernel.transaction() as tx:
            await ClocksView(CODEC, kept.clocks).apply(tx, Log().say("T1", started()).facts)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await kept.clocks.of_ticket(T1, "T1") == []


@pytest.mark.parametrize(
    ("name", "nulls"), [("rows", 4), ("of_ticket", 2), ("due", 3), ("due_of_all", 2)]
)
async def test_a_plan_made_on_an_empty_table_uses_its_indexes(
    stack: StackInfo, namespace: str, name: str, nulls: int
) -> None:
    async with postgres(stack.dsn, namespace) as made:
        assert isinstance(made.clocks, PostgresClocksStore)
        connection = await asyncpg.connect(stack.dsn)
        try:
            await connection.execute("set plan_cache_mode = force_generic_plan")
            await connection.execute(f"prepare lookup as {made.clocks.sql[name]}")
            arguments = ", ".join(["null"] * nulls)
            rows = await connection.fetch(f"explain execute lookup ({arguments})")
        finally:
            await connection.close()
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on clock" not in plan, plan
    assert "Index" in plan
