"""Evaluation's views in memory: the twin for simulation, same rules, same answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.evaluation.adapters.store import FIRST, FiguresTx, Key, Row
from services.evaluation.domain.views import FiguresRow, VisitRow, total
from services.kernel.store import Tx

VIEW = "evaluation"


@dataclass
class _Tables:
    """Rows are never changed in place, so a copy for a transaction is a copy of the maps."""

    figures: dict[tuple[int, str, str], FiguresRow] = field(default_factory=dict)
    visits: dict[Key, VisitRow] = field(default_factory=dict)

    def __deepcopy__(self, memo: object) -> _Tables:
        return _Tables(dict(self.figures), dict(self.visits))


class MemoryFiguresTx:
    """Works on the copy of the tables that belongs to the worker's transaction."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def add(self, rows: Sequence[tuple[int, FiguresRow]]) -> None:
        kept = self._tables.figures
        for bucket, row in rows:
            key = (bucket, row.unit, row.period)
            before = [kept[key]] if key in kept else []
            kept[key] = total([*before, row], row.unit, row.period)

    async def visits(self, keys: Collection[Key]) -> dict[Key, VisitRow]:
        rows = self._tables.visits
        return {key: rows[key] for key in keys if key in rows}

    async def put_visits(self, rows: Mapping[Key, VisitRow | None]) -> None:
        for key, row in rows.items():
            if row is None:
                self._tables.visits.pop(key, None)
            else:
                self._tables.visits[key] = row


class MemoryFiguresStore:
    """`views` gives the kernel twin's tables of views, as they are committed."""

    def __init__(self, views: Callable[[], MutableMapping[str, Any]]) -> None:
        self._views = views

    def inside(self, tx: Tx) -> FiguresTx:
        return MemoryFiguresTx(tx.connection.setdefault(VIEW, _Tables()))

    @property
    def _tables(self) -> _Tables:
        tables = self._views().get(VIEW)
        return tables if isinstance(tables, _Tables) else _Tables()

    async def of_unit(
        self, unit: str = "", period: str = "", *, behind: Row = FIRST, limit: int
    ) -> list[FiguresRow]:
        groups: dict[tuple[str, str], list[FiguresRow]] = {}
        for (_, of, month), row in self._tables.figures.items():
            if unit in ("", of) and period in ("", month) and (of, month) > behind:
                groups.setdefault((of, month), []).append(row)
        return [total(rows, *key) for key, rows in sorted(groups.items())[:limit]]

    async def due_visits(self, limit: int) -> list[tuple[str, VisitRow]]:
        waiting = [(ticket, row) for (_, ticket), row in self._tables.visits.items()]
        return sorted(waiting, key=lambda w: (w[1].scheduled_at, w[0]))[:limit]
