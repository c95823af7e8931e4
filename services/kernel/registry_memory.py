"""The registry's log of one service in memory: the twin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from services.kernel.registry import Changed, Entry, NewEntry


class MemoryRegistry:
    """Same rules, same answers as PostgresRegistry; `now` is the database clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._rows: dict[int, Entry] = {}
        self._relayed = 0

    async def since(self, position: int, limit: int) -> list[Entry]:
        return [e for p, e in sorted(self._rows.items()) if p > position][:limit]

    async def known(self, command_id: str) -> Entry | None:
        return next((e for e in self._rows.values() if e.command_id == command_id), None)

    async def add(self, new: NewEntry) -> Entry:
        newest = max((e.version for e in self._rows.values() if e.name == new.name), default=0)
        is_next = new.version in (0, newest + 1)
        if not is_next or await self.known(new.command_id):
            raise Changed(new.name)
        position = max(self._rows, default=0) + 1
        made = Entry(position=position, recorded_at=self._now(), **asdict(new))
        self._rows[position] = made
        return made

    async def unrelayed(self, limit: int) -> list[Entry]:
        return await self.since(self._relayed, limit)

    async def relayed(self, position: int) -> None:
        self._relayed = max(self._relayed, position)

    async def restore(self, entries: Sequence[Entry]) -> None:
        self._rows.update({e.position: e for e in entries})
        self._relayed = max([self._relayed, *(e.position for e in entries)])
