"""Numbered SQL files, applied once each, in order; safe when two processes start at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import Any

import asyncpg

from services.kernel.names import schema_of, vault_of
from services.kernel.queries import placed

_PREPARE = """
create schema if not exists {schema};
create schema if not exists {vault};
create table if not exists {vault}.migration (
    name text primary key, sha256 text not null, applied_at timestamptz not null default now());
create table if not exists {vault}.city (name text primary key);
"""


class MigrationChanged(Exception):
    """A file that was applied has other content now: write a new migration instead."""


class BucketsFixed(Exception):
    """The number of buckets is fixed when a city is installed."""


class OtherCity(Exception):
    """A namespace belongs to one city: no ticket may be decided by another one's rules."""


async def migrate(
    dsn: str,
    service: str,
    namespace: str,
    files: Sequence[Traversable],
    buckets: int,
    city: str = "",
) -> list[str]:
    """Bring one service's schemas up to date; the names of the files applied now.

    The first `city` that is stated stays; "" states none.
    Raises MigrationChanged, BucketsFixed, OtherCity, OSError and asyncpg.PostgresError.
    """
    schema, vault = schema_of(namespace, service), vault_of(namespace, service)
    fill = placed(schema, vault)
    connection = await asyncpg.connect(dsn, timeout=10.0)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext($1))", schema)
            await connection.execute(fill(_PREPARE))
            await _install_city(connection, vault, city)
            applied = [f.name for f in files if await _apply(connection, f, fill, vault)]
            await _install_buckets(connection, schema, buckets)
        return applied
    finally:
        await connection.close()


async def installed_buckets(connection: Any, schema: str) -> int:
    """How many buckets there are. Raises asyncpg.UndefinedTableError before the first migration."""
    found: int = await connection.fetchval(f"select count(*) from {schema}.bucket")
    return found


async def installed_city(connection: Any, vault: str) -> str:
    """Whose namespace it is; "": not stated. Raises asyncpg.UndefinedTableError as above."""
    found: str | None = await connection.fetchval(f"select name from {vault}.city")
    return found or ""


async def _install_city(connection: Any, vault: str, city: str) -> None:
    installed = await installed_city(connection, vault)
    if city and installed and installed != city:
        raise OtherCity(f"{vault} was installed for the city {installed}, not {city}")
    if city and not installed:
        await connection.execute(f"insert into {vault}.city (name) values ($1)", city)


async def _apply(connection: Any, file: Traversable, fill: Any, vault: str) -> bool:
    text = file.read_text("utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    query = f"select sha256 from {vault}.migration where name = $1"
    known = await connection.fetchval(query, file.name)
    if known is not None:
        if known != digest:
            raise MigrationChanged(f"{file.name} was applied with other content")
        return False
    await connection.execute(fill(text))
    await connection.execute(
        f"insert into {vault}.migration (name, sha256) values ($1, $2)", file.name, digest
    )
    return True


async def _install_buckets(connection: Any, schema: str, buckets: int) -> None:
    installed = await installed_buckets(connection, schema)
    if installed not in (0, buckets):
        raise BucketsFixed(f"{schema} was installed with {installed} buckets, not {buckets}")
    await connection.execute(
        f"insert into {schema}.bucket (bucket) select generate_series(0, $1::int - 1) "
        "on conflict do nothing",
        buckets,
    )
