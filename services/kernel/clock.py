"""The clock port. Everybody's clock is the database's: arrivals are stamped by it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """`now` is aware and never ahead of the database clock."""

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...


class DatabaseClock:
    """Follows the database clock from below: its last reading plus the time since it came."""

    def __init__(self, read: Callable[[], Awaitable[datetime]]) -> None:
        self._read = read
        self._base = datetime.min.replace(tzinfo=UTC)
        self._since = time.monotonic()

    async def follow(self) -> None:
        """Read the database clock once; called at start and twice a second."""
        asked = time.monotonic()
        value = await self._read()
        came = time.monotonic()
        estimate = self._base + timedelta(seconds=came - self._since)
        # Both are lower bounds, so the later one holds, unless the database clock went back.
        if value >= estimate or value + timedelta(seconds=came - asked) < estimate:
            self._base, self._since = value, came

    def now(self) -> datetime:
        return self._base + timedelta(seconds=time.monotonic() - self._since)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that stands still until it is told otherwise; sleepers wake as it moves."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    def advance(self, **by: float) -> None:
        """`advance(seconds=…, minutes=…, days=…)`."""
        self._now += timedelta(**by)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep(self, seconds: float) -> None:
        wake = self._now + timedelta(seconds=seconds)
        while self._now < wake:
            await self._moved.wait()
