"""Kernel processes over the twins, moved by hand: one step at a time on a clock that stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from services.kernel.bus import Consumer, Outgoing, Record
from services.kernel.bus_memory import MemoryBus
from services.kernel.clock import ManualClock
from services.kernel.cloudevents import to_fact
from services.kernel.codec import metadata
from services.kernel.commands import Answer, hash_of
from services.kernel.facts import Fact
from services.kernel.names import TICKETS, bucket_of
from services.kernel.runtime import Place, Runtime
from services.kernel.senders import Senders
from services.kernel.service import Service
from services.kernel.store import StoreUnavailable
from services.kernel.store_memory import MemoryStore, MemoryTx
from services.kernel.timers import Timers
from services.kernel.topics import ticket_topics
from tests.support.desks import NoteProgress
from tests.support.loops import BUCKETS
from tests.support.senders import KnownSenders, Signer
from tests.support.virtual import START


class RoughStore(MemoryStore):
    """Commits, then says that it does not know, as often as it is told to."""

    forgetful = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MemoryTx]:
        async with super().transaction() as tx:
            yield tx
        if self.forgetful:
            self.forgetful -= 1
            raise StoreUnavailable("the connection was lost in commit")


class Process:
    """One process of a service; it reads, sends and fires only when it is told to."""

    def __init__(self, city: City, service: Service, instance: str) -> None:
        self.city, self.service = city, service
        self.store = city.stores.setdefault(
            service.name, RoughStore(service.name, BUCKETS, city.clock.now)
        )
        place = Place("", BUCKETS, instance, imports=True)
        registry = CollectorRegistry()
        self.runtime = Runtime(
            service, place, self.store, city.bus, city.clock, city.senders, registry
        )
        self.worker, self.inbox, self.proof = (
            self.runtime.worker, self.runtime.inbox, self.runtime.proof,
        )  # fmt: skip
        self.promiser = self.runtime._promiser()
        self._told = 0
        self._writing = asyncio.create_task(self.runtime.writer.run())

    async def join(self) -> None:
        """Own every partition, as the newest member does."""
        worker, runtime = self.worker, self.runtime
        self.consumer: Consumer = await self.city.bus.consumer(
            self.service.name,
            runtime.place.instance,
            [*runtime.keyed, *runtime.shared],
            worker.assigned,
            worker.revoked,
        )
        worker.consumer = runtime.consumer = self.consumer

    async def poll(self) -> list[Record]:
        return await self.consumer.fetch(200, 0)

    async def read(self) -> None:
        """Apply all that waits."""
        while records := await self.poll():
            await self.worker.step(records)
        await asyncio.sleep(0)  # replies are sent beside

    async def relay(self) -> None:
        """Send all that waits."""
        await self.runtime.relay.look()
        while await self.runtime.relay.send():
            pass

    async def promise(self) -> None:
        await self.promiser.tick(self.consumer)

    def hear(self) -> None:
        """Take in the promises that came since the last time."""
        log = self.city.bus.logs["hotline.watermarks.v1", 0]
        for record in log[self._told :]:
            self.proof.read(record)
        self._told = len(log)

    def timers(self) -> Timers:
        """A firer of timers of its own, which remembers nothing."""
        runtime = self.runtime
        assert runtime.states is not None
        return Timers(
            self.service, self.store, self.city.clock, runtime.states, self.inbox, self.proof,
            runtime.meter, self.worker.keep,
        )  # fmt: skip

    async def note(self, ticket: str, words: str, *, key: str = "", import_id: str = "") -> Answer:
        """NoteProgress as over HTTP."""
        assert self.runtime.performer is not None
        return await self.runtime.performer.perform(
            ticket,
            NoteProgress(self.city.clock.now(), "clerk", words),
            sender="web",
            key=key or f"{ticket}-{words}",
            body_hash=hash_of("NoteProgress", words.encode()),
            meta=metadata(by="clerk", import_id=import_id),
        )

    async def ledger(self, ticket: str) -> list[Fact]:
        """The ticket's own stream."""
        return (await self.store.load([(bucket_of(ticket, BUCKETS), ticket)])).get(ticket, [])

    async def names(self, ticket: str) -> list[str]:
        return [f.type.rpartition(".")[2] for f in await self.ledger(ticket)]

    async def stop(self) -> None:
        self._writing.cancel()
        await asyncio.gather(self._writing, return_exceptions=True)


class City:
    """A clock (one that stands, if none is given), a broker and the stores that are shared."""

    def __init__(self, clock: Any = None) -> None:
        self.clock = clock or ManualClock(START)
        self.bus = MemoryBus(self.clock.now)
        for topic in ticket_topics(BUCKETS):
            self.bus.create(topic.name, topic.partitions)
        self.senders = Senders(None)
        self.stores: dict[str, RoughStore] = {}
        self.processes: list[Process] = []

    def know(self, *signers: Signer) -> None:
        """Whoever starts from now on trusts them, and each has its topic of replies."""
        self.senders = KnownSenders(*signers)
        for signer in signers:
            self.bus.create(signer.replies, 1)

    async def process(self, service: Service, instance: str = "0") -> Process:
        """One more process, joined to its group."""
        made = Process(self, service, instance)
        self.processes.append(made)
        await made.join()
        return made

    async def publish(self, *records: Outgoing) -> None:
        await self.bus.publish(records)

    def log(self, topic: str = TICKETS) -> list[Any]:
        """All records of a topic, by partition."""
        return [
            r for (t, _), records in sorted(self.bus.logs.items()) if t == topic for r in records
        ]

    def facts(self) -> list[Fact]:
        return [to_fact(r, dict(r.headers)) for r in self.log()]


@asynccontextmanager
async def city(clock: Any = None) -> AsyncIterator[City]:
    """Everything that it starts is stopped."""
    made = City(clock)
    try:
        yield made
    finally:
        for process in made.processes:
            await process.stop()


def tickets_in(bucket: int, count: int) -> Sequence[str]:
    """Ticket ids of one bucket."""
    found = (f"t{n}" for n in range(10_000))
    mine = (t for t in found if bucket_of(t, BUCKETS) == bucket)
    return [next(mine) for _ in range(count)]
