"""How many matters that came over HTTP are decided at once; the others wait in order of arrival.

A matter's time is that at which it is taken in hand, and what is not recorded within the grace
after its time is refused: a thousand taken at once would hold each other up until none is recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.kernel.problems import unavailable

# 64 are decided as fast as any more (`hotline bench intake`). So many are all recorded within the
# grace from 64 a second on.
MOST_IN_HAND = 128
WAIT_S = 5.0


class InHand:
    """One per process."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(MOST_IN_HAND)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """One of MOST_IN_HAND. Raises Problem 503 where none becomes free within WAIT_S."""
        if self._places.locked():
            await self._waited()
        else:
            await self._places.acquire()
        try:
            yield
        finally:
            self._places.release()

    async def _waited(self) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._places.acquire()
        except TimeoutError:
            raise unavailable("Too many matters are waiting.") from None
