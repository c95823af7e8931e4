"""Views of evaluation: figures of the units and the visits that are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from datetime import tzinfo
from importlib import resources
from typing import Any

from services.evaluation.adapters.codec import CODEC
from services.evaluation.adapters.measures import records
from services.evaluation.domain.views import (
    COUNTS,
    FiguresRow,
    VisitRow,
    figures,
    total,
    worklist,
)
from services.kernel.bus import Bus, Outgoing
from services.kernel.facts import Fact
from services.kernel.names import MEASURES, topic_of
from services.kernel.queries import named
from services.kernel.store import Tx
from services.kernel.store_pg import PostgresStore

Decoded = Sequence[tuple[Fact, Any]]


class FiguresView:
    """Written in the worker's transaction; what a batch adds to a row is summed beforehand."""

    def __init__(self, store: PostgresStore, zone: tzinfo) -> None:
        self._pool, self._zone = store.pool, zone
        file = resources.files("services.evaluation") / "adapters" / "queries.sql"
        self._sql = named(file, store.schema, store.vault)

    async def apply(self, tx: Tx, facts: Sequence[Fact]) -> None:
        mine = [
            (f, CODEC.decode(f)) for f in facts if f.source == CODEC.source and CODEC.knows(f.type)
        ]
        if mine:
            await self._add(tx, mine)
            await self._list(tx, mine)

    async def _add(self, tx: Tx, mine: Decoded) -> None:
        groups: dict[tuple[int, str, str], list[FiguresRow]] = {}
        for fact, event in mine:
            row = figures(event, self._zone)
            if row is not None:
                groups.setdefault((fact.bucket, row.unit, row.period), []).append(row)
        lines = [
            (*key, *(getattr(total(rows), name) for name in COUNTS))
            for key, rows in sorted(groups.items())
        ]
        if lines:
            await tx.connection.execute(self._sql["add"], *_columns(lines))

    async def _list(self, tx: Tx, mine: Decoded) -> None:
        keys = {(fact.bucket, fact.ticket): None for fact, _ in mine}
        found = await tx.connection.fetch(self._sql["visits"], *_columns(list(keys)))
        before = {(row["bucket"], row["ticket"]): _visit(row) for row in found}
        after: dict[tuple[int, str], VisitRow | None] = {key: before.get(key) for key in keys}
        for fact, event in mine:
            key = (fact.bucket, fact.ticket)
            after[key] = worklist(after[key], event)
        gone = [key for key, row in after.items() if row is None and key in before]
        kept = [
            (*key, *astuple(row))
            for key, row in after.items()
            if row is not None and row != before.get(key)
        ]
        if gone:
            await tx.connection.execute(self._sql["drop_visits"], *_columns(gone))
        if kept:
            await tx.connection.execute(self._sql["put_visits"], *_columns(sorted(kept)))

    async def committed(self, facts: Sequence[Fact]) -> None:
        """Nobody waits for figures."""

    async def owned(self, buckets: frozenset[int]) -> None:
        """Nothing is kept in memory."""

    async def of_unit(self, unit: str = "", period: str = "") -> list[FiguresRow]:
        """Counts by unit and month; empty arguments mean all."""
        rows = await self._pool.fetch(self._sql["of_unit"], unit, period)
        return [FiguresRow(**row) for row in rows]

    async def due_visits(self, limit: int) -> list[tuple[str, VisitRow]]:
        """(ticket, visit), the one that waits longest first."""
        rows = await self._pool.fetch(self._sql["due_visits"], limit)
        return [(row["ticket"], _visit(row)) for row in rows]


class MeasuresFeed:
    """Publishes what the live views count, before the batch is committed: at least once."""

    def __init__(self, bus: Bus, namespace: str) -> None:
        self._bus, self._topic = bus, topic_of(namespace, MEASURES)

    async def announce(self, facts: Sequence[Fact]) -> None:
        """Raises BusUnavailable: then the batch waits too."""
        headers = [("content-type", b"application/protobuf")]
        found = [
            Outgoing(self._topic, None, record.key, record.value, headers)
            for fact in facts
            for record in records(fact)
        ]
        if found:
            await self._bus.publish(found)


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(c) for c in zip(*rows, strict=True)]


def _visit(row: Any) -> VisitRow:
    return VisitRow(
        row["unit"], row["round"], row["category"], row["area"], row["level"],
        row["scheduled_at"], row["attempts"],
    )  # fmt: skip
