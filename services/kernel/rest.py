"""Why the next batch is larger: a worker rests behind one that came to anything."""

from __future__ import annotations

from services.kernel.clock import Clock

SHORTEST_S = 0.002
PER_LATE_S = 10.0  # seconds of rest for each by which a rest of late was overrun
SMOOTHED = 8


class Rest:
    """`most_s` seconds; `hurried`: only as long as the CPU is short, told by how late it wakes us.

    A batch costs nearly the same for one fact as for twenty. Where the CPU is free that harms
    nobody; where it is not, each small step makes everybody else's wait.
    """

    def __init__(self, clock: Clock, most_s: float, *, hurried: bool = False) -> None:
        self._clock, self._most_s, self._hurried = clock, most_s, hurried
        self._late_s = 0.0

    @property
    def length_s(self) -> float:
        """How long the next one is."""
        if not self._hurried:
            return self._most_s
        return min(max(SHORTEST_S, PER_LATE_S * self._late_s), self._most_s)

    async def take(self, waited_s: float) -> None:
        """What was waited for the batch counts as rest."""
        due_s = self.length_s - max(0.0, waited_s)
        if due_s <= 0.0:
            return
        began = self._clock.now()
        await self._clock.sleep(due_s)
        late_s = (self._clock.now() - began).total_seconds() - due_s
        self._late_s += (max(0.0, late_s) - self._late_s) / SMOOTHED
