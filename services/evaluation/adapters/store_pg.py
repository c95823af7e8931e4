"""Evaluation's views on PostgreSQL. Statements are named ones of `queries.sql`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib import resources
from typing import Any

import asyncpg

from services.evaluation.adapters.store import FIRST, FiguresTx, Key, Row
from services.evaluation.domain.views import FiguresRow, VisitRow
from services.kernel.faults_pg import store_faults
from services.kernel.queries import named
from services.kernel.rows_pg import columns
from services.kernel.store import Tx


class PostgresFiguresTx:
    """Works on the worker's connection, inside its transaction."""

    def __init__(self, connection: Any, sql: Mapping[str, str]) -> None:
        self._connection, self._sql = connection, sql

    async def add(self, rows: Sequence[tuple[int, FiguresRow]]) -> None:
        await self._execute("add", [(bucket, *row) for bucket, row in rows])

    async def visits(self, keys: Collection[Key]) -> dict[Key, VisitRow]:
        rows = await self._connection.fetch(self._sql["visits"], *columns(keys, 2))
        return {(row["bucket"], row["ticket"]): _visit(row) for row in rows}

    async def put_visits(self, rows: Mapping[Key, VisitRow | None]) -> None:
        await self._execute("drop_visits", [key for key, row in rows.items() if row is None])
        kept = [(*key, *row) for key, row in rows.items() if row is not None]
        await self._execute("put_visits", kept)

    async def _execute(self, name: str, lines: list[tuple[Any, ...]]) -> None:
        if lines:
            await self._connection.execute(self._sql[name], *columns(sorted(lines), len(lines[0])))


class PostgresFiguresStore:
    """Reads on a pool of the service; every limit is the caller's."""

    def __init__(self, pool: asyncpg.Pool, schema: str, vault: str) -> None:
        self._pool = pool
        file = resources.files("services.evaluation") / "adapters" / "queries.sql"
        self._sql = named(file, schema, vault)

    def inside(self, tx: Tx) -> FiguresTx:
        return PostgresFiguresTx(tx.connection, self._sql)

    async def of_unit(
        self, unit: str = "", period: str = "", *, behind: Row = FIRST, limit: int
    ) -> list[FiguresRow]:
        rows = await self._fetch("of_unit", unit, period, *behind, limit)
        return [FiguresRow(**row) for row in rows]

    async def due_visits(self, limit: int) -> list[tuple[str, VisitRow]]:
        return [(row["ticket"], _visit(row)) for row in await self._fetch("due_visits", limit)]

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            rows: list[Any] = await self._pool.fetch(self._sql[name], *arguments)
        return rows


def _visit(row: Any) -> VisitRow:
    return VisitRow(
        row["unit"], row["round"], row["category"], row["area"], row["level"],
        row["scheduled_at"], row["attempts"],
    )  # fmt: skip
