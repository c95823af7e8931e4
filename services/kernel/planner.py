"""What a batch comes to: states loaded once, reactions and commands decided in order."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from services.kernel.bus import Record
from services.kernel.cloudevents import attributes
from services.kernel.codec import metadata
from services.kernel.commands import REUSED
from services.kernel.decider import Rejection, replace
from services.kernel.draft import Draft
from services.kernel.facts import (
    NEVER,
    Append,
    Appended,
    Conflict,
    Fact,
    Outcome,
    Repeated,
    TooLate,
)
from services.kernel.imports import Frontier, Standing, frontier_of
from services.kernel.inbox import PARKED_TYPE, Batch
from services.kernel.kafka_commands import KafkaCommands, Request
from services.kernel.measure import Meter
from services.kernel.names import bucket_of
from services.kernel.replies import Reply
from services.kernel.seen import Steps, steps_of
from services.kernel.service import Service, View
from services.kernel.states import States
from services.kernel.store import StoreUnavailable, TimerRow, Tx
from services.kernel.telemetry import about, recorded

log = logging.getLogger("hotline.planner")


class Plan:
    """What a batch comes to before it is written."""

    def __init__(self) -> None:
        self.drafts: dict[str, Draft] = {}
        self.timers: list[TimerRow] = []
        self.frontiers: list[tuple[int, Frontier]] = []
        self.replies: list[Reply] = []
        self.steps: Steps = {}
        self.began = time.perf_counter()
        self.early: list[Request] = []
        self.waiting: list[tuple[str, Record]] = []

    async def fold(self, tx: Tx, views: Sequence[View], facts: Sequence[Fact]) -> None:
        """What the owner of the buckets keeps beside the ledger: timers, frontiers, views."""
        if self.timers:
            await tx.change_timers(self.timers)
        for bucket, f in self.frontiers:
            await tx.set_frontier(bucket, f.import_id, f.until, f.final)
        for view in views:
            await view.apply(tx, facts)

    def appends(self) -> list[tuple[Draft, Append]]:
        """Drafts that write anything, by bucket."""
        drafts = [d for d in self.drafts.values() if d.facts or d.commands]
        return [(d, d.append()) for d in sorted(drafts, key=lambda d: (d.bucket, d.ticket))]


class Planner:
    """Pure but for loading states and verifying commands; nothing is written here."""

    def __init__(
        self,
        service: Service,
        states: States | None,
        commands: KafkaCommands | None,
        buckets: int,
        meter: Meter,
    ) -> None:
        self._service, self._states, self._commands = service, states, commands
        self._buckets, self._meter = buckets, meter
        self._own = {cls.__name__ for cls in service.own_reactions}
        self._frontier = service.frontier and service.frontier.DESCRIPTOR.full_name

    async def plan(
        self,
        batch: Batch,
        repeats: Mapping[tuple[str, str], Repeated],
        *,
        room: int = 0,
        released: bool = False,
    ) -> Plan:
        """`room`: how many commands may wait for a ticket that is unknown yet. What is `released`
        has waited: none of it counts before its ticket's first fact, and it may be older than what
        watermarks have promised.

        Raises what the domain raises for a record that makes it fail: a defect.
        """
        plan, service = Plan(), self._service
        plan.waiting = batch.waiting
        for fact in batch.facts:
            self._fold_own(plan, fact)
        if service.decider is None or self._states is None:
            plan.steps = steps_of(batch.facts)
            return plan
        wanted = [f for f in batch.facts if self._reacts(f)]
        plan.steps = steps_of(wanted)
        requests = await self._read(plan, batch, released=released) if self._commands else []
        tickets = {f.ticket for f in wanted} | {r.ticket for r in requests if not r.problem}
        states = await self._states.of(tickets)
        for ticket, (state, version) in states.items():
            plan.drafts[ticket] = Draft(bucket_of(ticket, self._buckets), ticket, state, version)
        if released:
            await self._begun(requests)
        await self._hold(plan.drafts, [r for r in requests if not r.problem and not r.live])
        for fact in wanted:
            with about(fact.ticket, fact.traceparent):
                self._react(plan, fact)
        self._decide(plan, requests, repeats, room)
        if released:
            for draft in plan.drafts.values():
                draft.live_from = None
        return plan

    async def _read(self, plan: Plan, batch: Batch, *, released: bool) -> list[Request]:
        """The batch's commands, and those that wait for their parked ticket in vain. Of what is
        `released` nobody asks how its import stands, which may have been closed while it waited:
        what came after the close never waited."""
        assert self._commands is not None
        if released:
            return await self._commands.read(batch.others)
        late, vain = await self._commands.too_late((h for _, h in batch.others), batch.waiting)
        places = {_place(record) for _, record in vain}
        plan.waiting = [each for each in batch.waiting if _place(each[1]) not in places]
        refused = [(record, attributes(record.headers)) for _, record in vain]
        return await self._commands.read([*batch.others, *refused], late)

    async def _begun(self, requests: Sequence[Request]) -> None:
        assert self._states is not None
        live = [r for r in requests if r.live and not r.problem]
        began = await self._states.began({r.ticket for r in live})
        for request in live:
            at = max(request.command.at, began.get(request.ticket, NEVER))
            request.command = replace(request.command, at=at)

    async def _hold(self, drafts: Mapping[str, Draft], imported: Sequence[Request]) -> None:
        """Imports to their tickets; one that begins a stream to what it says first."""
        assert self._states is not None
        found = await self._states.standings({r.ticket for r in imported})
        for request in imported:
            draft = drafts[request.ticket]
            begun = Standing(request.meta["import_id"], NEVER)
            draft.standing = draft.standing or found[request.ticket] or begun

    def _decide(
        self,
        plan: Plan,
        requests: Sequence[Request],
        repeats: Mapping[tuple[str, str], Repeated],
        room: int,
    ) -> None:
        """The commands in order; one that stands twice in the batch is decided once, one of a
        ticket that is unknown yet may wait for it.

        A refused one takes no id: who is not proven to be its sender cannot use it up.
        """
        decided: dict[tuple[str, str], Request] = {}
        for request in requests:
            assert self._commands is not None
            first = decided.get((request.sender, request.command_id))
            if first is not None and request.problem is None:
                if first.body_hash == request.body_hash:
                    continue
                request.problem = REUSED
            elif request.problem is None:
                decided[request.sender, request.command_id] = request
            draft = plan.drafts.get(request.ticket)
            with about(request.ticket, request.meta.get("traceparent", "")):
                reply = self._commands.decide(draft, request, repeats)
            if len(plan.early) < room and draft is not None and _is_early(draft, request, reply):
                draft.commands.pop()
                plan.early.append(request)
            else:
                plan.replies.append(reply)

    def _reacts(self, fact: Fact) -> bool:
        is_own = fact.source == self._service.name
        if is_own and (not self._own or fact.type.rpartition(".")[2] not in self._own):
            return False
        return self._service.codec.knows(fact.type)

    def _fold_own(self, plan: Plan, fact: Fact) -> None:
        """Timers from our own facts, frontiers from anybody's."""
        service = self._service
        if fact.type == self._frontier and (told := frontier_of(service.frontier, fact)):
            plan.frontiers.append((fact.bucket, told))
        if fact.source != service.name:
            return
        if not service.codec.knows(fact.type):
            if fact.type != PARKED_TYPE:
                self._meter.unknown()
        elif service.timers is not None:
            place, trace = (fact.bucket, fact.ticket, fact.import_id), recorded(fact.traceparent)
            for change in service.timers(service.codec.decode(fact)):
                plan.timers.append(TimerRow(*place, change, trace))

    def _react(self, plan: Plan, fact: Fact) -> None:
        service, draft = self._service, plan.drafts[fact.ticket]
        assert service.decider is not None
        event = service.codec.decode(fact)
        imported = bool(fact.import_id)
        at = fact.time if imported else fact.broker_time
        assert at is not None
        commands = service.decider.react(event, draft.state, at)
        if not commands:
            return
        event_id = fact.event_id
        step = plan.steps.get(event_id)
        meta = metadata(
            import_id=fact.import_id,
            causation=event_id,
            traceparent=step.format() if step else fact.traceparent,
        )
        for command in commands:
            try:
                draft.decide(command, service.decider, service.codec, meta, live=not imported)
            except Rejection as rejection:
                self._meter.reaction_rejected()
                log.error("a reaction to %s was rejected: %s", event_id, rejection.message)


