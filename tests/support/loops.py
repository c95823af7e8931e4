"""Runs kernel services for a test, on the real broker and store or on the twins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from hotline.dev.stack import StackInfo
from services.kernel.bus import Bus, Record
from services.kernel.bus import Place as Partition
from services.kernel.bus_kafka import KafkaBus
from services.kernel.bus_memory import MemoryBus
from services.kernel.clock import Clock, DatabaseClock
from services.kernel.cloudevents import to_fact
from services.kernel.facts import Fact
from services.kernel.migrate import migrate
from services.kernel.names import TICKETS, schema_of, topic_of
from services.kernel.pool_pg import connect
from services.kernel.runtime import Place, Runtime
from services.kernel.senders import Senders
from services.kernel.service import Service
from services.kernel.store import Store
from services.kernel.store_memory import MemoryStore
from services.kernel.store_pg import PostgresStore
from services.kernel.topics import make_topics, ticket_topics
from tests.support.stores import KERNEL

BUCKETS = 4


class MachineClock:
    """Of the machine itself."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class JumpingClock(MachineClock):
    """Of the machine, set to `at` and ahead by what was jumped: days pass without any waiting."""

    def __init__(self, at: datetime | None = None) -> None:
        now = super().now()
        self._ahead = (at or now) - now

    def now(self) -> datetime:
        return super().now() + self._ahead

    def jump(self, by: timedelta) -> None:
        self._ahead += by


@dataclass
class Loop:
    """Services over one broker and one store, and a reader of the tickets topic."""

    namespace: str
    info: StackInfo | None
    resources: AsyncExitStack
    memory: MemoryBus | None = None
    clock: MachineClock = field(default_factory=MachineClock)
    stores: dict[str, MemoryStore] = field(default_factory=dict)
    runtimes: dict[str, Runtime] = field(default_factory=dict)

    async def run(
        self,
        service: Service,
        *,
        instance: str = "0",
        senders: Senders | None = None,
        store: Store | None = None,
        before_start: Callable[[Runtime], Awaitable[None]] | None = None,
    ) -> Runtime:
        """Start one process' worth of a service; stopped at the end of the test.

        `store`: that of an earlier run, which the twin keeps nowhere else.
        """
        fresh, bus, clock = await self._ports(service)
        store = store or fresh
        place = Place(self.namespace, BUCKETS, instance, imports=True)
        registry = CollectorRegistry()
        runtime = Runtime(service, place, store, bus, clock, senders or Senders(None), registry)
        self.resources.push_async_callback(runtime.stop)
        if before_start is not None:
            await before_start(runtime)
        await runtime.start()
        self.runtimes[f"{service.name}-{instance}"] = runtime
        return runtime

    async def _ports(self, service: Service) -> tuple[Store, Bus, Clock]:
        if self.info is None:
            assert self.memory is not None
            return self.memory_store(service.name), self.memory, self.clock
        await migrate(self.info.dsn, service.name, self.namespace, [*KERNEL], BUCKETS)
        pool = await connect(self.info.dsn, schema_of(self.namespace, service.name))
        self.resources.push_async_callback(pool.close)
        store = PostgresStore(pool, service.name, self.namespace)
        database_clock = DatabaseClock(store.database_clock)
        await database_clock.follow()
        bus = KafkaBus(self.info.bootstrap, service.name, database_clock.now)
        return store, bus, database_clock

    def memory_store(self, service: str) -> MemoryStore:
        """The twin of one service: a restart finds its data again."""
        made = MemoryStore(service, BUCKETS, self.clock.now)
        return self.stores.setdefault(service, made)

    def bus(self) -> Bus:
        """A bus of the test's own."""
        if self.memory is not None:
            return self.memory
        assert self.info is not None
        bus = KafkaBus(self.info.bootstrap, "test", lambda: datetime.now(UTC))
        self.resources.push_async_callback(bus.close)
        return bus

    async def facts(
        self, enough: Callable[[list[Fact]], bool], timeout_s: float = 15
    ) -> list[Fact]:
        """All facts of the topic in partition order, once there are enough of them."""
        topic = topic_of(self.namespace, TICKETS)
        records = await self.read(
            [(topic, p) for p in range(BUCKETS)],
            lambda found: enough([to_fact(r, dict(r.headers)) for r in found]),
            timeout_s,
        )
        return [to_fact(r, dict(r.headers)) for r in records]

    async def read(
        self,
        places: list[Partition],
        enough: Callable[[list[Record]], bool],
        timeout_s: float = 15,
    ) -> list[Record]:
        """All records of the partitions, once there are enough of them."""
        reader = await self.bus().reader(places, from_end=False)
        found: list[Record] = []
        give_up = time.monotonic() + timeout_s
        try:
            while not enough(found):
                assert time.monotonic() < give_up, f"only {len(found)} records came"
                found += await reader.fetch(500, 0.2)
        finally:
            await reader.stop()
        return found


@asynccontextmanager
async def real_loop(stack: StackInfo, namespace: str) -> AsyncIterator[Loop]:
    """On the real broker and store."""
    await make_topics(stack.bootstrap, namespace, ticket_topics(BUCKETS))
    async with AsyncExitStack() as resources:
        yield Loop(namespace, stack, resources)


@asynccontextmanager
async def memory_loop(namespace: str, clock: MachineClock | None = None) -> AsyncIterator[Loop]:
    """On the twins, which have one clock."""
    clock = clock or MachineClock()
    bus = MemoryBus(clock.now)
    for topic in ticket_topics(BUCKETS):
        bus.create(topic_of(namespace, topic.name), topic.partitions)
    async with AsyncExitStack() as resources:
        yield Loop(namespace, None, resources, bus, clock)


async def wait_until(
    check: Callable[[], Awaitable[bool]], timeout_s: float = 10.0, what: str = "it"
) -> None:
    """Poll until true. Raises AssertionError when the time is over."""
    give_up = time.monotonic() + timeout_s
    while not await check():
        assert time.monotonic() < give_up, f"{what} did not happen within {timeout_s} s"
        await asyncio.sleep(0.02)
