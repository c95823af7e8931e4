"""One process of one service: HTTP, worker, relay, watermarks and timers over shared ports."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry

from services.kernel import names
from services.kernel.bus import Bus, Consumer, Reader
from services.kernel.clock import Clock
from services.kernel.early import EarlyCommands
from services.kernel.gather import ended
from services.kernel.imports import Imports
from services.kernel.inbox import PARKED_TYPE, Inbox
from services.kernel.kafka_commands import KafkaCommands
from services.kernel.measure import Meter
from services.kernel.names import topic_of
from services.kernel.performer import Performer
from services.kernel.relay import Relay
from services.kernel.replies import Replies
from services.kernel.senders import Senders
from services.kernel.service import Service
from services.kernel.states import States
from services.kernel.store import Store, StoreUnavailable
from services.kernel.timers import Timers
from services.kernel.watermarks import Promiser, Proof
from services.kernel.worker import Worker
from services.kernel.writer import Writer

log = logging.getLogger("hotline.runtime")
COMMANDS_END_S = 2.0
PARTS_END_S = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the process runs: namespace, number of buckets, static group member; and whether
    importers are admitted."""

    namespace: str
    buckets: int
    instance: str
    imports: bool = False


class Runtime:
    """Composes the kernel over the given ports; `start` returns once the group was joined."""

    def __init__(
        self,
        service: Service,
        place: Place,
        store: Store,
        bus: Bus,
        clock: Clock,
        senders: Senders,
        registry: CollectorRegistry,
    ) -> None:
        self.service, self.place = service, place
        self.store, self.bus, self.clock = store, bus, clock
        self.registry = registry
        self.tickets = topic_of(place.namespace, names.TICKETS)
        frontier = service.frontier and service.frontier.DESCRIPTOR.full_name
        self._always = {PARKED_TYPE, frontier}
        self.inbox = Inbox(self.tickets, self._wants)
        self.relay = Relay(service.codec, self.tickets, store, bus, clock, place.buckets)
        self.proof = Proof(self.inbox.moved)
        self.consumer: Consumer | None = None
        self._watermarks: Reader | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._more: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        self._healed: Callable[[], bool] = lambda: True
        self.states = States(service, store, place.buckets) if service.decider else None
        self.meter = Meter(registry)
        self.imports = Imports(store) if place.imports else None
        self.commands = self._kafka_commands(senders)
        self.replies = Replies(
            service.name,
            senders,
            store,
            bus,
            self.meter,
            namespace=place.namespace,
            buckets=place.buckets,
            confide=service.confide,
        )
        self.worker = Worker(
            service, store, bus, clock, self.relay, self.states, self.inbox, self.commands,
            self.replies, place.namespace, place.buckets, self.meter,
        )  # fmt: skip
        self.writer = Writer(store, self.meter)
        self.performer = self._performer()
        self.meter.relay_lag.set_function(self.relay.lag)
        self.meter.inbox_lag.set_function(self._inbox_lag)
        self.meter.buckets.set_function(lambda: len(self.inbox.buckets()))

    def _wants(self, source: str, type_name: str) -> bool:
        service = self.service
        known = service.codec.knows(type_name) or type_name in self._always
        reads = service.reads is not None and service.reads(type_name)
        return reads or source == service.name or known

    def _kafka_commands(self, senders: Senders) -> KafkaCommands | None:
        if not self.service.codec.commands:
            return None
        return KafkaCommands(
            self.service,
            senders,
            namespace=self.place.namespace,
            buckets=self.place.buckets,
            answers_unknown=self.service.name == "dispatch",
            imports=self.imports,
        )

    def _performer(self) -> Performer | None:
        if self.states is None:
            return None
        return Performer(
            self.service,
            self.store,
            self.states,
            self.writer,
            self.clock,
            self.meter,
            self.place.buckets,
            self.worker.keep,
        )

    @property
    def keyed(self) -> list[str]:
        """Topics whose partition b brings facts into bucket b."""
        found = [self.tickets]
        if self.service.codec.commands:
            found.append(topic_of(self.place.namespace, names.COMMANDS))
        return found

    @property
    def shared(self) -> list[str]:
        """Topics any partition of which brings facts into any bucket."""
        return [topic_of(self.place.namespace, names.SUBMISSIONS)] if self.service.submit else []

    async def start(self) -> None:
        """Raises BusUnavailable, StoreUnavailable."""
        worker = self.worker
        self.consumer = await self.bus.consumer(
            topic_of(self.place.namespace, self.service.name),
            f"{self.service.name}-{self.place.instance}",
            [*self.keyed, *self.shared],
            worker.assigned,
            worker.revoked,
        )
        self._task("worker", worker.run(self.consumer))
        self._task("relay", self.relay.run())
        self._task("writer", self.writer.run())
        self._task("watermarks", self._promiser().run(self.consumer))
        if self.commands is not None:
            self._task("replies", self._unsent_replies())
            early = EarlyCommands(self.store, self.inbox, worker, self.clock, self.place.buckets)
            self._task("early", early.run())
        if self.service.expire is not None:
            await self._start_timers()
        for name, work in self._more.items():
            self._task(name, work())
        await asyncio.wait_for(worker.joined.wait(), timeout=30.0)

    def _promiser(self) -> Promiser:
        topic = topic_of(self.place.namespace, names.WATERMARKS)
        promiser = Promiser(
            self.service.name,
            topic,
            self.store,
            self.bus,
            self.clock,
            self.inbox,
            keyed=self.keyed,
            shared=self.shared,
        )
        self.meter.watermark_age_s.set_function(promiser.age_s)
        return promiser

    async def _start_timers(self) -> None:
        assert self.states is not None
        topic = topic_of(self.place.namespace, names.WATERMARKS)
        self._watermarks = await self.bus.reader([(topic, 0)], from_end=True)
        self._task("proof", self.proof.follow(self._watermarks))
        timers = Timers(
            self.service,
            self.store,
            self.clock,
            self.states,
            self.inbox,
            self.proof,
            self.meter,
            self.worker.keep,
        )
        self._task("timers", timers.run())

    async def _unsent_replies(self) -> None:
        while True:
            try:
                found = await self.replies.send_unsent()
            except StoreUnavailable as error:
                log.warning("replies wait: %s", error)
                found = 0
            await self.clock.sleep(0.0 if found else 5.0)

    def add(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """One more part, which runs from the start to the stop."""
        self._more[name] = work

    def watched(
        self, run: Callable[[], Coroutine[Any, Any, None]], healed: Callable[[], bool]
    ) -> None:
        """By whoever keeps the ledger healed, whom readiness asks."""
        self.add("healing", run)
        self._healed = healed

    def _task(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    async def failed(self) -> None:
        """Returns when a part has ended by itself, which none should: raises its error."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if not task.cancelled():
                task.result()
                raise RuntimeError(f"{task.get_name()} ended")

    async def readiness(self) -> dict[str, bool]:
        """What `/readyz` checks."""
        checks = {"joined": self.worker.joined.is_set()}
        checks["healed"] = self._healed()
        checks["running"] = not any(t.done() for t in self._tasks)
        try:
            async with asyncio.timeout(1.0):
                await self.store.database_clock()
            checks["store"] = True
        except (StoreUnavailable, TimeoutError):
            checks["store"] = False
        return checks

    def _inbox_lag(self) -> int:
        """Records between what was applied and the ends that fetches have seen."""
        if self.consumer is None:
            return 0
        behind = 0
        for place, row in self.inbox.rows.items():
            reached = self.consumer.reached(place)
            if reached is not None:
                behind += max(0, reached.end - row.next_offset)
        return behind

    async def wait_for(self, source: str, bucket: int, position: int, timeout_s: float) -> bool:
        """Whether the service has applied that position within the time (Hotline-After)."""
        deadline = self.clock.now().timestamp() + timeout_s
        while True:
            row = self.inbox.rows.get((self.tickets, bucket))
            expected = row.expected if row else await self.store.expected(self.tickets, bucket)
            if expected.get(source, 1) > position:
                return True
            if self.clock.now().timestamp() >= deadline:
                return False
            await self.clock.sleep(0.01)

    async def stop(self) -> None:
        """Drain, then let go; each step has its limit."""
        try:
            async with asyncio.timeout(COMMANDS_END_S):
                await self.writer.drained()
        except TimeoutError:
            log.warning("some commands were not recorded before the stop")
        for task in self._tasks:
            task.cancel()
        await ended(self._tasks, PARTS_END_S)
        readers = {"group's reader": self.consumer, "proof's reader": self._watermarks}
        stopping = [asyncio.create_task(r.stop(), name=name) for name, r in readers.items() if r]
        await ended(stopping, PARTS_END_S)
        await self.bus.close()
