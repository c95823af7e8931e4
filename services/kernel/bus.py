"""The port to the log. `bus_kafka` is the real one, `bus_memory` its twin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Headers = Sequence[tuple[str, bytes]]
Place = tuple[str, int]  # topic, partition


class BusUnavailable(Exception):
    """The broker did not take or give what was asked; nothing is known of the outcome."""


class LogHole(Exception):
    """Offsets are missing in the log, or ours lies outside it: an alarm, never a reset."""


class Record(Protocol):
    """One record as read; `timestamp` is the broker's append time in ms since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(slots=True)
class Outgoing:
    """One record to send; the sender names the partition."""

    topic: str
    partition: int | None
    key: bytes
    value: bytes
    headers: Headers


@dataclass(slots=True)
class Reached:
    """A fetch was sent at `sent_at` (database clock, never late) and saw the end at `end`."""

    end: int
    sent_at: datetime


class Consumer(Protocol):
    """One member of a service's group: static membership, range assignor, seeks by itself."""

    async def fetch(self, limit: int, timeout_s: float) -> list[Record]: ...

    def seek(self, place: Place, offset: int) -> None: ...

    def reached(self, place: Place) -> Reached | None: ...

    async def stop(self) -> None: ...


Assigned = Callable[[Sequence[Place]], Awaitable[Mapping[Place, int]]]
Revoked = Callable[[Sequence[Place]], Awaitable[None]]


class Reader(Protocol):
    """Reads whole partitions without a group."""

    async def fetch(self, limit: int, timeout_s: float) -> list[Record]: ...

    def seek(self, place: Place, offset: int) -> None: ...

    async def starts(self) -> dict[Place, int]: ...

    async def ends(self) -> dict[Place, int]: ...

    async def stop(self) -> None: ...


class Bus(Protocol):
    """What the kernel asks of the broker."""

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """All acknowledged by all in-sync replicas. Raises BusUnavailable: some may stand."""

    async def consumer(
        self, group: str, instance: str, topics: Sequence[str], assigned: Assigned, revoked: Revoked
    ) -> Consumer:
        """`assigned` answers with the offset to go on from, before any record is delivered."""

    async def reader(self, places: Sequence[Place], *, from_end: bool) -> Reader: ...

    async def partitions(self, topic: str) -> int: ...

    async def close(self) -> None: ...
