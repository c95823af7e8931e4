"""All five services in one process, over the twins: matters go through all eight stages."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from hotline.client.commands import Signer
from hotline.datasync.proof import Received, verify_chain
from hotline.datasync.v1.feed_pb2 import FeedEntry
from hotline.dev.senders import city_senders, make_senders
from hotline.history.nyc import read_rows
from hotline.sim.actors import People, Seen
from hotline.sim.city import City, signers
from hotline.sim.loops import Loops
from hotline.sim.matters import matters
from services.datasync.adapters.deliveries import Deliveries, departments
from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.registry import load as load_sharing
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store_memory import MemoryFeedStore
from services.datasync.adapters.view import SharingView
from services.datasync.service import service as datasync
from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load as load_policy
from services.deadline.adapters.store_memory import MemoryClocksStore
from services.deadline.domain.rulebook import always
from services.deadline.service import service as deadline
from services.dispatch.adapters.registry import load as load_directory
from services.dispatch.domain.directory import always as always_directory
from services.dispatch.service import service as dispatch
from services.evaluation.adapters.figures import FiguresView, MeasuresFeed
from services.evaluation.adapters.registry import load as load_formula
from services.evaluation.adapters.store_memory import MemoryFiguresStore
from services.evaluation.domain.formula import always as always_formula
from services.evaluation.service import service as evaluation
from services.intake.adapters.books import Books
from services.intake.adapters.desk import Desk
from services.intake.adapters.registry import load as load_city
from services.intake.adapters.vault_memory import MemoryVault, Rows
from services.intake.service import service as intake
from services.kernel.names import bucket_of, department_of, replies_of, topic_of
from services.kernel.personal import MasterKeys
from services.kernel.senders import Senders
from tests.support.loops import BUCKETS, Loop, MachineClock, memory_loop, wait_until

CITY = "nyc"
MATTERS = 12


class MemoryCity:
    """The services of a city, composed as their `__main__` does, each port a twin."""

    def __init__(self, loop: Loop, senders: Senders) -> None:
        self._loop, self._senders = loop, senders
        self.feeds = MemoryFeedStore(lambda: self._views("datasync"))
        self.clocks = MemoryClocksStore(lambda: self._views("deadline"))
        self.figures = MemoryFiguresStore(lambda: self._views("evaluation"))

    def _views(self, service: str) -> dict[str, object]:
        return self._loop.memory_store(service).views

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        deliveries = asyncio.create_task(await self._start())
        try:
            yield
        finally:
            deliveries.cancel()
            with suppress(asyncio.CancelledError):
                await deliveries

    async def _start(self) -> Coroutine[None, None, None]:
        bus, senders = self._loop.bus(), self._senders
        vault = MemoryVault(Rows(), MasterKeys([bytes(32)]), bytes(32), "1")
        desk = Desk(vault, Books(load_city(CITY)))
        policy, calendar = load_policy(CITY)
        codec, formula = PolicyCodec(policy), load_formula(CITY)
        sharing = load_sharing(CITY).sharing
        deliveries = Deliveries(
            sharing,
            {},
            Serving(sharing),
            self.feeds,
            bus,
            None,  # type: ignore[arg-type]
            MachineClock(),
            DeliveryMeter(CollectorRegistry()),
            self._loop.namespace,
        )
        for service in (
            intake(desk),
            dispatch(always_directory(load_directory(CITY))),
            deadline(always(policy, calendar), codec, ClocksView(codec, self.clocks)),
            evaluation(
                always_formula(formula.formula),
                FiguresView(self.figures, formula.zone),
                MeasuresFeed(bus, self._loop.namespace),
            ),
            datasync(SharingView(sharing, self.feeds, [deliveries])),
        ):
            await self._loop.run(service, senders=senders)
        return deliveries.run()


async def test_a_city_in_memory_closes_loops_and_every_department_can_prove_its_feed(
    tmp_path: Path, namespace: str
) -> None:
    units = sorted(load_directory(CITY).units)
    make_senders(tmp_path, city_senders(units))
    async with memory_loop(namespace) as loop:
        _make_topics(loop, units)
        city = MemoryCity(loop, Senders(tmp_path / "senders.json"))
        loops, facts = Loops(), Counter[str]()

        def see(fact: Seen) -> None:
            facts[fact.type] += 1
            loops.see(fact, time.monotonic())

        people = People(pace=0.0, content=True)
        named = signers(tmp_path, units, namespace, BUCKETS)
        acting = City(loop.bus(), named, namespace, BUCKETS, people, see)

        async def counted() -> bool:
            return sum(row.entries for row in await city.figures.of_unit(limit=1_000)) == MATTERS

        async with city.running():
            working = asyncio.create_task(acting.run())
            await acting.ready.wait()
            await _submit(loop, named["channel"], loops)
            async with asyncio.timeout(40):
                while loops.closed < MATTERS:
                    assert not working.done(), working.result()
                    await asyncio.sleep(0.05)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await _assert_proofs(loop, city)
            await wait_until(counted, 10.0, "the figures of all units")
        assert facts["ScoreBooked"] == facts["TicketArchived"] == MATTERS
        assert facts["DeadlineMissed"] == 0


def _make_topics(loop: Loop, units: list[str]) -> None:
    assert loop.memory is not None
    replies = [(replies_of(sender.name), 6) for sender in city_senders(units)]
    feeds = [(department_of(name), 6) for name in departments(load_sharing(CITY).sharing)]
    for name, partitions in [*replies, *feeds]:
        loop.memory.create(topic_of(loop.namespace, name), partitions)


async def _submit(loop: Loop, channel: Signer, loops: Loops) -> None:
    new = matters(read_rows(), loop.namespace)
    records = []
    for _ in range(MATTERS):
        matter = next(new)
        loops.begin(matter.external_id, time.monotonic())
        now = datetime.now(UTC)
        records.append(channel.submission(matter.external_id, matter, matter.external_id, now))
    await loop.bus().publish(records)


async def _assert_proofs(loop: Loop, city: MemoryCity) -> None:
    """What stands on each department's topic is all of its feed, and follows from its chain."""
    proven = 0
    for subscription in load_sharing(CITY).sharing.subscriptions:
        heads = {
            (subscription.id, bucket): (head.sequence, head.chain)
            for bucket, head in (await city.feeds.heads(subscription.id)).items()
        }
        count = sum(sequence for sequence, _ in heads.values())
        name = topic_of(loop.namespace, department_of(subscription.department))
        entries = await _delivered(loop, name, count)
        assert str(verify_chain(map(Received.from_message, entries), heads)) == "ok"
        assert all(e.bucket == bucket_of(e.ticket_id, BUCKETS) for e in entries)
        proven += count
    assert proven > MATTERS


async def _delivered(loop: Loop, topic: str, count: int) -> list[FeedEntry]:
    places = [(topic, p) for p in range(6)]
    records = await loop.read(places, lambda found: len(found) >= count)
    return [FeedEntry.FromString(record.value or b"") for record in records]
