"""A channel's rate limit (R3): so many matters per minute, over all processes of the service.

The store keeps one bucket per channel, which a minute fills. A process takes a second's worth at
once, so that its requests ask the store for nothing; who found the bucket empty asks again when it
can hold one more.
"""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Turns:
    """What a process got, and what the bucket still holds."""

    taken: int
    left: float


Take = Callable[[str, int, int, datetime], Awaitable[Turns]]


@dataclass(frozen=True, slots=True)
class _Held:
    """Turns of ours that nobody used yet, or until when there are none; of which limit."""

    per_minute: int
    turns: int = 0
    empty_until: datetime | None = None


class Limits:
    """What this process holds of each channel's bucket."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._taking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def wait_s(self, channel: str, per_minute: int, at: datetime, take: Take) -> int:
        """0 and one turn less, or after how many seconds there is one. Raises what `take` does."""
        async with self._taking[channel]:  # one asks for all who wait
            held = self._held.get(channel, _Held(per_minute))
            if held.per_minute != per_minute:
                held = _Held(per_minute)
            if held.empty_until is not None and at < held.empty_until:
                return math.ceil((held.empty_until - at).total_seconds())
            if not held.turns:
                held = await self._taken(channel, per_minute, at, take)
            if not held.turns:
                self._held[channel] = held
                assert held.empty_until is not None
                return max(1, math.ceil((held.empty_until - at).total_seconds()))
            self._held[channel] = replace(held, turns=held.turns - 1)
            return 0

    async def _taken(self, channel: str, per_minute: int, at: datetime, take: Take) -> _Held:
        wanted = max(1, per_minute // int(MINUTE_S))
        got = await take(channel, per_minute, wanted, at)
        if got.taken:
            return _Held(per_minute, got.taken)
        wait_s = (1.0 - got.left) * MINUTE_S / per_minute
        return _Held(per_minute, 0, at + timedelta(seconds=wait_s))
