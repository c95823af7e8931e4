"""What waits is counted in the store, per label, and what is gone is shown no more."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from hotline.cli.migrate import migrations
from hotline.dev.stack import StackInfo
from services.datasync.adapters.measure import COUNTS as FEEDS
from services.deadline.adapters.counts import COUNTS as OF_DEADLINE
from services.kernel.census import COUNTS, Census
from services.kernel.migrate import migrate
from services.kernel.names import schema_of, vault_of
from services.kernel.store import StoreUnavailable

NOW = datetime.now(UTC)


async def test_timers_and_parked_tickets(stack: StackInfo, namespace: str) -> None:
    await migrate(stack.dsn, "deadline", namespace, migrations("deadline"), 4, "nyc")
    schema, vault = schema_of(namespace, "deadline"), vault_of(namespace, "deadline")
    async with asyncpg.create_pool(stack.dsn, min_size=1, max_size=1) as pool:
        registry = CollectorRegistry()
        census = Census(pool, schema, vault, COUNTS, registry)
        await census.take()
        assert registry.get_sample_value("hotline_timers_overdue") == 0
        assert registry.get_sample_value("hotline_parked_tickets") == 0
        rows = [
            ("t1", "resolve/1", NOW - timedelta(minutes=1)),
            ("t1", "confirm/1", NOW + timedelta(hours=1)),
            ("t2", "resolve/2", NOW + timedelta(hours=1)),
        ]
        for ticket, name, due_at in rows:
            await pool.execute(
                f"insert into {schema}.timer values (0, $1, $2, $3, 'deadline', '')",
                ticket, name, due_at,
            )  # fmt: skip
        await census.take()

        def opened(timer: str) -> float | None:
            return registry.get_sample_value("hotline_timers_open", {"timer": timer})

        assert (opened("resolve"), opened("confirm")) == (2, 1)
        assert registry.get_sample_value("hotline_timers_overdue") == 1
        await pool.execute(f"delete from {schema}.timer where name = 'confirm/1'")
        await census.take()
        assert (opened("resolve"), opened("confirm")) == (2, None)


async def test_the_lag_of_each_feed(stack: StackInfo, namespace: str) -> None:
    await migrate(stack.dsn, "datasync", namespace, migrations("datasync"), 4, "nyc")
    schema, vault = schema_of(namespace, "datasync"), vault_of(namespace, "datasync")
    async with asyncpg.create_pool(stack.dsn, min_size=1, max_size=1) as pool:
        for bucket, entries, delivered in ((0, 7, 5), (1, 3, 3)):
            for n in range(1, entries + 1):
                row = "'nypd', $1, $2, 's', $2, 't', 'e', '', 'v', ''"
                await pool.execute(f"insert into {schema}.feed values ({row})", bucket, n)
            await pool.execute(
                f"insert into {vault}.cursor values ('nypd', $1, 'topic', $2)", bucket, delivered
            )
        registry = CollectorRegistry()
        await Census(pool, schema, vault, FEEDS, registry).take()
    labels = {"subscription": "nypd", "way": "topic"}
    assert registry.get_sample_value("hotline_feed_lag_entries", labels) == 2
    assert registry.get_sample_value("hotline_webhook_stopped") == 0


async def test_a_store_that_is_away_is_waited_for(
    stack: StackInfo, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    await migrate(stack.dsn, "deadline", namespace, migrations("deadline"), 4, "nyc")
    schema, vault = schema_of(namespace, "deadline"), vault_of(namespace, "deadline")
    pool = await asyncpg.create_pool(stack.dsn, min_size=1, max_size=1)
    census = Census(pool, schema, vault, COUNTS, CollectorRegistry())
    await pool.close()
    with pytest.raises(StoreUnavailable):
        await census.take()
    task = asyncio.create_task(census.run())
    while "cannot be counted" not in caplog.text:
        await asyncio.sleep(0.01)
    assert not task.done()
    task.cancel()


async def test_r22_applications_about_to_lapse_are_counted(
    stack: StackInfo, namespace: str
) -> None:
    await migrate(stack.dsn, "deadline", namespace, migrations("deadline"), 4, "nyc")
    schema, vault = schema_of(namespace, "deadline"), vault_of(namespace, "deadline")
    asked = (
        f"insert into {schema}.application values (0, $1, 'resolve', 1, 2, 'U1', '', '', $2, $3)"
    )
    rows = [("t1", True), ("t2", False)]
    async with asyncpg.create_pool(stack.dsn, min_size=1, max_size=1) as pool:
        for ticket, alarmed in rows:
            await pool.execute(asked, ticket, NOW, alarmed)
        registry = CollectorRegistry()
        await Census(pool, schema, vault, OF_DEADLINE, registry).take()
    assert registry.get_sample_value("hotline_extensions_unanswered") == 1


async def test_r11_diversions_whose_line_let_its_time_pass_are_counted(
    stack: StackInfo, namespace: str
) -> None:
    await migrate(stack.dsn, "deadline", namespace, migrations("deadline"), 4, "nyc")
    schema, vault = schema_of(namespace, "deadline"), vault_of(namespace, "deadline")
    runs = [("t1", 1), ("t2", 1), ("t3", 2), ("t4", 7)]
    names = [*((t, f"diversion_receipt/{n}") for t, n in runs), ("t5", "confirm/2")]
    async with asyncpg.create_pool(stack.dsn, min_size=1, max_size=1) as pool:
        for ticket, name in [*names, ("t6", "ladder:diversion_receipt/2")]:
            insert = f"insert into {schema}.timer values (0, $1, $2, $3, 'deadline', '')"
            await pool.execute(insert, ticket, name, NOW)
        registry = CollectorRegistry()
        await Census(pool, schema, vault, OF_DEADLINE, registry).take()
    assert registry.get_sample_value("hotline_diversions_unacknowledged") == 2
