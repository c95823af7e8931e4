"""The registry's log of one service on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from importlib import resources
from typing import Any

import asyncpg

from services.kernel.faults_pg import store_faults
from services.kernel.names import schema_of, vault_of
from services.kernel.queries import named
from services.kernel.registry import Changed, Entry, NewEntry


class PostgresRegistry:
    """In the service's schema, which a rebuild drops: the log has it all."""

    def __init__(self, pool: asyncpg.Pool, service: str, namespace: str = "") -> None:
        self._pool = pool
        file = resources.files("services.kernel") / "sql" / "registry.sql"
        self._sql = named(file, schema_of(namespace, service), vault_of(namespace, service))

    async def since(self, position: int, limit: int) -> list[Entry]:
        return [Entry(**row) for row in await self._fetch("since", position, limit)]

    async def known(self, command_id: str) -> Entry | None:
        return next((Entry(**row) for row in await self._fetch("known", command_id)), None)

    async def add(self, new: NewEntry) -> Entry:
        try:
            rows = await self._fetch("add", *astuple(new))
        except asyncpg.UniqueViolationError:
            rows = []
        if not rows:
            raise Changed(new.name)
        return Entry(**rows[0])

    async def unrelayed(self, limit: int) -> list[Entry]:
        return [Entry(**row) for row in await self._fetch("unrelayed", limit)]

    async def relayed(self, position: int) -> None:
        await self._fetch("relayed", position)

    async def restore(self, entries: Sequence[Entry]) -> None:
        with store_faults():
            await self._pool.executemany(self._sql["restore"], [astuple(e) for e in entries])

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            rows: list[Any] = await self._pool.fetch(self._sql[name], *arguments)
        return rows
