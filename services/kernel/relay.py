"""Publishes each owned bucket's facts in order, without a gap; reading back acknowledges."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from services.kernel.bus import Bus, BusUnavailable, Outgoing
from services.kernel.clock import Clock
from services.kernel.cloudevents import to_record
from services.kernel.codec import Codec
from services.kernel.facts import Fact
from services.kernel.store import NotHealed, Store, StoreUnavailable

log = logging.getLogger("hotline.relay")
RUN = 500
MEMORY = 5_000
READ_BACK_S = 5.0
LOOK_S, LOOK_AGAIN_S = 0.05, 0.005
# Who owns every bucket was offered nearly all: not what is parked, or not known to be committed.
LOOK_ALONE_S = 0.25


class _Bucket:
    """`cur` = last position that the broker acknowledged; memory follows it or is ignored."""

    __slots__ = ("behind_since", "cur", "end", "incarnation", "memory", "read_back")

    def __init__(self, expected: int, incarnation: int = 1) -> None:
        self.cur = expected - 1
        self.read_back = expected - 1
        self.end = 0  # last position known to stand in the ledger
        self.memory: deque[tuple[int, Outgoing]] = deque()
        self.behind_since: float | None = None
        self.incarnation = incarnation

    def go_back(self, position: int) -> None:
        self.cur = position
        self.memory.clear()
        self.behind_since = None


class Relay:
    """The relay of the buckets that this process owns. One run of each is under way at a time."""

    def __init__(
        self, codec: Codec, topic: str, store: Store, bus: Bus, clock: Clock, buckets: int
    ) -> None:
        self._codec, self._topic, self._all = codec, topic, buckets
        self._store, self._bus, self._clock = store, bus, clock
        self._buckets: dict[int, _Bucket] = {}
        self._wake = asyncio.Event()
        self._look_at = 0.0  # by the loop's clock
        self.published = 0

    def own(
        self, expected: Mapping[int, int], incarnations: Mapping[int, int] = MappingProxyType({})
    ) -> None:
        """Take over buckets; go on behind what was read back of our own facts."""
        for bucket, position in expected.items():
            self._buckets[bucket] = _Bucket(position, incarnations.get(bucket, 1))
        self._look_at = 0.0
        self._wake.set()

    def let_go(self, buckets: Iterable[int]) -> None:
        for bucket in buckets:
            self._buckets.pop(bucket, None)

    def offer(self, facts: Sequence[Fact]) -> None:
        """Facts just committed by this process, of any bucket, in position order per bucket."""
        for fact in facts:
            state = self._buckets.get(fact.bucket)
            if state is None:
                continue
            state.end = max(state.end, fact.position)
            if len(state.memory) < MEMORY:
                state.memory.append(
                    (fact.position, to_record(fact, self._topic, state.incarnation))
                )
        self._wake.set()

    def seen(self, bucket: int, position: int, applied: bool) -> None:
        """One of our own facts came back; not applied means that one before it is missing."""
        state = self._buckets.get(bucket)
        if state is None:
            return
        if applied:
            state.read_back = max(state.read_back, position)
            state.behind_since = None
            state.cur = max(state.cur, position)
        elif position > state.read_back + 1:
            log.warning("bucket %d: %d came before %d", bucket, position, state.read_back + 1)
            state.go_back(state.read_back)
            self._wake.set()

    def lag(self) -> int:
        """Facts in the ledger that were not read back yet, as far as known."""
        return sum(max(0, b.end - b.read_back) for b in self._buckets.values())

    async def run(self) -> None:
        """Until cancelled. However much is sent, the look at the ledger is never put off."""
        now = asyncio.get_running_loop().time
        while True:
            if now() >= self._look_at:
                self._look_at = now() + self._pause_s()
                if await self.look():
                    self._look_at = now() + LOOK_AGAIN_S
            if not await self.send():
                await self._woken(self._look_at - now())

    def _pause_s(self) -> float:
        return LOOK_ALONE_S if len(self._buckets) == self._all else LOOK_S

    async def _woken(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def look(self) -> bool:
        """Find rows that other processes appended and runs that never came back; any rows?"""
        if not self._buckets:
            return False
        try:
            ends = await self._store.next_positions(self._buckets)
        except StoreUnavailable as error:
            if isinstance(error, NotHealed):  # what memory holds may stand in no ledger any more
                self.let_go(list(self._buckets))
            log.warning("the store cannot be read: %s", error)
            await self._clock.sleep(0.5)
            return False
        found = False
        now = self._clock.now().timestamp()
        for bucket, end in ends.items():
            state = self._buckets.get(bucket)
            if state is not None:
                found |= end - 1 > state.end
                state.end = max(state.end, end - 1)
                self._check_read_back(state, now)
        return found

    def _check_read_back(self, state: _Bucket, now: float) -> None:
        if state.cur <= state.read_back:
            state.behind_since = None
        elif state.behind_since is None:
            state.behind_since = now
        elif now - state.behind_since > READ_BACK_S:
            log.warning("own facts did not come back: sending again from %d", state.read_back + 1)
            state.go_back(state.read_back)

    async def send(self) -> bool:
        """Send what follows the cursors; whether anything was."""
        due = [(b, s) for b, s in self._buckets.items() if s.end > s.cur]
        runs = {bucket: await self._next_run(bucket, state) for bucket, state in due}
        records = [record for run in runs.values() for _, record in run]
        if not records:
            return False
        states = {b: self._buckets[b] for b, run in runs.items() if run and b in self._buckets}
        try:
            await self._bus.publish(records)
        except BusUnavailable as error:
            log.warning("nothing was acknowledged: %s", error)
            for state in states.values():
                state.go_back(state.cur)
            await self._clock.sleep(0.2)
            return True
        self.published += len(records)
        for bucket, state in states.items():
            first, last = runs[bucket][0][0], runs[bucket][-1][0]
            if state.cur >= first - 1:  # else it was sent back meanwhile: something is missing
                state.cur = max(state.cur, last)
        return True

    async def _next_run(self, bucket: int, state: _Bucket) -> list[tuple[int, Outgoing]]:
        """The contiguous run behind the cursor, from memory if memory holds it, else the table."""
        memory, run = state.memory, list[tuple[int, Outgoing]]()
        while memory and memory[0][0] <= state.cur:
            memory.popleft()
        due, last = state.cur + 1, state.cur + RUN
        while memory and due <= last and memory[0][0] == due:
            run.append(memory.popleft())
            due += 1
        if run:
            return run
        memory.clear()
        try:
            facts = await self._store.page(bucket, state.cur + 1, RUN)
        except StoreUnavailable as error:
            log.warning("the store cannot be read: %s", error)
            return []
        for fact in facts:
            fact.stage = self._codec.stages.get(fact.type, "")
        return [(fact.position, to_record(fact, self._topic, state.incarnation)) for fact in facts]
