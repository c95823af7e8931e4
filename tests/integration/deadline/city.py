"""Deadline under the kernel, and the other services as the log shows them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.message import Message

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.kernel.v1.watermark_pb2 import Watermark
from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.rules import Rules
from services.deadline.adapters.store import ClocksStore
from services.deadline.domain.policy import Policy
from services.deadline.domain.rulebook import always
from services.deadline.service import service
from services.kernel.bus import Bus, Outgoing, Record
from services.kernel.cloudevents import to_record
from services.kernel.codec import put_datetime, stage_of, to_datetime
from services.kernel.facts import Fact
from services.kernel.migrate import migrate
from services.kernel.names import TICKETS, WATERMARKS, bucket_of, schema_of, topic_of
from services.kernel.pool_pg import connect
from services.kernel.registry import Registry
from services.kernel.registry_memory import MemoryRegistry
from services.kernel.runtime import Runtime
from services.kernel.store_pg import PostgresStore
from tests.integration.deadline.stores import CLOCKS, clocks_of
from tests.support.loops import BUCKETS, Loop
from tests.support.stores import KERNEL
from tests.unit.deadline.clock_facts import CODEC
from tests.unit.deadline.tickets import CITIES

HOUR = timedelta(hours=1)


def now() -> datetime:
    """To the microsecond that every store keeps."""
    return datetime.now(UTC)


def week_off() -> dict[date, bool]:
    """The coming seven days without a working day, of which there are some on any date."""
    return {now().date() + timedelta(days=n): False for n in range(1, 8)}


SAMPLE = Rules("sample", *CITIES["sample"], CODEC)


def published(runtime: Runtime) -> Registry:
    """The registries of the city, in memory, by the clock of the runtime."""
    return Registry(MemoryRegistry(runtime.clock.now), runtime.clock, SAMPLE.kinds())


def in_bucket_of(ticket: str, count: int) -> list[str]:
    """Other tickets of the same bucket: what holds one of them holds its bucket."""
    names = (f"{ticket}-{n}" for n in range(9_000))
    bucket = bucket_of(ticket, BUCKETS)
    return [name for name in names if bucket_of(name, BUCKETS) == bucket][:count]


class City:
    """Runs deadline; says facts and promises for intake, dispatch and evaluation."""

    def __init__(self, loop: Loop, clocks: ClocksStore) -> None:
        self.loop, self.clocks = loop, clocks
        self._bus: Bus = loop.bus()
        self._positions: Counter[tuple[str, int]] = Counter()
        self._versions: Counter[tuple[str, str]] = Counter()

    @classmethod
    async def of(cls, loop: Loop) -> City:
        """With the rows of clocks on the store that deadline will run on."""
        if loop.info is None:
            return cls(loop, clocks_of(loop.memory_store("deadline")))
        await migrate(loop.info.dsn, "deadline", loop.namespace, [*KERNEL, *CLOCKS], BUCKETS)
        pool = await connect(loop.info.dsn, schema_of(loop.namespace, "deadline"), size=2)
        loop.resources.push_async_callback(pool.close)
        return cls(loop, clocks_of(PostgresStore(pool, "deadline", loop.namespace)))

    async def run(self, instance: str = "0", policy: Policy | None = None) -> Runtime:
        view, (shipped, calendar) = ClocksView(CODEC, self.clocks), CITIES["sample"]
        made = service(always(policy or shipped, calendar), CODEC, view)
        return await self.loop.run(made, instance=instance)

    # The others

    def made(self, ticket: str, message: Message, at: datetime, import_id: str = "") -> Fact:
        """The next fact of its service about a ticket, not published yet."""
        name = message.DESCRIPTOR.full_name
        source, bucket = name.split(".")[1], bucket_of(ticket, BUCKETS)
        self._positions[source, bucket] += 1
        self._versions[source, ticket] += 1
        return Fact(
            source,
            bucket,
            self._positions[source, bucket],
            ticket,
            self._versions[source, ticket],
            name,
            message.SerializeToString(deterministic=True),
            at,
            now(),
            stage_of(type(message)),
            import_id,
        )

    async def publish(self, *facts: Fact) -> None:
        topic = topic_of(self.loop.namespace, TICKETS)
        await self._bus.publish([to_record(fact, topic) for fact in facts])

    async def say(self, ticket: str, message: Message, at: datetime, import_id: str = "") -> None:
        await self.publish(self.made(ticket, message, at, import_id))

    @asynccontextmanager
    async def promising(self, *sources: str) -> AsyncIterator[None]:
        """Meanwhile these promise: everything until a second ago was said."""

        async def keep_promising() -> None:
            while True:
                await self._bus.publish([self._promise(source) for source in sources])
                await asyncio.sleep(0.1)

        task = asyncio.create_task(keep_promising())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _promise(self, source: str) -> Outgoing:
        message = Watermark(source=source)
        for bucket in range(BUCKETS):
            part = message.buckets.add(bucket=bucket)
            part.position = self._positions[source, bucket] + 1
            put_datetime(part.complete_until, now() - timedelta(seconds=1))
        headers = [("ce_type", b"hotline.kernel.v1.Watermark"), ("ce_source", source.encode())]
        topic = topic_of(self.loop.namespace, WATERMARKS)
        return Outgoing(topic, 0, source.encode(), message.SerializeToString(), headers)

    # What deadline says

    async def told(self, *whats: str, promising: Sequence[str] = ()) -> list[Fact]:
        """Deadline's facts once all these are among them; these sources promise meanwhile."""
        wanted = Counter(whats)

        def enough(found: Sequence[Fact]) -> bool:
            return wanted <= Counter(said(f) for f in found if f.source == "deadline")

        async with self.promising(*promising):
            facts = await self.loop.facts(enough)
        return [f for f in facts if f.source == "deadline"]

    async def closed(self, until: datetime) -> None:
        """Deadline has promised that none of its live facts is at or before `until` any more."""

        def enough(records: Sequence[Record]) -> bool:
            promises = [Watermark.FromString(r.value or b"") for r in records]
            mine = [p for p in promises if p.source == "deadline"]
            return bool(mine) and all(
                to_datetime(part.complete_until) > until for part in mine[-1].buckets
            )

        await self.loop.read([(topic_of(self.loop.namespace, WATERMARKS), 0)], enough)


def said(fact: Fact) -> str:
    """As `T1 confirm DeadlineMissed`."""
    name = fact.type.rpartition(".")[2]
    clock = getattr(body(fact), "clock", "return")
    return f"{fact.ticket} {clock} {name}"


def body(fact: Fact) -> Any:
    """The decoded message of one of deadline's facts."""
    return getattr(deadline, fact.type.rpartition(".")[2]).FromString(fact.data)


def only(facts: Sequence[Fact], what: str) -> Fact:
    """The one fact that says this, and it alone."""
    [found] = [f for f in facts if said(f) == what]
    return found
