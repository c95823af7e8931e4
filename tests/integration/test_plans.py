"""Nothing gets slower because the history is long: no statement reads a whole table that grows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from importlib.resources.abc import Traversable

import asyncpg
import pytest

from hotline.cli.migrate import migrations
from hotline.dev.stack import StackInfo
from hotline.programs import SERVICES
from services.kernel.decider import ClearTimer, SetTimer
from services.kernel.migrate import migrate
from services.kernel.names import schema_of, vault_of
from services.kernel.pool_pg import connect
from services.kernel.queries import named
from services.kernel.store import TimerRow
from services.kernel.store_pg import PostgresStore, PostgresTx
from tests.support.appends import fact, keyed

# A city's own size, whatever its history: a row per bucket, partition, import, unit and month, and
# a box per week.
SMALL = {
    "bucket",
    "server",
    "inbox",
    "frontier",
    "api_key",
    "figures",
    "cursor",
    "endpoint",
    "box",
    "planned_by",
}
# What an operator asks for: whose records wait. There are few such records, or somebody is told.
ASKED = {"parked_records", "parked_tickets", "tickets", "parked", "due_parked", "disowned"}
# Applications that wait for the hotline (R22): each goes with its answer, or with its clock.
WHOLE = {"open_applications": {"application"}, "count_applications": {"application"}}
KERNEL = ("queries", "api_keys", "verify", "healing", "parked")


def files(service: str) -> list[Traversable]:
    kernel = resources.files("services.kernel") / "sql"
    own = resources.files(f"services.{service}") / "adapters" / "queries.sql"
    found = [kernel / f"{name}.sql" for name in KERNEL]
    return [*found, own] if own.is_file() else found


@pytest.mark.parametrize("service", SERVICES)
async def test_every_statement_looks_its_rows_up_by_index(
    stack: StackInfo, namespace: str, service: str
) -> None:
    """As the service's own connections plan it, once, on empty tables."""
    schema, vault = schema_of(namespace, service), vault_of(namespace, service)
    await migrate(stack.dsn, service, namespace, migrations(service), 4)
    pool = await connect(stack.dsn, schema, size=2)
    try:
        async with pool.acquire() as connection:
            planned = 0
            for file in files(service):
                for name, sql in named(file, schema, vault).items():
                    scanned = scans(await plan(connection, sql)) - SMALL - WHOLE.get(name, set())
                    assert not scanned or name in ASKED, f"{name} reads all of {scanned}"
                    planned += 1
        assert planned > 20
    finally:
        await pool.close()


async def test_a_whole_table_that_is_read_is_noticed(stack: StackInfo, namespace: str) -> None:
    await migrate(stack.dsn, "dispatch", namespace, migrations("dispatch"), 4)
    pool = await connect(stack.dsn, schema_of(namespace, "dispatch"), size=2)
    try:
        async with pool.acquire() as connection:
            assert scans(await plan(connection, "select * from event where data = $1")) == {"event"}
    finally:
        await pool.close()


async def plan(connection: asyncpg.Connection, sql: str) -> str:
    await connection.execute(f"prepare planned as {sql}")
    try:
        numbers = {int(n) for n in re.findall(r"\$(\d+)", sql)}
        nulls = f"({', '.join(['null'] * len(numbers))})" if numbers else ""
        rows = await connection.fetch(f"explain execute planned{nulls}")
        return "\n".join(row[0] for row in rows)
    finally:
        await connection.execute("deallocate planned")


def scans(text: str) -> set[str]:
    return set(re.findall(r"Seq Scan on (\w+)", text))


READ = "select idx_tup_read from pg_stat_user_indexes where schemaname = $1 and indexrelname = $2"


async def test_an_append_looks_up_its_own_commands_and_not_those_of_the_past(
    stack: StackInfo, namespace: str
) -> None:
    """Also on a connection that planned it when there were few of them."""
    schema, vault = schema_of(namespace, "dispatch"), vault_of(namespace, "dispatch")
    await migrate(stack.dsn, "dispatch", namespace, migrations("dispatch"), 4)
    pool = await connect(stack.dsn, schema, size=2)
    store = PostgresStore(pool, "dispatch", namespace)
    try:
        async with pool.acquire() as first, pool.acquire() as later:
            await store.append_on(first, [keyed(f"s{n}", f"s{n}", fact()) for n in range(20)])
            await first.execute(f"analyze {vault}.command")
            for n in range(1_000):
                await store.append_on(later, [keyed(f"t{n}", f"k{n}", fact())])
            await later.execute("select pg_stat_force_next_flush()")
            await first.execute("select pg_stat_force_next_flush()")
            read = await first.fetchval(READ, vault, "command_pkey")
        assert read <= 2 * 1_000
    finally:
        await pool.close()


READ_ALL = "select sum(idx_tup_read) from pg_stat_user_indexes where schemaname = $1"


async def test_a_timer_is_cleared_by_its_key_though_there_were_none_when_that_was_planned(
    stack: StackInfo, namespace: str
) -> None:
    """The table of timers is empty again and again, and vacuumed then."""
    schema = schema_of(namespace, "deadline")
    await migrate(stack.dsn, "deadline", namespace, migrations("deadline"), 4)
    pool = await connect(stack.dsn, schema, size=3)
    store = PostgresStore(pool, "deadline", namespace)
    keys = [(n % 4, f"t{n}", "resolve/1") for n in range(1_000)]
    try:
        async with pool.acquire() as first, pool.acquire() as later:
            planned, other = PostgresTx(store, first), PostgresTx(store, later)
            await set_timers(other, keys[:3])
            await clear_timers(other, keys[:3])
            await later.execute("vacuum analyze timer")
            await clear_timers(planned, keys[:1])
            await set_timers(other, keys)
            await later.execute("select pg_stat_force_next_flush()")
            before = await later.fetchval(READ_ALL, schema)
            for _ in ("as they fire", "as their facts are read back"):
                for begin in range(0, 1_000, 100):
                    await clear_timers(planned, keys[begin : begin + 100])
            await first.execute("select pg_stat_force_next_flush()")
            assert await later.fetchval(READ_ALL, schema) - before <= 2 * 1_000
            assert await later.fetchval("select count(*) from timer") == 0
    finally:
        await pool.close()


async def set_timers(tx: PostgresTx, keys: Sequence[tuple[int, str, str]]) -> None:
    due = datetime(2026, 3, 9, 10, tzinfo=UTC)
    await tx.change_timers(
        [TimerRow(bucket, ticket, "", SetTimer(name, due, ("a",))) for bucket, ticket, name in keys]
    )


async def clear_timers(tx: PostgresTx, keys: Sequence[tuple[int, str, str]]) -> None:
    await tx.change_timers(
        [TimerRow(bucket, ticket, "", ClearTimer(name)) for bucket, ticket, name in keys]
    )
