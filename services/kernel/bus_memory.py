"""The log in memory: the twin for simulation. One member per group owns every partition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.kernel.bus import (
    Assigned,
    BusUnavailable,
    Headers,
    LogHole,
    Outgoing,
    Place,
    Reached,
    Record,
    Revoked,
)
from services.kernel.names import murmur2


@dataclass(slots=True)
class MemoryRecord:
    """A record as the twin keeps it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class MemoryBus:
    """Topics are made with `create`; `now` is the broker's clock and the database's."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.logs: dict[Place, list[Record]] = {}
        self._counts: dict[str, int] = {}
        self._grown = asyncio.Condition()

    def create(self, topic: str, partitions: int) -> None:
        self._counts[topic] = partitions
        self.logs.update({(topic, p): [] for p in range(partitions)})

    async def publish(self, records: Sequence[Outgoing]) -> None:
        stamp = int(self.now().timestamp() * 1000)
        if unknown := {r.topic for r in records} - self._counts.keys():
            raise BusUnavailable(f"there is no topic {', '.join(sorted(unknown))}")
        for r in records:
            partition = r.partition
            if partition is None:
                partition = (murmur2(r.key) & 0x7FFFFFFF) % self._counts[r.topic]
            log = self.logs[r.topic, partition]
            log.append(MemoryRecord(r.topic, partition, len(log), stamp, r.key, r.value, r.headers))
        async with self._grown:
            self._grown.notify_all()

    async def consumer(
        self, group: str, instance: str, topics: Sequence[str], assigned: Assigned, revoked: Revoked
    ) -> MemoryConsumer:
        places = [(t, p) for t in topics for p in range(self._counts[t])]
        return MemoryConsumer(self, dict(await assigned(places)), self._grown)

    async def reader(self, places: Sequence[Place], *, from_end: bool) -> MemoryConsumer:
        offsets = {p: len(self.logs[p]) if from_end else 0 for p in places}
        return MemoryConsumer(self, offsets, self._grown)

    async def partitions(self, topic: str) -> int:
        return self._counts[topic]

    async def close(self) -> None:
        """Nothing to let go of."""


class MemoryConsumer:
    """Group member and reader alike."""

    def __init__(self, bus: MemoryBus, offsets: dict[Place, int], grown: asyncio.Condition) -> None:
        self._bus, self._offsets, self._grown = bus, offsets, grown

    async def fetch(self, limit: int, timeout_s: float) -> list[Record]:
        found = self._take(limit)
        if not found:
            try:
                async with asyncio.timeout(timeout_s), self._grown:
                    await self._grown.wait()
            except TimeoutError:
                return []
            found = self._take(limit)
        return found

    def _take(self, limit: int) -> list[Record]:
        found: list[Record] = []
        for place, offset in self._offsets.items():
            if offset > len(self._bus.logs[place]):
                raise LogHole(f"{place}: the log ends before offset {offset}")
            part = self._bus.logs[place][offset : offset + limit - len(found)]
            self._offsets[place] = offset + len(part)
            found.extend(part)
        return found

    def seek(self, place: Place, offset: int) -> None:
        self._offsets[place] = offset

    def reached(self, place: Place) -> Reached | None:
        return Reached(len(self._bus.logs[place]), self._bus.now())

    async def starts(self) -> dict[Place, int]:
        return dict.fromkeys(self._offsets, 0)

    async def ends(self) -> dict[Place, int]:
        return {place: len(self._bus.logs[place]) for place in self._offsets}

    async def stop(self) -> None:
        """Nothing to let go of."""
