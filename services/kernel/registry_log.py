"""The registry on its topic: published in order, and read back by a store that has lost some."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from google.protobuf.message import DecodeError

from hotline.kernel.v1.registry_pb2 import RegistryEntryPublished
from services.kernel.bus import Bus, BusUnavailable
from services.kernel.clock import Clock
from services.kernel.cloudevents import NotAFact, attributes, to_fact, to_record
from services.kernel.codec import put_datetime, to_datetime
from services.kernel.facts import Fact
from services.kernel.names import REGISTRY, topic_of
from services.kernel.registry import MOST, Entry, RegistryStore, digest_of
from services.kernel.scanning import scan
from services.kernel.store import StoreUnavailable

log = logging.getLogger("hotline.registry")
TICK_S = 0.5
TYPE = RegistryEntryPublished.DESCRIPTOR.full_name


def to_registry_fact(entry: Entry, source: str) -> Fact:
    """The entry as a fact: its stream is its name, its version the stream's.

    What is shipped has a stream for each document, so that each has an id of its own.
    """
    stream = entry.name if entry.version else f"{entry.name}@{digest_of(entry.document)[:12]}"
    body = RegistryEntryPublished(
        name=entry.name, version=entry.version, source=entry.source, document=entry.document
    )
    put_datetime(body.effective_at, entry.effective_at)
    return Fact(
        source, 0, entry.position, stream, max(1, entry.version), TYPE,
        body.SerializeToString(deterministic=True), entry.at, entry.recorded_at, "",
        command_id=entry.command_id, by=entry.by,
    )  # fmt: skip


def to_entry(fact: Fact) -> Entry:
    """Raises DecodeError, BadBody."""
    body = RegistryEntryPublished.FromString(fact.data)
    return Entry(
        fact.position, body.name, body.version, to_datetime(body.effective_at), body.source,
        body.document, fact.time, fact.by, fact.command_id, fact.recorded_at,
    )  # fmt: skip


class RegistryRelay:
    """Publishes what the broker has not acknowledged; by the owner of ticket bucket 0.

    One that is the owner no more may repeat some: readers drop them by position.
    """

    def __init__(
        self,
        store: RegistryStore,
        bus: Bus,
        clock: Clock,
        buckets: Callable[[], Collection[int]],
        source: str,
        namespace: str,
    ) -> None:
        self._store, self._bus, self._clock, self._buckets = store, bus, clock, buckets
        self._source, self._topic = source, topic_of(namespace, REGISTRY)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(TICK_S)
            try:
                await self.tick()
            except (StoreUnavailable, BusUnavailable) as error:
                log.warning("the registry is not published yet: %s", error)

    async def tick(self) -> None:
        """One look."""
        found = await self._store.unrelayed(MOST) if 0 in self._buckets() else []
        if found:
            facts = [to_registry_fact(entry, self._source) for entry in found]
            await self._bus.publish([to_record(fact, self._topic) for fact in facts])
            await self._store.relayed(found[-1].position)


async def read_registry(bus: Bus, namespace: str, source: str) -> list[Entry]:
    """What a service has published, in order, each once. Raises BusUnavailable, LogHole."""
    found: list[Entry] = []
    async for records in scan(bus, topic_of(namespace, REGISTRY), {0: 0}):
        for record in records:
            headers = attributes(record.headers)
            if (
                headers.get("ce_source") != source.encode()
                or headers.get("ce_type") != TYPE.encode()
            ):
                continue
            try:
                fact = to_fact(record, headers)
                if fact.position == len(found) + 1:
                    found.append(to_entry(fact))
            except (NotAFact, DecodeError, ValueError) as error:
                log.error("offset %d of the registry cannot be read: %s", record.offset, error)
    return found


async def restore(store: RegistryStore, bus: Bus, namespace: str, source: str) -> int:
    """Give the store what it has lost, before anything is decided; how many entries."""
    have = {entry.position: entry for entry in await store.since(0, MOST * MOST)}
    logged = await read_registry(bus, namespace, source)
    lost = [e for e in logged if have.get(e.position) != e]
    if lost:
        log.warning("registry: %d entries are read back from the log", len(lost))
        await store.restore(lost)
    return len(lost)


async def send_lost(store: RegistryStore, bus: Bus, namespace: str, source: str) -> int:
    """Give the topic what it has lost; how many entries. Raises ValueError where it holds others
    than the store, and what the ports raise."""
    have = await store.since(0, MOST * MOST)
    logged = await read_registry(bus, namespace, source)
    if logged != have[: len(logged)]:
        raise ValueError(f"the registry's topic holds other entries of {source} than its store")
    lost, topic = have[len(logged) :], topic_of(namespace, REGISTRY)
    if lost:
        await bus.publish([to_record(to_registry_fact(entry, source), topic) for entry in lost])
        await store.relayed(lost[-1].position)
    return len(lost)
