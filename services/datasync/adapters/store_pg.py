"""What datasync keeps, on PostgreSQL. Statements are named ones of `queries.sql`; facts and feed
entries go in by COPY, which costs half of an insert from arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import asyncpg

from services.datasync.adapters import rows_pg
from services.datasync.adapters.store import (
    FeedTx,
    Filters,
    Kept,
    Key,
    Reach,
)
from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import Entry, Head
from services.datasync.domain.sharing import Way
from services.datasync.domain.views import Summary
from services.datasync.domain.webhook import EndpointState, Waiting
from services.kernel.faults_pg import store_faults
from services.kernel.queries import named
from services.kernel.rows_pg import columns
from services.kernel.store import Tx

PER_BUCKET = 50
_LATEST = datetime.max.replace(tzinfo=UTC)


class PostgresFeedTx:
    """Works on the worker's connection, inside its transaction."""

    def __init__(self, connection: Any, schema: str, sql: Mapping[str, str]) -> None:
        self._connection, self._schema, self._sql = connection, schema, sql

    async def summaries(self, keys: Collection[Key]) -> dict[str, Summary]:
        rows = await self._connection.fetch(self._sql["summaries"], *columns(keys, 2))
        return {row["ticket"]: rows_pg.summary(row) for row in rows}

    async def facts(self, keys: Collection[Key]) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for row in await self._connection.fetch(self._sql["facts"], *columns(keys, 2)):
            found.setdefault(row["ticket"], []).append(rows_pg.fact(row))
        return found

    async def heads(self, feeds: Collection[tuple[str, int]]) -> dict[tuple[str, int], Head]:
        rows = await self._connection.fetch(self._sql["feed_heads"], *columns(feeds, 2))
        return {(r["subscription"], r["bucket"]): Head(r["sequence"], r["chain"]) for r in rows}

    async def write(
        self,
        facts: Sequence[Kept],
        summaries: Sequence[tuple[int, Summary]],
        entries: Sequence[Entry],
    ) -> None:
        await self._copy("fact", rows_pg.FACT_COLUMNS, [rows_pg.fact_row(k) for k in facts])
        if summaries:
            rows = [rows_pg.summary_row(bucket, s) for bucket, s in summaries]
            await self._connection.execute(self._sql["put_summaries"], *columns(rows, 15))
        if entries:
            await self._copy("feed", rows_pg.FEED_COLUMNS, [rows_pg.entry_row(e) for e in entries])

    async def _copy(
        self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        await self._connection.copy_records_to_table(
            table, records=rows, columns=columns, schema_name=self._schema
        )


class PostgresFeedStore:
    """Reads on a pool of the service; every limit is the caller's."""

    def __init__(self, pool: asyncpg.Pool, schema: str, vault: str) -> None:
        self._pool, self._schema = pool, schema
        file = resources.files("services.datasync") / "adapters" / "queries.sql"
        self._sql = named(file, schema, vault)

    def inside(self, tx: Tx) -> FeedTx:
        return PostgresFeedTx(tx.connection, self._schema, self._sql)

    async def ticket(self, bucket: int, ticket: str) -> list[Fact]:
        return [rows_pg.fact(row) for row in await self._fetch("facts", [bucket], [ticket])]

    async def tickets(
        self,
        filters: Filters,
        reach: Sequence[Reach] | None,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Summary]:
        f = filters
        lines = columns(
            [(r.role, r.department, r.level, r.category, r.area, r.since) for r in reach or ()], 6
        )
        at, ticket = before or (_LATEST, "")
        rows = await self._fetch(
            "tickets",
            f.state,
            f.kind,
            f.category,
            f.area,
            f.unit,
            reach is None,
            *lines,
            at,
            ticket,
            limit,
        )
        return [rows_pg.summary(row) for row in rows]

    async def entries(self, subscription: str, after: Mapping[int, int], limit: int) -> list[Entry]:
        each = min(limit, max(PER_BUCKET, limit // max(len(after), 1)))
        rows = await self._fetch(
            "entries", subscription, list(after), list(after.values()), limit, each
        )
        return [rows_pg.entry(subscription, row) for row in rows]

    async def ticket_entries(
        self, subscription: str, bucket: int, ticket: str, first: int, last: int, limit: int
    ) -> list[Entry]:
        rows = await self._fetch("ticket_entries", subscription, bucket, ticket, first, last, limit)
        return [rows_pg.entry(subscription, row) for row in rows]

    async def heads(self, subscription: str) -> dict[int, Head]:
        rows = await self._fetch("heads", subscription)
        return {row["bucket"]: Head(row["sequence"], row["chain"]) for row in rows}

    async def cursors(
        self, way: Way, subscription: str, buckets: Collection[int]
    ) -> dict[int, int]:
        rows = await self._fetch("cursors", subscription, way.value, list(buckets))
        return dict.fromkeys(buckets, 0) | {r["bucket"]: r["delivered_sequence"] for r in rows}

    async def put_cursors(self, way: Way, subscription: str, delivered: Mapping[int, int]) -> None:
        await self._fetch(
            "put_cursors", subscription, way.value, list(delivered), list(delivered.values())
        )

    async def waiting(self, subscription: str, buckets: Collection[int]) -> list[Waiting]:
        rows = await self._fetch("waiting", subscription, list(buckets))
        return [Waiting(*row) for row in rows]

    async def put_waiting(self, rows: Sequence[Waiting]) -> None:
        lines = columns(
            [
                (
                    w.subscription,
                    w.bucket,
                    w.ticket,
                    w.from_sequence,
                    w.attempts,
                    w.next_at,
                    w.reason,
                )
                for w in rows
            ],
            7,
        )
        await self._fetch("put_waiting", *lines)

    async def drop_waiting(self, subscription: str, bucket: int, ticket: str) -> None:
        await self._fetch("drop_waiting", subscription, bucket, ticket)

    async def endpoint(self, subscription: str) -> EndpointState:
        rows = await self._fetch("endpoint", subscription)
        return EndpointState(*rows[0]) if rows else EndpointState()

    async def put_endpoint(self, subscription: str, state: EndpointState) -> None:
        await self._fetch(
            "put_endpoint", subscription, state.not_before, state.stopped_at, state.reason
        )

    async def release(self, subscription: str, now: datetime) -> int:
        return len(await self._fetch("release", subscription, now))

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            rows: list[Any] = await self._pool.fetch(self._sql[name], *arguments)
        return rows
