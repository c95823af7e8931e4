"""Migrations: once each, whoever starts first, and never changed afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from hotline.cli.migrate import command
from hotline.dev.stack import StackInfo
from services.kernel.migrate import BucketsFixed, MigrationChanged, OtherCity, migrate
from services.kernel.names import schema_of, vault_of
from tests.support.stores import LEDGER

MORE = "create table {schema}.more (bucket int primary key);"


@pytest.fixture
def more(tmp_path: Path) -> Path:
    file = tmp_path / "002_more.sql"
    file.write_text(MORE)
    return file


async def value(stack: StackInfo, query: str) -> object:
    connection = await asyncpg.connect(stack.dsn, timeout=5.0)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_two_that_start_at_once_apply_each_file_once(
    stack: StackInfo, namespace: str, more: Path
) -> None:
    applied = await asyncio.gather(
        *(migrate(stack.dsn, "desk", namespace, [LEDGER, more], 4) for _ in range(4))
    )
    assert sorted(applied) == [[], [], [], ["001_ledger.sql", "002_more.sql"]]
    schema = schema_of(namespace, "desk")
    assert await value(stack, f"select count(*) from {schema}.bucket") == 4


async def test_a_later_file_is_applied_alone(stack: StackInfo, namespace: str, more: Path) -> None:
    assert await migrate(stack.dsn, "desk", namespace, [LEDGER], 4) == ["001_ledger.sql"]
    assert await migrate(stack.dsn, "desk", namespace, [LEDGER, more], 4) == ["002_more.sql"]
    assert await migrate(stack.dsn, "desk", namespace, [LEDGER, more], 4) == []


async def test_a_file_that_was_applied_must_not_change(
    stack: StackInfo, namespace: str, more: Path
) -> None:
    await migrate(stack.dsn, "desk", namespace, [LEDGER, more], 4)
    more.write_text(MORE + "\n-- a second thought")
    with pytest.raises(MigrationChanged, match="002_more"):
        await migrate(stack.dsn, "desk", namespace, [LEDGER, more], 4)


async def test_the_number_of_buckets_is_fixed_at_installation(
    stack: StackInfo, namespace: str
) -> None:
    await migrate(stack.dsn, "desk", namespace, [LEDGER], 4)
    with pytest.raises(BucketsFixed, match="4 buckets, not 8"):
        await migrate(stack.dsn, "desk", namespace, [LEDGER], 8)
    assert await value(stack, f"select count(*) from {schema_of(namespace, 'desk')}.bucket") == 4


async def test_the_first_city_that_is_stated_keeps_the_namespace(
    stack: StackInfo, namespace: str, more: Path
) -> None:
    vault = vault_of(namespace, "desk")
    await migrate(stack.dsn, "desk", namespace, [LEDGER], 4)
    await value(stack, f"drop table {vault}.city")  # as installed before cities were kept
    for city in ("", "nyc", "nyc", ""):
        await migrate(stack.dsn, "desk", namespace, [LEDGER], 4, city)
    with pytest.raises(OtherCity, match=f"^{vault} was installed for the city nyc, not sample$"):
        await migrate(stack.dsn, "desk", namespace, [LEDGER, more], 4, "sample")
    assert await value(stack, f"select string_agg(name, ' ') from {vault}.city") == "nyc"
    assert await value(stack, f"select count(*) from {vault}.migration") == 1


async def test_another_city_is_refused_before_any_topic_is_made(
    stack: StackInfo, namespace: str
) -> None:
    await migrate(stack.dsn, "intake", namespace, [LEDGER], 24, "nyc")
    place = ["--kafka", "127.0.0.1:1", "--dsn", stack.dsn, "--namespace", namespace]
    done = await asyncio.to_thread(CliRunner().invoke, command, ["--city", "sample", *place])
    assert (done.exit_code, done.stderr) == (
        1,
        f"Error: {namespace}_intake_vault was installed for the city nyc, not sample: "
        "a city needs a namespace of its own.\n",
    )


async def test_a_file_that_fails_leaves_nothing_half_made(
    stack: StackInfo, namespace: str, more: Path
) -> None:
    more.write_text(MORE + " select 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(stack.dsn, "desk", namespace, [LEDGER, more], 4)
    vault = vault_of(namespace, "desk")
    assert await value(stack, f"select to_regclass('{vault}.migration')") is None


async def test_services_and_namespaces_share_nothing(stack: StackInfo, namespace: str) -> None:
    for service, place in (("desk", namespace), ("echo", namespace), ("desk", f"{namespace}2")):
        assert await migrate(stack.dsn, service, place, [LEDGER], 4) == ["001_ledger.sql"]
