"""The store of record on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

import asyncpg
import orjson

from services.kernel.bus import Headers
from services.kernel.decider import SetTimer
from services.kernel.facts import (
    Append,
    Fact,
    InboxRow,
    Outcome,
    Repeated,
    Timer,
)
from services.kernel.faults_pg import store_faults
from services.kernel.names import schema_of, vault_of
from services.kernel.queries import named
from services.kernel.rows_pg import (
    arguments,
    aware,
    columns,
    fact_of,
    inbox_row,
    key_of,
    outcome,
    parked_line,
    parked_record,
    repeated,
    unpack_headers,
)
from services.kernel.store import (
    Advance,
    BucketClosed,
    LostOwnership,
    Mark,
    ParkedRecord,
    Seals,
    StoreUnavailable,
    TimerRow,
)


class _JustUsed(StoreUnavailable):
    """A command id was used in another bucket while the append looked for it."""


class PostgresTx:
    """One open transaction on one connection."""

    def __init__(self, store: PostgresStore, connection: Any) -> None:
        self.connection = connection
        self._store = store
        self._sql = store.sql

    async def advance(self, rows: Sequence[Advance]) -> None:
        moved = columns(
            [
                (
                    r.topic,
                    r.partition,
                    r.old,
                    r.new,
                    r.epoch,
                    r.read_until,
                    orjson.dumps(r.expected).decode(),
                )
                for r in rows
            ],
            7,
        )
        if not await self.connection.fetchval(self._sql["advance"], *moved):
            raise LostOwnership(str([(r.topic, r.partition) for r in rows]))

    async def still_owner(self, topic: str, epochs: Mapping[int, int]) -> None:
        owned = await self.connection.fetchval(
            self._sql["still_owner"], topic, list(epochs), list(epochs.values())
        )
        if owned != len(epochs):
            raise LostOwnership(topic)

    async def append(self, batch: Sequence[Append]) -> list[Outcome]:
        return await self._store.append_on(self.connection, batch)

    async def change_timers(self, rows: Sequence[TimerRow]) -> None:
        last = {(r.bucket, r.ticket, r.change.name): r for r in rows}
        sets, clears = [], []
        for (bucket, ticket, name), row in sorted(last.items(), key=lambda item: item[0]):
            if isinstance(row.change, SetTimer):
                sources = ",".join(row.change.sources)
                sets.append(
                    (bucket, ticket, name, row.change.due_at, sources, row.import_id,
                     row.traceparent)
                )  # fmt: skip
            else:
                clears.append((bucket, ticket, name))
        if clears:
            await self.connection.execute(self._sql["clear_timers"], *columns(clears, 3))
        if sets:
            await self.connection.execute(self._sql["set_timers"], *columns(sets, 7))

    async def set_frontier(self, bucket: int, import_id: str, until: datetime, final: bool) -> None:
        await self.connection.execute(self._sql["set_frontier"], bucket, import_id, until, final)

    async def refuse(self, answers: Sequence[Repeated]) -> None:
        last = {(a.sender, a.key): a for a in answers}.values()
        lines = [(a.sender, a.key, a.ticket, a.status, a.body) for a in last]
        await self.connection.execute(self._sql["refuse"], *columns(lines, 5))

    async def park(self, rows: Sequence[tuple[int, ParkedRecord]]) -> None:
        lines = [parked_line(bucket, record, self._store.seals) for bucket, record in rows]
        await self.connection.execute(self._sql["park"], *columns(lines, 11))

    async def unpark(self, bucket: int, ticket: str, count: int, dropped_by: str = "") -> None:
        name, who = ("drop_parked", [dropped_by]) if dropped_by else ("unpark", [])
        await self.connection.execute(self._sql[name], bucket, ticket, count, *who)


class PostgresStore:
    """One service's ledger and vault. Every statement is a named one of `sql/queries.sql`.

    `healing`: the store of whoever heals the ledger, whose inbox moves before it is healed.
    """

    seals: Seals | None = None  # of bodies that are parked, where they may hold plain words

    def __init__(
        self, pool: asyncpg.Pool, service: str, namespace: str = "", *, healing: bool = False
    ) -> None:
        self.pool, self.service = pool, service
        schema, vault = schema_of(namespace, service), vault_of(namespace, service)
        self.schema, self.vault = schema, vault
        file = resources.files("services.kernel") / "sql" / "queries.sql"
        self.sql = named(file, schema, vault)
        self.namespace = namespace
        if healing:
            self.sql["advance"] = self.sql["advance_healing"]

    async def append(self, batch: Sequence[Append]) -> list[Outcome]:
        """One statement is one transaction: atomic without BEGIN and COMMIT."""
        try:
            return await self._append(batch)
        except _JustUsed:
            return await self._append(batch)

    async def _append(self, batch: Sequence[Append]) -> list[Outcome]:
        with store_faults():
            async with self.pool.acquire() as connection:
                return await self.append_on(connection, batch)

    async def append_on(self, connection: Any, batch: Sequence[Append]) -> list[Outcome]:
        try:
            rows = await connection.fetch(self.sql["append"], *arguments(batch))
        except asyncpg.UniqueViolationError as error:
            raise _JustUsed(str(error)) from error
        keys = [
            key_of(c)
            for a, row in zip(batch, rows, strict=True)
            if row["outcome"] == 3
            for c in a.commands
        ]
        answers = await self._answers(connection, keys) if keys else {}
        return [outcome(a, row, answers) for a, row in zip(batch, rows, strict=True)]

    async def load(self, streams: Sequence[tuple[int, str]]) -> dict[str, list[Fact]]:
        buckets, names = columns(list(streams), 2)
        found: dict[str, list[Fact]] = {}
        for row in await self._fetch("load", buckets, names):
            found.setdefault(row["stream"], []).append(fact_of(self.service, row))
        return found

    async def page(self, bucket: int, position: int, limit: int) -> list[Fact]:
        return [
            fact_of(self.service, row) for row in await self._fetch("page", bucket, position, limit)
        ]

    async def next_positions(self, buckets: Iterable[int]) -> dict[int, int]:
        rows = await self._fetch("next_positions", list(buckets))
        return {row["bucket"]: row["next_position"] for row in rows}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTx]:
        """Commits at the end of the block; an unknown outcome is StoreUnavailable."""
        with store_faults():
            async with self.pool.acquire() as connection, connection.transaction():
                yield PostgresTx(self, connection)

    async def claim(self, partitions: Sequence[tuple[str, int]]) -> list[InboxRow]:
        return list(map(inbox_row, await self._fetch("claim", *columns(sorted(partitions), 2))))

    async def held(self, claims: Sequence[tuple[str, int, int]]) -> list[InboxRow]:
        return list(map(inbox_row, await self._fetch("held", *columns(sorted(claims), 3))))

    async def marks(self) -> dict[int, Mark]:
        return {row[0]: Mark(row[1], row[2]) for row in await self._fetch("marks")}

    async def claimed(self, topics: Sequence[str]) -> dict[str, int]:
        return dict(await self._fetch("claimed", list(topics)))

    async def expected(self, topic: str, partition: int) -> dict[str, int]:
        rows = await self._fetch("expected", topic, partition)
        return orjson.loads(rows[0]["expected"]) if rows else {}

    async def read_until(self, rows: Sequence[tuple[str, int, int, datetime]]) -> None:
        await self._fetch("read_until", *columns(list(rows), 4))

    async def close_buckets(
        self, buckets: Sequence[int], keyed: Sequence[str], shared: Sequence[str], grace_s: float
    ) -> list[BucketClosed]:
        rows = await self._fetch(
            "close_buckets", list(buckets), list(keyed), list(shared), timedelta(seconds=grace_s)
        )
        return [BucketClosed(r["bucket"], r["position"], aware(r["closed_until"])) for r in rows]

    async def due_timers(
        self, proven: Sequence[tuple[int, str, datetime]], buckets: Sequence[int], limit: int
    ) -> list[Timer]:
        rows = await self._fetch("due_timers", *columns(list(proven), 3), list(buckets), limit)
        return [
            Timer(bucket, ticket, name, due_at, tuple(sources.split(",")), import_id, trace)
            for bucket, ticket, name, due_at, sources, import_id, trace in rows
        ]

    async def timer_sources(self) -> list[tuple[str, ...]]:
        return [tuple(row["sources"].split(",")) for row in await self._fetch("timer_sources")]

    async def answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Repeated]:
        with store_faults():
            async with self.pool.acquire() as connection:
                return await self._answers(connection, keys)

    async def closed_imports(self, names: Collection[str]) -> set[str]:
        return {row["import_id"] for row in await self._fetch("closed_imports", list(names))}

    async def unsent_replies(self, limit: int) -> list[tuple[str, str, str, Repeated]]:
        rows = await self._fetch("unsent_replies", limit)
        return [(r["sender"], r["key"], r["reply_to"], repeated(r)) for r in rows]

    async def replies_sent(self, keys: Sequence[tuple[str, str]]) -> None:
        await self._fetch("replies_sent", *columns(list(keys), 2))

    async def refusals_sent(self, keys: Sequence[tuple[str, str]]) -> None:
        await self._fetch("refusals_sent", *columns(list(keys), 2))

    async def parked_tickets(self, buckets: Iterable[int]) -> set[str]:
        return {row["ticket"] for row in await self._fetch("parked_tickets", list(buckets))}

    async def early_tickets(self, buckets: Iterable[int]) -> dict[str, bool]:
        return dict(await self._fetch("early_tickets", list(buckets)))

    async def parked_records(
        self, ticket: str, limit: int, *, opened: bool = True
    ) -> list[ParkedRecord]:
        rows = await self._fetch("parked_records", ticket, limit)
        return [parked_record(row, self.seals if opened else None) for row in rows]

    async def parked_headers(self, places: Sequence[tuple[int, str]]) -> list[Headers]:
        rows = await self._fetch("parked_headers", *columns(list(places), 2))
        return [unpack_headers(row["headers"]) for row in rows]

    async def database_clock(self) -> datetime:
        value: datetime = (await self._fetch("database_clock"))[0][0]
        return value

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            return await self.pool.fetch(self.sql[name], *arguments)  # type: ignore[no-any-return]

    async def _answers(
        self, connection: Any, keys: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], Repeated]:
        rows = await connection.fetch(self.sql["answers"], *columns(list(keys), 2))
        return {(row["sender"], row["key"]): repeated(row) for row in rows}
