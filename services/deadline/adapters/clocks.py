"""The view of clocks: one row per run, folded in topic order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from importlib import resources
from typing import Any

from services.deadline.domain.ticket import ReturnWindowClosed
from services.deadline.domain.views import ClockView, clock_row
from services.kernel.codec import Codec
from services.kernel.facts import Fact
from services.kernel.queries import named
from services.kernel.store import Tx
from services.kernel.store_pg import PostgresStore

Key = tuple[int, str, str, int]


class ClocksView:
    """Written in the worker's transaction: one read and one write per batch."""

    def __init__(self, codec: Codec, store: PostgresStore) -> None:
        self._codec, self._pool = codec, store.pool
        file = resources.files("services.deadline") / "adapters" / "queries.sql"
        self._sql = named(file, store.schema, store.vault)

    async def apply(self, tx: Tx, facts: Sequence[Fact]) -> None:
        moves = [
            (f, self._codec.decode(f))
            for f in facts
            if f.source == self._codec.source and self._codec.knows(f.type)
        ]
        if not moves:
            return
        keys = [_key(fact, event) for fact, event in moves]
        columns = [list(c) for c in zip(*dict.fromkeys(keys), strict=True)]
        found = await tx.connection.fetch(self._sql["rows"], *columns)
        rows: dict[Key, ClockView | None] = {_row_key(r): _view(r) for r in found}
        for key, (fact, event) in zip(keys, moves, strict=True):
            rows[key] = clock_row(rows.get(key), fact.ticket, event)
        lines = [(key[0], *astuple(row)) for key, row in sorted(rows.items()) if row is not None]
        if lines:
            await tx.connection.execute(
                self._sql["put"], *[list(c) for c in zip(*lines, strict=True)]
            )

    async def committed(self, facts: Sequence[Fact]) -> None:
        """Nobody waits for clocks."""

    async def owned(self, buckets: frozenset[int]) -> None:
        """Nothing is kept in memory."""

    async def of_ticket(self, bucket: int, ticket: str) -> list[ClockView]:
        """All runs of a ticket's clocks, in the order of their starts."""
        return [_view(r) for r in await self._pool.fetch(self._sql["of_ticket"], bucket, ticket)]

    async def due(self, unit: str, before: datetime, limit: int) -> list[ClockView]:
        """Running clocks due before an instant, the earliest first; of all units for ``''``."""
        return [_view(r) for r in await self._pool.fetch(self._sql["due"], unit, before, limit)]


def _key(fact: Fact, event: Any) -> Key:
    name = "return" if isinstance(event, ReturnWindowClosed) else event.clock
    return fact.bucket, fact.ticket, name, event.run


def _row_key(row: Any) -> Key:
    return row["bucket"], row["ticket"], row["clock"], row["run"]


def _view(row: Any) -> ClockView:
    return ClockView(
        row["ticket"], row["clock"], row["run"], row["unit"], row["state"], row["started_at"],
        row["due_at"], row["missed"],
    )  # fmt: skip
