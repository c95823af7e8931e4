"""The topics again from the ledgers, after all brokers' disks were lost.

Every fact is sent again at its position, with the same bytes, in the order in which the log had it.
Consumers keep the positions that they expect; only where each goes on in the new log is found anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from services.kernel.bus import Bus, Headers, Outgoing, Record
from services.kernel.cloudevents import to_record
from services.kernel.faults_pg import store_faults
from services.kernel.healing_pg import RESTORING, HealingLedger
from services.kernel.names import TICKETS, topic_of
from services.kernel.queries import named
from services.kernel.reading_pg import LedgerReader, Row
from services.kernel.registry_log import send_lost
from services.kernel.registry_pg import PostgresRegistry
from services.kernel.replaying import Progress, silent
from services.kernel.resending import PAGE, Queue, in_order
from services.kernel.rows_pg import columns, unpack_headers
from services.kernel.scanning import ends_of, scan, within
from services.kernel.store_pg import PostgresStore
from services.kernel.verify import difference, place_of

DRAIN_S = 1.5  # whoever waits for a bucket's lock waits for a second
_FILE = resources.files("services.kernel") / "sql" / "restoring.sql"

Run = Sequence[tuple[str, int, int]]  # source, position, offset
Order = Callable[[int], AsyncIterator[tuple[str, int]]]
Moved = Callable[[int, Run], Awaitable[None]]


class NothingLost(Exception):
    """The topics hold everything that was read of them."""


class RestoreRefused(Exception):
    """Nothing may be sent yet; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`facts` and `entries` of registries sent now. `inputs` are topics that begin anew: what
    nobody had read of them is lost; who sent it got no answer and sends it again."""

    facts: int
    entries: int
    inputs: list[str]


@dataclass(slots=True)
class _Found:
    """What the topic holds of one bucket. `due`: by source, the next position that it lacks;
    `upto`: by service, the offset below which it has applied everything; `at`: offsets of the
    facts that were asked for."""

    due: dict[str, int]
    upto: dict[str, int]
    at: dict[tuple[str, int], int] = field(default_factory=dict)


class TopicRestorer:
    """For all services of a city at once. `order` gives the facts of a bucket as the lost log had
    them, as far as anybody noted; `moved` is told at which offsets they stand now. `before_done`
    comes last, before anything is appended again, and may be called again."""

    def __init__(
        self,
        stores: Mapping[str, PostgresStore],
        bus: Bus,
        namespace: str,
        buckets: int,
        order: Order,
        moved: Moved,
        before_done: Callable[[], Awaitable[None]],
        progress: Progress = silent,
    ) -> None:
        self._stores, self._bus, self._buckets = stores, bus, buckets
        self._topic, self._progress = topic_of(namespace, TICKETS), progress
        self._order, self._moved, self._before_done = order, moved, before_done
        self._ledgers = {name: HealingLedger(store) for name, store in stores.items()}
        self._readers = {n: LedgerReader(s.pool, n, namespace) for n, s in stores.items()}
        self._sql = {n: named(_FILE, s.schema, s.vault) for n, s in stores.items()}
        self._incarnations: dict[tuple[str, int], int] = {}

    async def run(self) -> Restored:
        """May be broken off and called again: what stands is not sent twice, and until all is
        done no service appends anything.

        Raises NothingLost, RestoreRefused, and what the ports raise.
        """
        async with AsyncExitStack() as alone:
            for ledger in self._ledgers.values():
                await alone.enter_async_context(ledger.alone())
            await self._stop()
            facts, total = 0, await self._total()
            for bucket in range(self._buckets):
                facts += await self._send(bucket, await self._read(bucket))
                await self._go_on(bucket)
                self._progress(facts, total)
            entries = await self._send_registries()
            inputs = await self._begin_inputs()
            await self._before_done()
            for ledger in self._ledgers.values():
                await ledger.done()
        return Restored(facts, entries, inputs)

    # Before anything is sent

    async def _stop(self) -> None:
        """Raises NothingLost, RestoreRefused: then nothing has changed."""
        begun = False
        for name, ledger in self._ledgers.items():
            reason = await ledger.stopped_for()
            begun |= reason == RESTORING
            if reason not in ("", RESTORING):
                raise RestoreRefused(f"{name} is being rebuilt: end `hotline rebuild` first.")
            if forked := await ledger.forked():
                raise RestoreRefused(
                    f"Buckets {forked} of {name} are forked: call `hotline adopt` first."
                )
            for bucket, mark in (await self._stores[name].marks()).items():
                self._incarnations[name, bucket] = mark.incarnation
        if not begun and not await self._is_lost():
            raise NothingLost("The topics hold everything that was read of them.")
        for ledger in self._ledgers.values():
            await ledger.stop(RESTORING)
        await asyncio.sleep(DRAIN_S)

    async def _is_lost(self) -> bool:
        """Whether the topic ends before what a service has read of it."""
        read: dict[int, int] = {}
        for ledger in self._ledgers.values():
            for partition, offset in (await ledger.offsets(self._topic)).items():
                read[partition] = max(offset, read.get(partition, 0))
        ends = await ends_of(self._bus, self._topic, read)
        return any(ends[partition] < offset for partition, offset in read.items())

    async def _total(self) -> int:
        ends = [await reader.ends() for reader in self._readers.values()]
        return sum(last for buckets in ends for _, last in buckets.values())

    # Read what stands, before sending and after

    async def _read(
        self, bucket: int, wanted: Collection[tuple[str, int]] = (), moved: Moved | None = None
    ) -> _Found:
        """Every record has to be what its ledger holds. Raises RestoreRefused."""
        names = list(self._stores)
        found = _Found(dict.fromkeys(names, 1), dict.fromkeys(names, 0))
        expected = {n: await s.expected(self._topic, bucket) for n, s in self._stores.items()}
        async for records in scan(self._bus, self._topic, {bucket: 0}):
            run = [(*_place(record.headers), record.offset) for record in records]
            await self._require_same(bucket, found, run, records)
            for source, position, offset in run:
                if (source, position) in wanted:
                    found.at[source, position] = offset
                for name in names:
                    applied = position < expected[name].get(source, 1)
                    if applied and found.upto[name] == offset:
                        found.upto[name] = offset + 1
            if moved is not None:
                await moved(bucket, run)
        return found

    async def _require_same(
        self, bucket: int, found: _Found, run: Run, records: Sequence[Record]
    ) -> None:
        rows: dict[tuple[str, int], Row] = {}
        for name, reader in self._readers.items():
            positions = [position for source, position, _ in run if source == name]
            if positions:
                page = await reader.range(bucket, min(positions), max(positions))
                rows |= {(name, row[0]): row for row in page}
        for (source, position, offset), record in zip(run, records, strict=True):
            row, due = rows.get((source, position)), found.due.get(source, 0)
            if row is None or position > due or difference(row, source, record):
                raise RestoreRefused(
                    f"Offset {offset} of partition {bucket} of {self._topic} holds something else "
                    "than the ledgers: stop the services, delete the topic, make it again with "
                    "`hotline ops topics apply`, and call this again."
                )
            found.due[source] = max(due, position + 1)

    # Send

    async def _send(self, bucket: int, found: _Found) -> int:
        """What the topic lacks; how much that was."""
        queues = {n: Queue(s, bucket, found.due[n]) for n, s in self._stores.items()}
        sent, batch = 0, list[Outgoing]()
        async for fact in in_order(queues, self._order(bucket)):
            incarnation = self._incarnations.get((fact.source, bucket), 1)
            batch.append(to_record(fact, self._topic, incarnation))
            sent += 1
            if len(batch) >= PAGE:
                await self._bus.publish(batch)
                batch = []
        if batch:
            await self._bus.publish(batch)
        return sent

    async def _send_registries(self) -> int:
        sent = 0
        for name, store in self._stores.items():
            registry = PostgresRegistry(store.pool, name, store.namespace)
            sent += await send_lost(registry, self._bus, store.namespace, name)
        return sent

    # Go on

    async def _go_on(self, bucket: int) -> None:
        """Where each service reads on, and where its parked facts stand."""
        parked = {name: await self._parked(name, bucket) for name in self._stores}
        wanted = {place for rows in parked.values() for _, place in rows}
        found = await self._read(bucket, wanted, self._moved)
        for name, upto in found.upto.items():
            await self._fetch(name, "go_on", [self._topic], [bucket], [upto])
            rows = [(n, found.at.get(place)) for n, place in parked[name]]
            await self._fetch(name, "move_parked", *columns(rows, 2))

    async def _parked(self, name: str, bucket: int) -> list[tuple[int, tuple[str, int]]]:
        """By id, which facts they are."""
        rows = await self._fetch(name, "parked", self._topic, bucket)
        return [(row["id"], _place(unpack_headers(row["headers"]))) for row in rows]

    async def _begin_inputs(self) -> list[str]:
        """Topics of commands and submissions that were lost too are read from where they begin."""
        lost = set()
        for name in self._stores:
            read: dict[str, dict[int, int]] = {}
            for topic, partition, offset in await self._fetch(name, "inputs", self._topic):
                read.setdefault(topic, {})[partition] = offset
            for topic, offsets in read.items():
                ends = await ends_of(self._bus, topic, offsets)
                if any(ends[p] < offset for p, offset in offsets.items()):
                    starts = await within(self._bus, topic, dict.fromkeys(offsets, 0))
                    rows = [(topic, p, at) for p, at in starts.items()]
                    await self._fetch(name, "go_on", *columns(rows, 3))
                    await self._fetch(name, "forget_offsets", topic)
                    lost.add(topic)
        return sorted(lost)

    async def _fetch(self, name: str, query: str, *arguments: Any) -> list[Any]:
        with store_faults():
            rows: list[Any] = await self._stores[name].pool.fetch(
                self._sql[name][query], *arguments
            )
        return rows


def _place(headers: Headers) -> tuple[str, int]:
    """Source and position; 0, where none can be read, is nobody's."""
    source, position = place_of(headers)
    return source.decode(errors="replace"), int(position) if position.isdigit() else 0
