"""Due lists: one suite for both stores of clocks, what is kept of the topic and what is due."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from hotline.dev.stack import StackInfo
from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.store_pg import PostgresClocksStore
from services.deadline.domain.desk_views import ApplicationView, MovedView
from services.deadline.domain.events import (
    ClockPaused,
    ClockReplanned,
    ClockStopped,
    DeadlineMissed,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    HotlineAlarmed,
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
SECOND = DAY / 86_400


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


async def test_r24_a_closed_window_is_a_row_of_the_return(kept: Kept) -> None:
    log = Log().say("T1", started("return"), ReturnWindowClosed(NINE, 1, "U1", NINE))
    await kept.read(log.facts)
    assert await kept.clocks.of_ticket(T1, "T1") == [
        replace(CONFIRM, clock="return", state="closed")
    ]


async def test_what_is_due_comes_the_earliest_first(kept: Kept) -> None:
    log = Log().say("T2", started(days=2, unit="U2")).say("T3", started(days=1))
    log.say("T1", started(days=3), started("contact", days=1))
    await kept.read(log.facts)
    due = [(r.ticket, r.clock) for r in await kept.clocks.due(None, EVER, 10)]
    assert due == [("T1", "contact"), ("T3", "confirm"), ("T2", "confirm"), ("T1", "confirm")]
    assert await kept.clocks.due(None, EVER, 2) == (await kept.clocks.due(None, EVER, 10))[:2]
    assert (
        await kept.clocks.due(None, EVER, 10, since=NINE + 2 * DAY)
        == (await kept.clocks.due(None, EVER, 10))[2:]
    )
    assert await kept.clocks.due("U2", EVER, 10, since=NINE + 2 * DAY + SECOND) == []
    assert [r.ticket for r in await kept.clocks.due("U1", EVER, 10)] == ["T1", "T3", "T1"]
    assert [r.ticket for r in await kept.clocks.due("U2", NINE + 2 * DAY, 10)] == []


async def test_what_is_due_is_counted_by_the_hour_of_a_unit_of_the_desk_or_of_all(
    kept: Kept,
) -> None:
    log = Log().say("T1", started(days=1), started("contact", days=1), started("resolve", days=3))
    log.say("T2", started(unit="U2", days=1)).say("T3", started("visit", unit="", days=2))
    await kept.read(log.facts)
    two_days = NINE, NINE + 2 * DAY
    assert await kept.clocks.by_hour("U1", *two_days) == [(NINE + DAY, 2)]
    assert await kept.clocks.by_hour(None, *two_days) == [(NINE + DAY, 3)]
    assert await kept.clocks.by_hour("", NINE, EVER) == [(NINE + 2 * DAY, 1)]
    assert [r.clock for r in await kept.clocks.due("", EVER, 10)] == ["visit"]


async def test_only_running_clocks_are_due(kept: Kept) -> None:
    log = Log().say("T1", started(), ClockStopped(NINE, "confirm", 1, "U1", NINE, True))
    log.say("T2", started(), ClockPaused(NINE, "confirm", 1, "r", NINE))
    log.say("T3", started(), DeadlineMissed(NINE, "confirm", 1, "U1", NINE))
    await kept.read(log.facts)
    assert [r.ticket for r in await kept.clocks.due(None, EVER, 10)] == ["T3"]


async def test_facts_of_others_and_of_unknown_runs_leave_no_row(kept: Kept) -> None:
    log = Log().say("T1", DeadlineMissed(NINE, "confirm", 1, "U1", NINE), started("contact"))
    await kept.read([log.facts[0], replace(log.facts[1], source="dispatch")])
    assert await kept.clocks.of_ticket(T1, "T1") == []


def asked(days: int, at: datetime = NINE) -> ExtensionAsked:
    return ExtensionAsked(at, "confirm", 1, "U1", days, "road works", "Letter 5")


async def test_r22_what_waits_is_listed_until_it_is_answered(kept: Kept) -> None:
    log = Log().say("T1", started(days=3), asked(2), asked(3, NINE + DAY / 9))
    log.say("T2", started(days=1), asked(1)).say("T3", started(), asked(4))
    log.say("T3", ClockPaused(NINE, "confirm", 1, "force_majeure", NINE))
    await kept.read(log.facts)
    rows = await kept.clocks.open_applications(10)
    assert [(a.ticket, a.working_days, due) for a, due in rows] == [
        ("T2", 1, NINE + DAY),
        ("T1", 2, NINE + 3 * DAY),
        ("T1", 3, NINE + 3 * DAY),
        ("T3", 4, None),
    ]
    assert rows[1][0] == ApplicationView(
        "T1", "confirm", 1, 2, "U1", "road works", "Letter 5", NINE
    )
    assert await kept.clocks.open_applications(1) == rows[:1]
    due = NINE + 3 * DAY
    more = Log().say(
        "T1",
        ExtensionGranted(NINE, "confirm", 1, "U1", 1, due, False, "ann"),  # of the two asked
        HotlineAlarmed(NINE, "confirm", 1, "U1", (3,), due),
    )
    more.say("T2", ClockStopped(NINE, "confirm", 1, "U1", NINE, True))
    more.say("T3", ExtensionRefused(NINE, "confirm", 1, "U1", 4, "no", "ann"))
    await kept.read(more.facts)
    left = [
        (a.ticket, a.working_days, a.alarmed) for a, _ in await kept.clocks.open_applications(9)
    ]
    assert left == [("T1", 3, True)]
    assert await kept.clocks.count_applications() == 1


@pytest.mark.parametrize("batches", [1, 2])
async def test_r22_nothing_waits_any_more_when_the_clock_ends(kept: Kept, batches: int) -> None:
    log = Log().say("T1", started(), asked(2)).say("T2", started(), asked(1))
    before = len(log.facts) if batches == 2 else 0
    log.say("T1", ClockStopped(NINE, "confirm", 1, "U1", NINE, True))
    await kept.read(log.facts[:before])
    await kept.read(log.facts[before:])
    assert await kept.clocks.count_applications() == 1
    async with kept.kernel.transaction() as tx:
        keys = [(bucket_of(t, BUCKETS), t, "confirm", 1) for t in ("T1", "T2")]
        rows = await kept.clocks.inside(tx).applications(keys)
    assert [key[1] for key in rows] == ["T2"]


def replanned(calendar: str, due: datetime, **fields: Any) -> ClockReplanned:
    where = NINE, "confirm", 1, "U1"
    return ClockReplanned(*where, due, False, calendar, NINE + DAY, "calendar", **fields)


async def test_r27_what_a_calendar_moved_last_is_counted_and_listed(kept: Kept) -> None:
    log = Log().say("T1", started(), replanned("cn@2", NINE + 2 * DAY))
    log.say("T1", replanned("cn@2", NINE + 3 * DAY))
    log.say("T2", started(), replanned("cn@1", NINE + 2 * DAY))
    log.say("T3", started(), replanned("cn@2", NINE + DAY))  # the warning alone
    log.say("T3", replanned("cn@2", NINE + 2 * DAY, length="working_days=5"))  # by its category
    await kept.read(log.facts)
    moved = MovedView("T1", "confirm", 1, "U1", "cn@2", NINE + DAY, NINE + 3 * DAY)
    assert await kept.clocks.moved("cn@2", 10) == (1, [moved])
    assert (await kept.clocks.moved("cn@1", 10))[0] == 1
    await kept.read(Log().say("T2", replanned("cn@2", NINE + 4 * DAY)).facts)
    assert (await kept.clocks.moved("cn@2", 1))[0] == 2
    assert len((await kept.clocks.moved("cn@2", 1))[1]) == 1
    assert await kept.clocks.moved("cn@1", 10) == (0, [])


async def test_a_batch_that_is_rolled_back_leaves_nothing(kept: Kept) -> None:
    async def fail() -> None:
        async with kept.kernel.transaction() as tx:
            await ClocksView(CODEC, kept.clocks).apply(tx, Log().say("T1", started()).facts)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await kept.clocks.of_ticket(T1, "T1") == []


@pytest.mark.parametrize(
    ("name", "nulls"),
    [
        ("rows", 4),
        ("of_ticket", 2),
        ("due", 4),
        ("due_of_all", 3),
        ("applications", 4),
        ("open_applications", 1),
    ],
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
