"""The rows of clocks on PostgreSQL: one read and one write per batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from importlib import resources
from operator import attrgetter
from typing import Any

from services.deadline.adapters.store import ClocksTx, Key, Open, Passed
from services.deadline.domain.desk_views import ApplicationView, MovedView, Waiting
from services.deadline.domain.shares import Moment
from services.deadline.domain.views import ClockView
from services.kernel.facts import NEVER
from services.kernel.faults_pg import store_faults
from services.kernel.queries import named
from services.kernel.rows_pg import columns
from services.kernel.store import Tx
from services.kernel.store_pg import PostgresStore

_VALUES = attrgetter(*(field.name for field in fields(ClockView)))
_APPLICATION = tuple(field.name for field in fields(ApplicationView))
_MOVED = tuple(field.name for field in fields(MovedView))


class PostgresClocksTx:
    """Works on the worker's connection, inside its transaction."""

    def __init__(self, connection: Any, sql: Mapping[str, str]) -> None:
        self._connection, self._sql = connection, sql

    async def rows(self, keys: Collection[Key]) -> dict[Key, ClockView]:
        found = await self._connection.fetch(self._sql["rows"], *columns(keys, 4))
        return {(r["bucket"], r["ticket"], r["clock"], r["run"]): _view(r) for r in found}

    async def put(self, rows: Sequence[tuple[int, ClockView]]) -> None:
        lines = [(bucket, *_VALUES(row)) for bucket, row in rows]
        await self._connection.execute(self._sql["put"], *columns(lines, 9))

    async def applications(self, keys: Collection[Key]) -> dict[Key, Waiting]:
        found: dict[Key, Waiting] = {}
        for r in await self._connection.fetch(self._sql["applications"], *columns(keys, 4)):
            key = r["bucket"], r["ticket"], r["clock"], r["run"]
            found[key] = (*found.get(key, ()), _application(r))
        return found

    async def put_applications(self, rows: Mapping[Key, Waiting]) -> None:
        await self._connection.execute(self._sql["drop_applications"], *columns(rows, 4))
        values = attrgetter(*_APPLICATION)
        lines = [(key[0], *values(one)) for key, waiting in rows.items() for one in waiting]
        if lines:
            await self._connection.execute(self._sql["put_applications"], *columns(lines, 10))

    async def put_moved(self, rows: Sequence[tuple[int, MovedView]]) -> None:
        last = {(b, row.ticket, row.clock, row.run): (b, row) for b, row in rows}
        lines = [(bucket, *attrgetter(*_MOVED)(row)) for bucket, row in last.values()]
        await self._connection.execute(self._sql["put_moved"], *columns(lines, 8))

    async def pass_on(self, rows: Sequence[Passed]) -> None:
        lines = [(*place, m.at, m.type, m.unit, m.reason) for *place, m in rows]
        await self._connection.execute(self._sql["pass_on"], *columns(lines, 7))


class PostgresClocksStore:
    """Reads on the pool of the service; every limit is the caller's."""

    def __init__(self, store: PostgresStore) -> None:
        self._pool = store.pool
        file = resources.files("services.deadline") / "adapters" / "queries.sql"
        self.sql = named(file, store.schema, store.vault)

    def inside(self, tx: Tx) -> ClocksTx:
        return PostgresClocksTx(tx.connection, self.sql)

    async def of_ticket(self, bucket: int, ticket: str) -> list[ClockView]:
        return await self._views("of_ticket", bucket, ticket)

    async def moments(self, bucket: int, ticket: str, limit: int) -> list[Moment]:
        with store_faults():
            rows = await self._pool.fetch(self.sql["moments"], bucket, ticket, limit)
        return [Moment(r["at"], r["type"], r["unit"], r["reason"]) for r in rows]

    async def due(
        self, unit: str | None, before: datetime, limit: int, *, since: datetime = NEVER
    ) -> list[ClockView]:
        if unit is None:
            return await self._views("due_of_all", since, before, limit)
        return await self._views("due", unit, since, before, limit)

    async def open_applications(self, limit: int) -> list[Open]:
        with store_faults():
            rows = await self._pool.fetch(self.sql["open_applications"], limit)
        return [(_application(row), row["due_at"]) for row in rows]

    async def count_applications(self) -> int:
        with store_faults():
            count: int = await self._pool.fetchval(self.sql["count_applications"])
        return count

    async def moved(self, calendar: str, limit: int) -> tuple[int, list[MovedView]]:
        with store_faults():
            count = await self._pool.fetchval(self.sql["moved_count"], calendar)
            rows = await self._pool.fetch(self.sql["moved"], calendar, limit)
        return count, [MovedView(**{name: row[name] for name in _MOVED}) for row in rows]

    async def by_hour(
        self, unit: str | None, start: datetime, end: datetime
    ) -> list[tuple[datetime, int]]:
        whose = () if unit is None else (unit,)
        name = "by_hour_of_all" if unit is None else "by_hour"
        with store_faults():
            rows = await self._pool.fetch(self.sql[name], *whose, start, end)
        return [(row["hour"], row["clocks"]) for row in rows]

    async def open_tickets(self, after: tuple[int, str], limit: int) -> list[tuple[int, str]]:
        with store_faults():
            rows = await self._pool.fetch(self.sql["open_tickets"], *after, limit)
        return [(row["bucket"], row["ticket"]) for row in rows]

    async def planned_by(self) -> dict[int, int]:
        with store_faults():
            rows = await self._pool.fetch(self.sql["planned_by"])
        return {row["bucket"]: row["version"] for row in rows}

    async def set_planned_by(self, bucket: int, version: int) -> None:
        with store_faults():
            await self._pool.execute(self.sql["set_planned_by"], bucket, version)

    async def _views(self, name: str, *arguments: Any) -> list[ClockView]:
        with store_faults():
            return [_view(row) for row in await self._pool.fetch(self.sql[name], *arguments)]


def _view(row: Any) -> ClockView:
    return ClockView(
        row["ticket"], row["clock"], row["run"], row["unit"], row["state"], row["started_at"],
        row["due_at"], row["missed"],
    )  # fmt: skip


def _application(row: Any) -> ApplicationView:
    return ApplicationView(**{name: row[name] for name in _APPLICATION})
