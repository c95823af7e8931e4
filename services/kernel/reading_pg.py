"""Reads a ledger in pages, in the form of the wire, beside whoever works on it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

import asyncpg

from services.kernel.faults_pg import store_faults
from services.kernel.names import schema_of, vault_of
from services.kernel.queries import named
from services.kernel.registry import Entry

PAGE = 5_000
Row = Sequence[Any]


class LedgerReader:
    """Pages of one service's ledger; `pool` as `store_pg.connect` makes it."""

    def __init__(self, pool: asyncpg.Pool, service: str, namespace: str) -> None:
        self.service, self._pool = service, pool
        file = resources.files("services.kernel") / "sql" / "verify.sql"
        schema, vault = schema_of(namespace, service), vault_of(namespace, service)
        self._sql = named(file, schema, vault)

    async def range(self, bucket: int, first: int, last: int) -> list[Row]:
        """Facts from `first` to `last`, both included; a hole is left out."""
        found: list[Row] = []
        for start in range(first, last + 1, PAGE):
            found += await self._fetch("range", bucket, start, min(last, start + PAGE - 1), PAGE)
        return found

    async def ends(self) -> dict[int, tuple[int, int]]:
        """Of every bucket the next position and the last that stands."""
        return {bucket: (upcoming, last) for bucket, upcoming, last in await self._fetch("ends")}

    async def offsets(self, topic: str) -> dict[int, int]:
        """How far each partition was applied."""
        return dict(await self._fetch("offsets", topic))

    async def disowned(self) -> set[tuple[int, int]]:
        """(bucket, position) of facts that gave way to those of the log."""
        return {(bucket, position) for bucket, position in await self._fetch("disowned")}

    async def parked(self, topic: str, partition: int) -> set[int]:
        """Offsets of records that were set aside."""
        return {offset for (offset,) in await self._fetch("parked", topic, partition)}

    async def unsent(self, bucket: int, after: int, limit: int) -> tuple[int, int, float]:
        (row,) = await self._fetch("unsent", bucket, after, limit)
        return row["count"], row["last"], row["waiting_s"] or 0.0

    async def registry(self, after: int, limit: int) -> list[tuple[Entry, float]]:
        """Entries behind a position, with how many seconds each has been there."""
        rows = await self._fetch("registry", after, limit)
        return [(Entry(*row[:-1]), row[-1]) for row in map(tuple, rows)]

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            return await self._pool.fetch(self._sql[name], *arguments)  # type: ignore[no-any-return]
