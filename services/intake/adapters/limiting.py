"""A channel's rate limit (R3): so many matters of each minute, over all processes of the service.

What counts is the minute in which a matter arrived: over HTTP now, by Kafka the broker's time. So
what waited on the topic while intake was away passes as it would have then, in whatever order its
partitions are read, and takes nothing from what arrives now. A channel that was away itself sends
what it kept within its limit, like everybody: it is answered 429 and sends the rest again, under
the same ids. An import states times of its own and has no limit; an emergency waits for nothing.

A refusal is an answer and no fact: neither rebuild nor heal asks again, so they come to what was
decided. A turn is its matter's, by sender and command id within the minute: what this process reads
again, of a batch that was undone or of a sender who repeats it, takes no further one. What one
process read and another has to read again, after a death or a rebalance, takes a second one.

The store counts per channel and minute. A process takes a second's worth at once, so that its
requests ask the store for nothing; once a minute is used up nobody asks again.
"""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.kernel.gather import Gather

MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=8)  # the topic of submissions keeps its records for seven
_SECONDS = 60
_MOST = 500  # minutes in memory, of all channels
_MOST_TAKEN = 20_000  # turns in memory, of all channels: many times what a batch holds

Place = tuple[str, datetime]  # a channel and its minute
# Of the channel's minute, under its limit, so many turns: how many there were.
Take = Callable[[str, datetime, int, int], Awaitable[int]]
_Asked = tuple[Place, int, Take]


@dataclass(frozen=True, slots=True)
class _Held:
    """Turns of ours that nobody used yet; of which limit, and whether there are no more."""

    per_minute: int
    turns: int = 0
    used_up: bool = False


class Limits:
    """What this process holds of each channel's minutes."""

    def __init__(self) -> None:
        self._held: OrderedDict[Place, _Held] = OrderedDict()
        self._asking = defaultdict[str, Gather[_Asked, None]](lambda: Gather(self._ask))
        self._taken: OrderedDict[tuple[str, datetime, str, str], None] = OrderedDict()

    async def wait_s(
        self, channel: str, per_minute: int, at: datetime, by: tuple[str, str], take: Take
    ) -> int:
        """0 and one turn less, or after how many seconds there is one. Raises what `take` does.

        `by` is the matter's (sender, command id): once it has its turn it is told 0 again.
        """
        place = channel, at.replace(second=0, microsecond=0)
        taken = (*place, *by)
        while taken not in self._taken:
            held = self._at_hand(place, per_minute)
            if held is None:
                await self._asking[channel]((place, per_minute, take))  # one asks for all who wait
                continue
            self._keep(place, replace(held, turns=max(0, held.turns - 1)))
            if not held.turns:
                return max(1, math.ceil((place[1] + MINUTE - at).total_seconds()))
            self._taken[taken] = None
            if len(self._taken) > _MOST_TAKEN:
                self._taken.popitem(last=False)
            return 0
        self._taken.move_to_end(taken)
        return 0

    def _at_hand(self, place: Place, per_minute: int) -> _Held | None:
        """None where the store has to be asked."""
        held = self._held.get(place)
        known = held is not None and held.per_minute == per_minute and (held.turns or held.used_up)
        return held if known else None

    async def _ask(self, asked: Sequence[_Asked]) -> Sequence[None]:
        """A second's worth of turns for each minute that has none by now, one after the other: a
        channel that is read up may ask for hundreds."""
        for place, per_minute, take in dict.fromkeys(asked):
            if self._at_hand(place, per_minute) is None:
                got = await take(*place, per_minute, max(1, per_minute // _SECONDS))
                self._keep(place, _Held(per_minute, got, used_up=not got))
        return [None] * len(asked)

    def _keep(self, place: Place, held: _Held) -> None:
        self._held[place] = held
        self._held.move_to_end(place)
        if len(self._held) > _MOST:
            self._held.popitem(last=False)
