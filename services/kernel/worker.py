"""The loop: poll, drop by position, load states, react, one transaction, then the rest."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from services.kernel.bus import Bus, Consumer, LogHole, Record
from services.kernel.clock import Clock
from services.kernel.draft import Draft
from services.kernel.facts import Appended, Fact, Repeated
from services.kernel.inbox import Batch, Inbox
from services.kernel.kafka_commands import KafkaCommands
from services.kernel.measure import Meter
from services.kernel.names import bucket_of
from services.kernel.owning import Owning
from services.kernel.parking import (
    UNDONE,
    Released,
    Untold,
    batch_of,
    bucket_for,
    later,
    park,
    reason_of,
    spoiled,
    ticket_of,
    waiting,
)
from services.kernel.planner import Plan, Planner, Stale, accepted
from services.kernel.relay import Relay
from services.kernel.replies import Replies
from services.kernel.rest import Rest
from services.kernel.seen import applied
from services.kernel.service import Service
from services.kernel.states import States
from services.kernel.store import (
    Advance,
    LostOwnership,
    ParkedRecord,
    Store,
    StoreUnavailable,
    Tx,
)

log = logging.getLogger("hotline.worker")
POLL = 500
ATTEMPTS = 3
MOST_RELEASED = 10_000
MOST_EARLY = 10_000  # tickets for which commands wait; more are answered that it is unknown


class Worker(Owning):
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
        replies: Replies,
        namespace: str,
        buckets: int,
        meter: Meter,
    ) -> None:
        super().__init__(service, store, clock, relay, states, inbox)
        self._bus = bus
        self._replies, self._namespace, self._buckets = replies, namespace, buckets
        self._meter = meter
        self._planner = Planner(service, states, commands, buckets, meter)
        self.alone = asyncio.Lock()

    # The loop

    async def run(self, consumer: Consumer) -> None:
        """Until cancelled. It rests behind a batch that came to anything; a wait for it counts."""
        self.consumer, free = consumer, self._clock.now()
        rest = Rest(self._clock, self._service.gather_s, hurried=self._service.hurried)
        while True:
            try:
                if self._lost or self.healed.is_set():
                    await self.retake()
                records = await consumer.fetch(POLL, 0.2)
                waited_s = (self._clock.now() - free).total_seconds()
                if await self.step(records) and len(records) < POLL:
                    await rest.take(waited_s)
                if records:
                    free = self._clock.now()
            except UNDONE as error:
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

    async def step(self, records: Sequence[Record]) -> bool:
        """Apply what is new in one transaction; a record that makes the code fail is parked.
        Whether any fact came of it, or anything that a view keeps."""
        async with self.alone:
            try:
                return await self._step(records)
            except (*UNDONE, LogHole):
                raise
            except Exception as error:
                log.exception("a batch of %d made the code fail", len(records))
                await self._alone(records, error)
                return True

    async def _step(self, records: Sequence[Record]) -> bool:
        batch = self._inbox.sort(records)
        self._meter.dropped(batch.lower, len(batch.higher))
        for fact in batch.higher:
            if fact.source == self._service.name:
                self._relay.seen(fact.bucket, fact.position, applied=False)
        if batch.spoiled:
            await self._bus.publish(
                [spoiled(r, why, self._namespace, self._service.name) for r, why in batch.spoiled]
            )
        if not batch:
            return False
        if self._states is not None:
            self._states.read_back(batch.read)
        await self._announce(batch.read)
        plan, written = await self._settle(batch)
        await self._after(batch, plan, written)
        return bool(written or (batch.facts and self._service.views))

    async def _announce(self, facts: Sequence[Fact], *, released: bool = False) -> None:
        """All that is read, before the rest of it can fail: also what then waits is told, so that
        what is told is in the order of the log, and what comes again known by its position.

        Raises Untold: that alone is told when it is released.
        """
        if self._service.announce is None or not facts:
            return
        try:
            await self._service.announce(facts, released=released)
        except UNDONE:
            raise
        except Exception as error:
            raise Untold(reason_of(error)) from error

    async def _alone(self, records: Sequence[Record], error: Exception) -> None:
        """Each record by itself: the others go on, the one that fails again waits."""
        if len(records) > 1:
            for record in records:
                try:
                    await self._step([record])
                except (*UNDONE, LogHole):
                    raise
                except Exception as again:  # noqa: BLE001 - it is parked with its reason
                    await self._park(record, again)
        else:
            await self._park(records[0], error)

    async def _park(self, record: Record, error: Exception) -> None:
        reason = reason_of(error)
        ticket = ticket_of(record, dict(record.headers))
        batch = self._inbox.sort([record])
        if not batch:
            return  # applied, what failed came after the commit; or no longer ours
        bucket = bucket_for(record, ticket, self._inbox.tickets, self._buckets)
        row = waiting(record, ticket, reason, told=not isinstance(error, Untold))
        await self.parks(bucket, [row], batch.advances)
        self._inbox.applied(batch.advances)

    async def parks(
        self,
        bucket: int,
        rows: Sequence[ParkedRecord],
        advances: Sequence[Advance],
        *,
        again: bool = False,
    ) -> None:
        """All that waits of one ticket; the caller holds `alone`."""
        ticket = rows[0].ticket
        log.error("ticket %s is parked: %s", ticket, rows[0].reason, extra={"ticket": ticket})
        self._inbox.park(ticket)
        await park(self._store, bucket, rows, advances, again=again)
        if self._states is not None:
            self._states.evict([ticket])
        self._meter.parked()

    async def release(self, ticket: str, *, drop_by: str = "") -> int:
        """Apply what waits of a ticket, or drop it for `drop_by`, in order, with its own times.

        How many: by the bucket's owner, MOST_RELEASED at a time; the ticket waits for the rest.
        Raises LostOwnership, or what made the ticket wait when it still does: then nothing has
        changed.
        """
        async with self.alone:
            rows = await self._store.parked_records(ticket, MOST_RELEASED, opened=not drop_by)
            if not rows:
                return 0
            batch = Batch() if drop_by else batch_of(rows, self._inbox.tickets)
            await self._announce(batch.untold, released=True)
            plan, written = await self._settle(batch, Released(ticket, len(rows), drop_by))
            if len(rows) < MOST_RELEASED:
                self._inbox.free(ticket)
            if self._states is not None:
                self._states.evict([ticket])
            await self._after(batch, plan, written)
            return len(rows)

    async def _settle(
        self, batch: Batch, released: Released | None = None
    ) -> tuple[Plan, list[tuple[Draft, Appended]]]:
        """Decide and commit; again, from fresh states, where a stream had moved on."""
        repeats: dict[tuple[str, str], Repeated] = {}
        for _ in range(ATTEMPTS):
            room = 0 if released else MOST_EARLY - len(self._inbox.early)
            plan = await self._planner.plan(batch, repeats, room=room, released=bool(released))
            try:
                return plan, await self._commit(batch, plan, released)
            except Stale as stale:
                assert self._states is not None
                self._states.evict(stale.tickets)
                self._meter.conflicts(len(stale.tickets))
                if stale.keys:
                    repeats.update(await self._store.answers(stale.keys))
        raise StoreUnavailable("the tickets of the batch are changing too fast")

    async def _after(
        self, batch: Batch, plan: Plan, written: Sequence[tuple[Draft, Appended]]
    ) -> None:
        self._inbox.applied(batch.advances)
        self._inbox.early.update(request.ticket for request in plan.early)
        self.keep(written)
        source = self._service.name
        last = {fact.bucket: fact.position for fact in batch.read if fact.source == source}
        for bucket, position in last.items():
            self._relay.seen(bucket, position, applied=True)
        self._meter.applied(batch)
        applied(batch.facts, plan.steps, time.perf_counter() - plan.began)
        for view in self._service.views:
            await view.committed(batch.facts)
        if plan.replies:
            placed = {draft.ticket: outcome.position for draft, outcome in written}
            self._replies.send(plan.replies, placed)

    def keep(self, written: Sequence[tuple[Draft, Appended]]) -> None:
        """Remember the states of what was committed and hand the facts to the relay."""
        facts: list[Fact] = []
        for draft, outcome in written:
            if self._states is not None:
                self._states.keep(draft.ticket, draft.state, draft.version)
            facts.extend(draft.committed(self._service.codec, outcome))
        self._relay.offer(facts)
        self._meter.appended(facts)

    # Write

    async def _commit(
        self, batch: Batch, plan: Plan, released: Released | None
    ) -> list[tuple[Draft, Appended]]:
        written: list[tuple[Draft, Appended]] = []
        async with self._store.transaction() as tx:
            if batch.advances:
                await tx.advance(batch.advances)
            if released is not None:
                await self._unpark(tx, released)
            pairs = plan.appends()
            if pairs:
                outcomes = await tx.append([append for _, append in pairs])
                written = accepted(pairs, outcomes)
            if refused := self._replies.refusals(plan.replies):
                await tx.refuse(refused)
            await self._keep_waiting(tx, plan)
            await plan.fold(tx, self._service.views, batch.facts)
        return written

    async def _unpark(self, tx: Tx, released: Released) -> None:
        bucket = bucket_of(released.ticket, self._buckets)
        epochs = self._inbox.epochs()
        if bucket not in epochs:
            raise LostOwnership(f"bucket {bucket} of {released.ticket} is another process's")
        await tx.still_owner(self._inbox.tickets, {bucket: epochs[bucket]})
        await tx.unpark(bucket, released.ticket, released.records, released.dropped_by)

    async def _keep_waiting(self, tx: Tx, plan: Plan) -> None:
        behind = [(t, r, t in self._inbox.parked) for t, r in plan.waiting]
        behind += [(r.ticket, r.record, False) for r in plan.early if r.record is not None]
        if behind:
            tickets, buckets = self._inbox.tickets, self._buckets
            await tx.park(
                [(bucket_for(r, t, tickets, buckets), later(t, r, p)) for t, r, p in behind]
            )
