"""The loop: poll, drop by position, load states, react, one transaction, then the rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from services.kernel.bus import Bus, Consumer, Place, Record
from services.kernel.clock import Clock
from services.kernel.codec import metadata
from services.kernel.decider import Rejection
from services.kernel.draft import Draft
from services.kernel.facts import Append, Appended, Conflict, Fact, Outcome, Repeated, TooLate
from services.kernel.inbox import Batch, Inbox
from services.kernel.kafka_commands import KafkaCommands, Reply
from services.kernel.measure import Meter
from services.kernel.names import bucket_of
from services.kernel.relay import Relay
from services.kernel.service import Service
from services.kernel.states import States
from services.kernel.store import LostOwnership, Store, StoreUnavailable, TimerRow

log = logging.getLogger("hotline.worker")
POLL = 200
ATTEMPTS = 3


class Stale(Exception):
    """A cached state was behind its stream: load it again and decide again."""


class Plan:
    """What a batch comes to before it is written."""

    def __init__(self) -> None:
        self.drafts: dict[str, Draft] = {}
        self.timers: list[TimerRow] = []
        self.frontiers: list[tuple[int, Any]] = []
        self.replies: list[Reply] = []

    def appends(self) -> list[tuple[Draft, Append]]:
        """Drafts that write anything, by bucket."""
        drafts = [d for d in self.drafts.values() if d.facts or d.command]
        return [(d, d.append()) for d in sorted(drafts, key=lambda d: (d.bucket, d.ticket))]


class Worker:
    """Consumes for one service in one process."""

    def __init__(
        self,
        service: Service,
        store: Store,
        bus: Bus,
        clock: Clock,
        relay: Relay,
        states: States | None,
        inbox: Inbox,
        commands: KafkaCommands | None,
        buckets: int,
        meter: Meter,
    ) -> None:
        self._service, self._store, self._bus, self._clock = service, store, bus, clock
        self._relay, self._states, self._inbox = relay, states, inbox
        self._commands, self._count, self._meter = commands, buckets, meter
        self._own = {cls.__name__ for cls in service.own_reactions}
        self._left: list[Record] = []
        self.consumer: Consumer | None = None
        self.joined = asyncio.Event()

    # Ownership

    async def assigned(self, places: Sequence[Place]) -> Mapping[Place, int]:
        """Raise the epochs, then say where each partition goes on."""
        rows = await self._store.claim(places) if places else []
        self._inbox.own(rows)
        if self._states is not None:
            self._states.evict()
        self._left.clear()
        mine = self._inbox.buckets()
        source = self._service.name
        tickets = {
            r.partition: r.expected.get(source, 1)
            for r in rows
            if r.partition in mine and r.topic == self._inbox.tickets
        }
        self._relay.own(tickets)
        for view in self._service.views:
            await view.owned(mine)
        self.joined.set()
        return {(r.topic, r.partition): r.next_offset for r in rows}

    async def revoked(self, places: Sequence[Place]) -> None:
        self._inbox.let_go(places)
        self._left.clear()
        self._relay.let_go([p for t, p in places if t == self._inbox.tickets])
        for view in self._service.views:
            await view.owned(self._inbox.buckets())

    async def reclaim(self) -> None:
        """After a lost or unknown commit: nothing in memory counts, ask the store again."""
        places = list(self._inbox.rows)
        offsets = await self.assigned(places)
        assert self.consumer is not None
        for place, offset in offsets.items():
            self.consumer.seek(place, offset)

    # The loop

    async def run(self, consumer: Consumer) -> None:
        """Until cancelled."""
        self.consumer = consumer
        while True:
            records, self._left = self._left, []
            if not records:
                records = await consumer.fetch(POLL, 0.2)
            try:
                await self.step(records)
            except (StoreUnavailable, LostOwnership) as error:
                log.warning("the batch is undone: %s", error)
                await self._clock.sleep(0.5)
                await self._recover()

    async def _recover(self) -> None:
        while True:
            try:
                return await self.reclaim()
            except StoreUnavailable as error:
                log.warning("the store cannot be reached: %s", error)
                await self._clock.sleep(1.0)

    async def step(self, records: Sequence[Record]) -> None:
        """Apply what is new, all of it in one transaction."""
        batch = self._inbox.sort(records)
        self._meter.dropped(batch.lower, len(batch.higher))
        for fact in batch.higher:
            if fact.source == self._service.name:
                self._relay.seen(fact.bucket, fact.position, applied=False)
        self._left = batch.left
        if not batch:
            return
        plan, written = await self._settle(batch)
        await self._after(batch, plan, written)

    async def _settle(self, batch: Batch) -> tuple[Plan, list[tuple[Draft, Appended]]]:
        """Decide and commit; again, from fresh states, where a stream had moved on."""
        repeats: dict[tuple[str, str], Repeated] = {}
        attempt = 1
        while True:
            plan = await self._plan(batch, repeats)
            try:
                return plan, await self._commit(batch, plan, repeats)
            except Stale:
                if attempt == ATTEMPTS:
                    raise
                attempt += 1

    async def _after(
        self, batch: Batch, plan: Plan, written: Sequence[tuple[Draft, Appended]]
    ) -> None:
        self._inbox.applied(batch.advances)
        self.keep(written)
        source = self._service.name
        for fact in batch.facts:
            if fact.source == source:
                self._relay.seen(fact.bucket, fact.position, applied=True)
        self._meter.applied(batch)
        for view in self._service.views:
            await view.committed(batch.facts)
        if plan.replies and self._commands is not None:
            self._commands.send(plan.replies)

    def keep(self, written: Sequence[tuple[Draft, Appended]]) -> None:
        """Remember the states of what was committed and hand the facts to the relay."""
        facts: list[Fact] = []
        for draft, outcome in written:
            if self._states is not None:
                self._states.keep(draft.ticket, draft.state, draft.version)
            facts.extend(draft.committed(self._service.codec, outcome))
        self._relay.offer(facts)
        self._meter.appended(facts)

    # Decide

    async def _plan(self, batch: Batch, repeats: Mapping[tuple[str, str], Repeated]) -> Plan:
        plan, service = Plan(), self._service
        for fact in batch.facts:
            self._fold_own(plan, fact)
        if service.decider is None or self._states is None:
            return plan
        wanted = [f for f in batch.facts if self._reacts(f)]
        requests = await self._commands.read(batch.others) if self._commands else []
        tickets = {f.ticket for f in wanted} | {r.ticket for r in requests if not r.problem}
        states = await self._states.of(tickets)
        for ticket, (state, version) in states.items():
            plan.drafts[ticket] = Draft(bucket_of(ticket, self._count), ticket, state, version)
        for fact in wanted:
            self._react(plan.drafts[fact.ticket], fact)
        for request in requests:
            assert self._commands is not None
            plan.replies.append(
                self._commands.decide(plan.drafts.get(request.ticket), request, repeats)
            )
        return plan

    def _reacts(self, fact: Fact) -> bool:
        if not self._service.codec.knows(fact.type):
            return False
        return fact.source != self._service.name or fact.type.rpartition(".")[2] in self._own

    def _fold_own(self, plan: Plan, fact: Fact) -> None:
        """Timers from our own facts, frontiers from anybody's."""
        service = self._service
        if not service.codec.knows(fact.type):
            return
        if service.timers is not None and fact.source == service.name:
            for change in service.timers(service.codec.decode(fact)):
                plan.timers.append(TimerRow(fact.bucket, fact.ticket, fact.import_id, change))
        if service.frontier is not None and fact.source != service.name:
            frontier = service.frontier(service.codec.decode(fact))
            if frontier is not None:
                plan.frontiers.append((fact.bucket, frontier))

    def _react(self, draft: Draft, fact: Fact) -> None:
        service = self._service
        assert service.decider is not None
        event = service.codec.decode(fact)
        imported = bool(fact.import_id)
        at = fact.time if imported else fact.broker_time
        assert at is not None
        meta = metadata(
            import_id=fact.import_id, causation=fact.event_id, traceparent=fact.traceparent
        )
        for command in service.decider.react(event, draft.state, at):
            try:
                draft.decide(command, service.decider, service.codec, meta, live=not imported)
            except Rejection as rejection:
                self._meter.reaction_rejected()
                log.error("a reaction to %s was rejected: %s", fact.event_id, rejection.message)

    # Write

    async def _commit(
        self, batch: Batch, plan: Plan, repeats: dict[tuple[str, str], Repeated]
    ) -> list[tuple[Draft, Appended]]:
        written: list[tuple[Draft, Appended]] = []
        async with self._store.transaction() as tx:
            await tx.advance(batch.advances)
            pairs = plan.appends()
            if pairs:
                outcomes = await tx.append([append for _, append in pairs])
                written = self._accept(pairs, outcomes, repeats)
            if plan.timers:
                await tx.change_timers(plan.timers)
            for bucket, f in plan.frontiers:
                await tx.set_frontier(bucket, f.import_id, f.until, f.final)
            for view in self._service.views:
                await view.apply(tx, batch.facts)
        return written

    def _accept(
        self,
        pairs: Sequence[tuple[Draft, Append]],
        outcomes: Sequence[Outcome],
        repeats: dict[tuple[str, str], Repeated],
    ) -> list[tuple[Draft, Appended]]:
        """All appended, or Stale: the transaction rolls back and the batch is decided again."""
        written, stale = [], []
        for (draft, append), outcome in zip(pairs, outcomes, strict=True):
            match outcome:
                case Appended():
                    written.append((draft, outcome))
                case Conflict():
                    stale.append(draft.ticket)
                case Repeated():
                    assert append.command is not None
                    repeats[append.command.sender, append.command.key] = outcome
                    stale.append(draft.ticket)
                case TooLate():
                    raise StoreUnavailable(f"{draft.ticket}: a reaction before the watermark")
        if stale:
            assert self._states is not None
            self._states.evict(stale)
            self._meter.conflicts(len(stale))
            raise Stale(stale)
        return written
