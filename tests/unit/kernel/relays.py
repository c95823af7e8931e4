"""A relay under adversity: failing publishes, other processes, changing owners, lost records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from services.kernel.bus import BusUnavailable, Outgoing
from services.kernel.bus_memory import MemoryBus
from services.kernel.codec import Codec
from services.kernel.facts import Append, Appended, Fact, NewFact
from services.kernel.names import TICKETS
from services.kernel.relay import Relay
from services.kernel.store_memory import MemoryStore
from tests.support.virtual import START, VirtualClock

logging.getLogger("hotline.relay").setLevel(logging.ERROR)
BUCKETS = 2
APPENDS = 100


@dataclass
class Outcome:
    """What the simulated consumers saw: per bucket the positions that they applied."""

    appended: dict[int, list[int]]
    applied: dict[int, list[int]] = field(default_factory=lambda: {b: [] for b in range(BUCKETS)})
    repeats: int = 0
    gaps: int = 0

    @property
    def complete(self) -> bool:
        return self.applied == self.appended


class RoughBus(MemoryBus):
    """Takes its time, fails before, in or after a batch; loses what it acknowledged if told to."""

    def __init__(self, seed: Random, clock: VirtualClock, *, loses: bool) -> None:
        super().__init__(clock.now)
        self._seed, self._loses = seed, loses
        self.rough = True

    async def publish(self, records: Sequence[Outgoing]) -> None:
        if not self.rough:
            await super().publish(records)
            return
        await asyncio.sleep(self._seed.uniform(0, 0.02))
        luck = self._seed.random()
        if luck < 0.3:
            await super().publish(records[: self._seed.randint(0, len(records))])
            raise BusUnavailable("the connection is gone")
        if self._loses and luck < 0.5:
            lost = self._seed.randrange(len(records))
            records = [r for n, r in enumerate(records) if n != lost]
        await super().publish(records)


class Simulation:
    """One service in several processes over one ledger and one log; `buckets` are all that there
    are; one process owns BUCKETS of them."""

    def __init__(
        self, seed: int, relay: type[Relay], *, loses: bool = False, buckets: int = BUCKETS + 1
    ) -> None:
        self.seed, self.clock = Random(seed), VirtualClock()
        self.bus = RoughBus(self.seed, self.clock, loses=loses)
        self.bus.create(TICKETS, BUCKETS)
        self.store = MemoryStore("desk", BUCKETS, self.clock.now)
        self.relays = [
            relay(Codec("desk", []), TICKETS, self.store, self.bus, self.clock, buckets)
            for _ in range(2)
        ]
        self.owner = self.relays[0]
        self.outcome = Outcome({b: [] for b in range(BUCKETS)})
        self.offsets = dict.fromkeys(range(BUCKETS), 0)
        self.streams = 0

    async def run(self, patience_s: float) -> Outcome:
        """Adversity first; then it is quiet, and everything must have come in `patience_s`."""
        self.owner.own(self.expected())
        tasks = [asyncio.create_task(part) for part in (self._read(), *map(Relay.run, self.relays))]
        try:
            await asyncio.gather(*(self._process(n) for n in range(4)), self._hand_over())
            self.bus.rough = False
            async with asyncio.timeout(patience_s):
                while not self.outcome.complete:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self.outcome

    def expected(self) -> dict[int, int]:
        return {b: len(found) + 1 for b, found in self.outcome.applied.items()}

    async def _process(self, number: int) -> None:
        """Appends to any bucket; offers to its own relay, late and in any order, or to none."""
        for _ in range(APPENDS // 4):
            await asyncio.sleep(self.seed.expovariate(60))
            facts = await self._append(self.seed.randrange(BUCKETS), self.seed.randint(1, 3))
            if number < len(self.relays):
                await asyncio.sleep(self.seed.choice((0, 0, 0.01)))
                self.relays[number].offer(facts)

    async def _append(self, bucket: int, count: int) -> list[Fact]:
        self.streams += 1
        stream = f"t{self.streams}"
        new = [NewFact("hotline.test.v1.Noted", b"", START, b"{}")] * count
        (done,) = await self.store.append([Append(bucket, stream, 0, new)])
        assert isinstance(done, Appended)
        self.outcome.appended[bucket] += range(done.position, done.position + count)
        return (await self.store.load([(bucket, stream)]))[stream]

    async def _hand_over(self) -> None:
        """The buckets change hands; the former owner notices late and sends on meanwhile."""
        for _ in range(4):
            await asyncio.sleep(self.seed.uniform(0.05, 0.3))
            former, self.owner = self.owner, self.relays[self.owner is self.relays[0]]
            self.owner.own(self.expected())
            await asyncio.sleep(self.seed.uniform(0, 0.1))
            former.let_go(range(BUCKETS))

    async def _read(self) -> None:
        """The owner's consumer: apply exactly the expected position, tell the owner's relay."""
        while True:
            for bucket in range(BUCKETS):
                log = self.bus.logs[TICKETS, bucket]
                for record in log[self.offsets[bucket] :]:
                    self._apply(bucket, int(dict(record.headers)["ce_position"]))
                self.offsets[bucket] = len(log)
            await asyncio.sleep(self.seed.uniform(0, 0.02))

    def _apply(self, bucket: int, position: int) -> None:
        due = self.expected()[bucket]
        if position == due:
            self.outcome.applied[bucket].append(position)
            self.owner.seen(bucket, position, applied=True)
        elif position < due:
            self.outcome.repeats += 1
        else:
            self.outcome.gaps += 1
            self.owner.seen(bucket, position, applied=False)
