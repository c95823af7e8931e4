"""The ledger is never behind the log: what it lost is read back before it takes anything new.

After a failover to a lagging standby or a restore, the log holds facts that the ledger does not.
They are inserted again, at their positions; views and timers are folded up to the last record that
one of them names as its cause; from there on the service reacts and decides as ever.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from hotline.kernel.v1.answer_pb2 import TicketParked
from services.kernel import names
from services.kernel.bus import Bus, Record
from services.kernel.clock import Clock
from services.kernel.cloudevents import NotAFact, attributes, to_fact
from services.kernel.facts import Fact
from services.kernel.healing_pg import BROKEN_OFF, Answered, HealingLedger
from services.kernel.inbox import PARKED_TYPE, current
from services.kernel.parking import ticket_of
from services.kernel.reading_pg import LedgerReader
from services.kernel.registry_log import restore
from services.kernel.registry_pg import PostgresRegistry
from services.kernel.replaying import Progress, Replay, silent
from services.kernel.scanning import find_offsets, last_command, one_record, scan, within
from services.kernel.service import Service
from services.kernel.store import NotHealed
from services.kernel.store_pg import PostgresStore
from services.kernel.verify import difference

log = logging.getLogger("hotline.healing")
SETTLE_S = 1.0
TICK_S = 0.5


@dataclass(slots=True)
class Healed:
    """What healing came to. `moved`: the server was another one."""

    moved: bool = False
    facts: int = 0
    forked: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Bucket:
    """How far a bucket was healed."""

    due: int
    offset: int
    incarnations: dict[str, int] = field(default_factory=dict)
    forked: bool = False
    cause: str = ""


class Healer:
    """Heals the ledger of one service, one process at a time; repeating it changes nothing."""

    def __init__(
        self,
        service: Service,
        store: PostgresStore,
        bus: Bus,
        clock: Clock,
        namespace: str,
        buckets: int,
    ) -> None:
        self._service, self._store, self._bus, self._clock = service, store, bus, clock
        self._namespace, self._count = namespace, buckets
        self._topic = names.topic_of(namespace, names.TICKETS)
        self._ledger = HealingLedger(
            PostgresStore(store.pool, store.service, namespace, healing=True)
        )
        self._reader = LedgerReader(store.pool, store.service, namespace)
        self._answering = True
        self._tickets: set[str] = set()
        self._answers: dict[str, Answered] = {}
        self._names: dict[str, list[str]] = {}
        self._parked: list[Fact] = []

    async def is_healed(self) -> bool:
        """Raises StoreUnavailable."""
        return await self._ledger.is_healed()

    async def forked(self) -> list[int]:
        """Buckets that wait for `adopt`."""
        return await self._ledger.forked()

    async def heal(self) -> Healed:
        """Raises BusUnavailable, LogHole, LostOwnership, StoreUnavailable: then try again."""
        async with self._ledger.alone():
            if reason := await self._ledger.stopped_for():
                raise NotHealed(BROKEN_OFF[reason])
            found = Healed(moved=not await self._ledger.is_healed())
            buckets = await self._begin()
            if found.moved:
                await self._restore_registry()
            while True:
                seen = await self._pass(buckets, found)
                if not found.moved or not seen:
                    break
                await self._clock.sleep(SETTLE_S)  # a relay may have had some in its memory still
            await self._settle(buckets, found)
            if found.moved or found.facts:
                await self._ledger.done()
        if found.moved or found.facts or found.forked:
            log.warning("healed: %d facts read back, another server: %s", found.facts, found.moved)
        return found

    async def _begin(self) -> dict[int, _Bucket]:
        self._answers, self._names, self._parked, self._tickets = {}, {}, [], set()
        places = await self._ledger.places(self._topic)
        marks = await self._store.marks()
        buckets = {}
        for bucket, (position, offset) in places.items():
            buckets[bucket] = _Bucket(position, offset)
            if bucket in marks:
                mark = marks[bucket]
                buckets[bucket].forked = mark.forked
                buckets[bucket].incarnations = {f"{self._service.name}@": mark.incarnation}
        return buckets

    async def read_all(self, progress: Progress = silent) -> tuple[int, dict[int, int]]:
        """An empty ledger from the whole log: how many facts, and where reacting goes on: behind
        the last record of each bucket that one of them names as its cause.

        The caller holds the ledger alone. Raises as `heal`.
        """
        self._answering = False  # the vault was not lost
        await self._restore_registry()
        found, buckets = Healed(moved=True), await self._begin()
        while await self._pass(buckets, found, progress):
            await self._clock.sleep(SETTLE_S)
        causes = {n: b.cause for n, b in buckets.items() if b.cause}
        last = await find_offsets(self._bus, self._topic, causes, {})
        return found.facts, {n: last.get(n, -1) + 1 for n in buckets}

    async def _restore_registry(self) -> None:
        entries = PostgresRegistry(self._store.pool, self._store.service, self._namespace)
        await restore(entries, self._bus, self._namespace, self._service.name)

    # Read back

    async def _pass(
        self, buckets: Mapping[int, _Bucket], found: Healed, progress: Progress = silent
    ) -> int:
        """All records behind what was read so far; how many of them were our own."""
        seen, said = 0, {n: b.incarnations for n, b in buckets.items()}
        async for records in scan(
            self._bus, self._topic, {n: b.offset for n, b in buckets.items()}
        ):
            for number, facts in own_facts(records, self._service.name, said).items():
                seen += len(facts)
                await self._insert(number, buckets[number], facts, found)
            for record in records:
                buckets[record.partition].offset = record.offset + 1
            progress(sum(b.offset for b in buckets.values()), 0)
        return seen

    async def _insert(
        self,
        number: int,
        bucket: _Bucket,
        facts: Sequence[tuple[Fact, Record]],
        found: Healed,
    ) -> None:
        """What is missing goes in; what is there must be the same. A later one whose predecessor
        nobody has read was never applied by anybody: it is nobody's fact."""
        missing, known = list[Fact](), list[tuple[Fact, Record]]()
        for fact, record in facts:
            if fact.position == bucket.due and not bucket.forked:
                bucket.due += 1
                missing.append(fact)
            elif fact.position < bucket.due:
                known.append((fact, record))
        if missing:
            await self._insert_missing(number, bucket, missing, found)
        if known and not bucket.forked and await self._differs(number, known):
            bucket.forked = True
            found.forked.append(number)
            await self._ledger.fork([number])

    async def _insert_missing(
        self, number: int, bucket: _Bucket, missing: Sequence[Fact], found: Healed
    ) -> None:
        """Another process may have appended some since we asked where the ledger ends."""
        rows = await self._reader.range(number, missing[0].position, missing[-1].position)
        there = {row[0] for row in rows}
        lost = [fact for fact in missing if fact.position not in there]
        if lost:
            await self._ledger.insert(lost)
            found.facts += len(lost)
        for fact in lost:
            self._remember(bucket, fact)

    async def _differs(self, number: int, known: Sequence[tuple[Fact, Record]]) -> bool:
        first = min(fact.position for fact, _ in known)
        last = max(fact.position for fact, _ in known)
        rows = {row[0]: row for row in await self._reader.range(number, first, last)}
        disowned = await self._reader.disowned()
        for fact, record in known:
            if (number, fact.position) in disowned:
                continue
            row = rows.get(fact.position)
            what = difference(row, self._service.name, record) if row else "the ledger lacks it"
            if what:
                log.critical(
                    "bucket %d is forked at position %d (offset %d): %s; nothing is appended to it "
                    "until `hotline adopt`", number, fact.position, record.offset, what,
                )  # fmt: skip
                return True
        return False

    def _remember(self, bucket: _Bucket, fact: Fact) -> None:
        """What the fact says of its cause, of the command, and of records that wait."""
        if fact.version == 1 and self._answering:
            self._tickets.add(fact.ticket)
        if fact.type == PARKED_TYPE:
            self._parked.append(fact)
        elif fact.command_id and self._answering:
            sender, _, key = fact.command_id.partition("/")
            said = self._names.setdefault(fact.command_id, [])
            said.append(fact.type.rpartition(".")[2])
            before = self._answers.get(fact.command_id)
            status = before.status if before else 201 if fact.version == 1 else 200
            body = {"ticket": fact.ticket, "version": fact.version, "facts": said}
            self._answers[fact.command_id] = Answered(
                sender, key, fact.ticket, status, orjson.dumps(body), fact.version, fact.bucket,
                fact.position,
            )  # fmt: skip
        if fact.causation.count("/") == 2 and not fact.causation.startswith("timer/"):
            bucket.cause = fact.causation

    # Go on

    async def _settle(self, buckets: Mapping[int, _Bucket], found: Healed) -> None:
        """Answers, records that waited, views and timers, and where each input goes on."""
        if self._tickets and self._service.read_back is not None:
            await self._service.read_back(self._tickets)
        await self._ledger.answer(self._answers.values())
        for fact in self._parked:
            await self._put_back(fact)
        offsets = {n: at for n, (_, at) in (await self._ledger.places(self._topic)).items()}
        if found.moved or found.facts:
            causes = {n: b.cause for n, b in buckets.items() if b.cause}
            last = await find_offsets(self._bus, self._topic, causes, offsets)
            until = {n: max(offsets[n], last.get(n, -1) + 1) for n in buckets}
            await self.replay(until)
        if self._answers and self._service.codec.commands:
            topic = names.topic_of(self._namespace, names.COMMANDS)
            begun = await self._ledger.offsets(topic)
            done = await last_command(self._bus, topic, set(self._answers), begun)
            await self._ledger.skip(topic, done)
        if found.moved:
            await self._skip_what_is_gone()

    async def _skip_what_is_gone(self) -> None:
        """Commands are kept for a week: what an older backup had not read yet is gone."""
        for name in (names.COMMANDS, names.SUBMISSIONS):
            topic = names.topic_of(self._namespace, name)
            begun = await self._ledger.offsets(topic)
            starts = await within(self._bus, topic, begun)
            await self._ledger.skip(topic, {p: at for p, at in starts.items() if at > begun[p]})

    async def replay(self, until: Mapping[int, int], progress: Progress = silent) -> None:
        """Views and timers up to these offsets; epochs rise above any that was used."""
        work = Replay(self._service, self._ledger, self._bus, self._topic)
        await work.run(until, progress)

    async def _put_back(self, fact: Fact) -> None:
        message = TicketParked.FromString(fact.data)
        record = await one_record(self._bus, (message.topic, message.partition), message.offset)
        if record is not None and ticket_of(record, attributes(record.headers)) == fact.ticket:
            await self._ledger.put_back(record, fact.bucket, fact.ticket, message.reason)


def own_facts(
    records: Sequence[Record], source: str, incarnations: Mapping[int, dict[str, int]]
) -> dict[int, list[tuple[Fact, Record]]]:
    """The facts of a service among the records, by partition; what consumers drop is left out."""
    mine, found = source.encode(), dict[int, list[tuple[Fact, Record]]]()
    for record in records:
        headers = attributes(record.headers)
        if headers.get("ce_source") != mine:
            continue
        try:
            fact = to_fact(record, headers)
            counts = current(incarnations[record.partition], source, headers)
        except (NotAFact, ValueError):
            continue  # consumers set it aside too
        if counts:
            found.setdefault(record.partition, []).append((fact, record))
    return found
