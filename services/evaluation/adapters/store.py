"""The port to evaluation's views. `store_pg` is the real one, `store_memory` its twin."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from services.evaluation.domain.views import FiguresRow, VisitRow
from services.kernel.store import Tx

Key = tuple[int, str]  # bucket, ticket
Row = tuple[str, str]  # unit, period
FIRST: Row = ("", "")


class FiguresTx(Protocol):
    """The part inside the worker's transaction; only the buckets' owner writes."""

    async def add(self, rows: Sequence[tuple[int, FiguresRow]]) -> None:
        """(bucket, counts): added to the row of that bucket, unit and period; each key once."""

    async def visits(self, keys: Collection[Key]) -> dict[Key, VisitRow]: ...

    async def put_visits(self, rows: Mapping[Key, VisitRow | None]) -> None:
        """The rows as they are now; None: there is no visit to make any more."""


class FiguresStore(Protocol):
    """Reads of figures and visits. Every method but `inside` raises StoreUnavailable."""

    def inside(self, tx: Tx) -> FiguresTx: ...

    async def of_unit(
        self, unit: str = "", period: str = "", *, behind: Row = FIRST, limit: int
    ) -> list[FiguresRow]:
        """Counts over all buckets by unit and month, in that order; empty means all."""

    async def due_visits(self, limit: int) -> list[tuple[str, VisitRow]]:
        """(ticket, visit), the one that waits longest first."""