def _place(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


def _is_early(draft: Draft, request: Request, reply: Reply) -> bool:
    unknown = draft.version == 0 and reply.answer.status == HTTPStatus.NOT_FOUND
    return unknown and request.live and request.problem is None and reply.key is not None


class Stale(Exception):
    """A cached state was behind its stream, or commands came again: decide again.

    `keys`: all command ids of the drafts in which one was used before.
    """

    def __init__(self, tickets: list[str], keys: list[tuple[str, str]]) -> None:
        super().__init__(tickets, keys)
        self.tickets, self.keys = tickets, keys


def accepted(
    pairs: Sequence[tuple[Draft, Append]], outcomes: Sequence[Outcome]
) -> list[tuple[Draft, Appended]]:
    """All appended. Raises Stale or StoreUnavailable: the transaction rolls back, and the batch is
    decided again."""
    written: list[tuple[Draft, Appended]] = []
    stale: list[str] = []
    keys: list[tuple[str, str]] = []
    for (draft, _), outcome in zip(pairs, outcomes, strict=True):
        match outcome:
            case Appended():
                written.append((draft, outcome))
            case Conflict():
                stale.append(draft.ticket)
            case Repeated():
                stale.append(draft.ticket)
                keys += [(c.sender, c.key) for c in draft.commands]
            case TooLate():
                raise StoreUnavailable(f"{draft.ticket}: a reaction before the watermark")
    if stale:
        raise Stale(stale, keys)
    return written
