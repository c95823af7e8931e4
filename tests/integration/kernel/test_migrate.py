"""Migrations: once each, whoever starts first, and never changed afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from hotline.dev.stack import StackInfo
from services.kernel.migrate import BucketsFixed, MigrationChanged, migrate
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
