"""How many requests are under way: of the process, and of each caller."""

from __future__ import annotations

import asyncio
from collections import Counter

from services.kernel.problems import Problem, unavailable

MOST, MOST_OF_CALLER = 1_000, 500
# Refusals are given after that time too, and no more than so many in a second: callers that ask
# again at once, whatever they are told, would leave none to those who are in.
RETRY_AFTER_S, REFUSED_PER_S = 1, 250
NEWCOMER = "hotline.newcomer"  # in the scope of a request: on a connection beyond the most


class InFlight:
    """Counts them; a caller is a credential or, without one, an address. Streams count as long as
    they are open. Nothing is remembered of who has none under way."""

    def __init__(self) -> None:
        self.total = self._held = 0
        self._of: Counter[bytes] = Counter()

    def enter(self, caller: bytes, *, newcomer: bool = False) -> Problem | None:
        """What keeps the request out; without, `leave` must follow."""
        if newcomer:
            return unavailable("Too many connections are open.", RETRY_AFTER_S)
        if self.total >= MOST:
            return unavailable("Too many requests are under way.", RETRY_AFTER_S)
        if self._of[caller] >= MOST_OF_CALLER:
            return Problem(
                429,
                "too-many-requests",
                "Too many requests of this caller are under way.",
                f"At most {MOST_OF_CALLER} at a time: wait for answers before sending more.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self.total += 1
        self._of[caller] += 1
        return None

    async def hold_back(self) -> None:
        """Before a refusal is given."""
        self._held += 1
        try:
            await asyncio.sleep(max(RETRY_AFTER_S, self._held / REFUSED_PER_S))
        finally:
            self._held -= 1

    def leave(self, caller: bytes) -> None:
        self.total -= 1
        self._of[caller] -= 1
        if not self._of[caller]:
            del self._of[caller]
