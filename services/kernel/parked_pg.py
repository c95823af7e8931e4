"""Parked tickets as operators and the owners of their buckets see them, on PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

import asyncpg

from services.kernel.faults_pg import store_faults
from services.kernel.names import schema_of, vault_of
from services.kernel.queries import named
from services.kernel.releasing import Order
from services.kernel.rows_pg import unpack_headers
from services.kernel.store import ParkedRecord

MOST = 1_000


@dataclass(frozen=True, slots=True)
class ParkedTicket:
    """A ticket that waits: how many records, since when, and why the first of them failed."""

    bucket: int
    ticket: str
    records: int
    since: datetime
    reason: str


class PostgresParked:
    """In one service's vault. Every method raises StoreUnavailable."""

    def __init__(self, pool: asyncpg.Pool, service: str, namespace: str = "") -> None:
        self._pool = pool
        file = resources.files("services.kernel") / "sql" / "parked.sql"
        self._sql = named(file, schema_of(namespace, service), vault_of(namespace, service))

    async def tickets(self, limit: int = MOST) -> list[ParkedTicket]:
        """The one that waits longest first."""
        return [ParkedTicket(*row) for row in await self._fetch("tickets", limit)]

    async def records(self, bucket: int, ticket: str, limit: int = MOST) -> list[ParkedRecord]:
        """What waits of one ticket, in order."""
        return [
            ParkedRecord(**{**row, "headers": unpack_headers(row["headers"])})
            for row in await self._fetch("records", bucket, ticket, limit)
        ]

    # An operator's side

    async def ask(self, bucket: int, ticket: str, action: str, by: str) -> int | None:
        """The number of the order; None where one is open already."""
        rows = await self._fetch("ask", bucket, ticket, action, by)
        return rows[0]["id"] if rows else None

    async def outcome(self, order: int) -> str | None:
        """What became of it; None while it is open."""
        rows = await self._fetch("outcome", order)
        return rows[0]["outcome"] if rows else None

    async def withdraw(self, order: int) -> bool:
        """False where it was done meanwhile."""
        return bool(await self._fetch("withdraw", order))

    # The owner's side

    async def orders(self, buckets: list[int], limit: int) -> list[Order]:
        return [Order(*row) for row in await self._fetch("orders", buckets, limit)]

    async def done(self, order: Order, outcome: str) -> None:
        await self._fetch("done", order.id, outcome)

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            rows: list[Any] = await self._pool.fetch(self._sql[name], *arguments)
        return rows
