"""The rows of clocks in memory: the twin for simulation, same rules, same answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.deadline.adapters.store import ClocksTx, Key, Open, Passed
from services.deadline.domain.desk_views import MovedView, Waiting
from services.deadline.domain.shares import Moment
from services.deadline.domain.views import ENDED, ClockView
from services.kernel.facts import NEVER
from services.kernel.store import Tx

VIEW, MOMENTS, APPLICATIONS, MOVED = "clocks", "moments", "applications", "moved"
Rows = dict[Key, ClockView]
Moments = dict[tuple[int, str, str], Moment]


class MemoryClocksTx:
    """Works on the copy of the rows that belongs to the worker's transaction."""

    def __init__(self, tables: MutableMapping[str, Any]) -> None:
        self._rows: Rows = tables.setdefault(VIEW, {})
        self._moments: Moments = tables.setdefault(MOMENTS, {})
        self._applications: dict[Key, Waiting] = tables.setdefault(APPLICATIONS, {})
        self._moved: dict[Key, MovedView] = tables.setdefault(MOVED, {})

    async def rows(self, keys: Collection[Key]) -> Rows:
        return {key: self._rows[key] for key in keys if key in self._rows}

    async def put(self, rows: Sequence[tuple[int, ClockView]]) -> None:
        put = {(b, row.ticket, row.clock, row.run): row for b, row in rows}
        self._rows.update(put)
        for key in [key for key, row in put.items() if row.state in ENDED]:
            self._applications.pop(key, None)

    async def applications(self, keys: Collection[Key]) -> dict[Key, Waiting]:
        return {key: self._applications[key] for key in keys if key in self._applications}

    async def put_applications(self, rows: Mapping[Key, Waiting]) -> None:
        self._applications.update(rows)
        for key in [key for key, waiting in rows.items() if not waiting]:
            del self._applications[key]

    async def put_moved(self, rows: Sequence[tuple[int, MovedView]]) -> None:
        self._moved.update({(b, row.ticket, row.clock, row.run): row for b, row in rows})

    async def pass_on(self, rows: Sequence[Passed]) -> None:
        self._moments.update({(bucket, ticket, fact): m for bucket, ticket, fact, m in rows})


class MemoryClocksStore:
    """`views` gives the kernel twin's tables of views, as they are committed."""

    def __init__(self, views: Callable[[], MutableMapping[str, Any]]) -> None:
        self._views = views
        self._planned: dict[int, int] = {}

    def inside(self, tx: Tx) -> ClocksTx:
        return MemoryClocksTx(tx.connection)

    @property
    def _rows(self) -> Rows:
        rows: Rows = self._views().get(VIEW, {})
        return rows

    async def of_ticket(self, bucket: int, ticket: str) -> list[ClockView]:
        mine = [row for key, row in self._rows.items() if key[:2] == (bucket, ticket)]
        return sorted(mine, key=lambda row: (row.started_at, row.clock, row.run))

    async def moments(self, bucket: int, ticket: str, limit: int) -> list[Moment]:
        moments: Moments = self._views().get(MOMENTS, {})
        mine = sorted(((m.at, key), m) for key, m in moments.items() if key[:2] == (bucket, ticket))
        return [m for _, m in mine[:limit]]

    async def due(
        self, unit: str | None, before: datetime, limit: int, *, since: datetime = NEVER
    ) -> list[ClockView]:
        found = [(due_at, row) for due_at, row in self._running(unit) if since <= due_at < before]
        found.sort(key=lambda pair: (pair[0], pair[1].ticket, pair[1].clock, pair[1].run))
        return [row for _, row in found[:limit]]

    async def open_applications(self, limit: int) -> list[Open]:
        tables: dict[Key, Waiting] = self._views().get(APPLICATIONS, {})
        found = [
            (application, self._rows[key].due_at)
            for key, waiting in tables.items()
            if key in self._rows
            for application in waiting
        ]
        found.sort(key=_earliest)
        return found[:limit]

    async def count_applications(self) -> int:
        waiting: dict[Key, Waiting] = self._views().get(APPLICATIONS, {})
        return sum(map(len, waiting.values()))

    async def moved(self, calendar: str, limit: int) -> tuple[int, list[MovedView]]:
        rows: dict[Key, MovedView] = self._views().get(MOVED, {})
        found = [row for _, row in sorted(rows.items()) if row.calendar == calendar]
        return len(found), found[:limit]

    async def by_hour(
        self, unit: str | None, start: datetime, end: datetime
    ) -> list[tuple[datetime, int]]:
        found = Counter(
            due_at.replace(minute=0, second=0, microsecond=0)
            for due_at, _ in self._running(unit)
            if start <= due_at < end
        )
        return sorted(found.items())

    async def open_tickets(self, after: tuple[int, str], limit: int) -> list[tuple[int, str]]:
        found = {key[:2] for key, row in self._rows.items() if row.state == "running"}
        return sorted(place for place in found if place > after)[:limit]

    async def planned_by(self) -> dict[int, int]:
        return dict(self._planned)

    async def set_planned_by(self, bucket: int, version: int) -> None:
        self._planned[bucket] = max(version, self._planned.get(bucket, 0))

    def _running(self, unit: str | None) -> Iterator[tuple[datetime, ClockView]]:
        for row in self._rows.values():
            if row.state == "running" and unit in (None, row.unit) and row.due_at is not None:
                yield row.due_at, row


def _earliest(opened: Open) -> tuple[bool, datetime, str, str, int]:
    application, due_at = opened
    place = application.ticket, application.clock, application.working_days
    return due_at is None, due_at or datetime.max.replace(tzinfo=UTC), *place
