"""Live windows count each fact once, whatever is parked and wherever the process dies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count as numbers
from typing import Any

import pytest

from hotline.evaluation.v1.measures_pb2 import Windows
from hotline.intake.v1 import events_pb2 as intake_pb
from services.evaluation.adapters.figures import MeasuresFeed
from services.evaluation.adapters.measures import measure_of
from services.evaluation.domain.formula import always
from services.evaluation.service import service
from services.evaluation.windows import count
from services.kernel.bus import Outgoing
from services.kernel.bus_memory import MemoryBus
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact
from services.kernel.names import MEASURES, TICKETS
from services.kernel.store_memory import MemoryTx
from tests.support.processes import City, Process, RoughStore, city, tickets_in
from tests.support.virtual import START
from tests.unit.evaluation.specs import FORMULA
from tests.unit.evaluation.windows import KEEP

BAD, *HEALTHY = tickets_in(0, 3)
ORDER = (HEALTHY[0], BAD, HEALTHY[1], BAD, HEALTHY[0])
ACCEPTED = intake_pb.TicketAccepted.DESCRIPTOR.full_name


class Failing:
    """A view that fails for one ticket until it is mended."""

    mended = False

    async def apply(self, tx: Any, facts: Sequence[Fact]) -> None:
        if not self.mended and any(f.ticket == BAD for f in facts):
            raise ZeroDivisionError

    async def committed(self, facts: Sequence[Fact]) -> None:
        pass

    async def owned(self, buckets: frozenset[int]) -> None:
        pass


class Feed(MeasuresFeed):
    """Measures that cannot be made for one ticket until that is mended."""

    mended = True

    async def announce(self, facts: Sequence[Fact], *, released: bool) -> None:
        if not self.mended and any(f.ticket == BAD for f in facts):
            raise ZeroDivisionError
        await super().announce(facts, released=released)


class Died(BaseException):
    """As by kill -9: nothing that comes after it is done."""


class Fate:
    """Passes so many points, at each of which a process waits for broker or store, then dies."""

    def __init__(self, points: int) -> None:
        self.left = points

    def point(self) -> None:
        self.left -= 1
        if self.left == -1:
            raise Died

    def over(self, bus: MemoryBus, store: RoughStore, patch: pytest.MonkeyPatch) -> None:
        published, began = bus.publish, store.transaction

        async def publish(records: Sequence[Outgoing]) -> None:
            self.point()
            for record in records:
                await published([record])
                self.point()

        @asynccontextmanager
        async def transaction() -> AsyncIterator[MemoryTx]:
            self.point()
            async with began() as tx:
                yield tx
                self.point()
            self.point()

        patch.setattr(bus, "publish", publish)
        patch.setattr(store, "transaction", transaction)


class Evaluation:
    """Evaluation over a broker that outlives it."""

    def __init__(self, town: City) -> None:
        self.town, self.view = town, Failing()
        self.feed = Feed(town.bus, "")
        self._instances = numbers()

    async def start(self) -> Process:
        made = replace(service(always(FORMULA), measures=self.feed), views=(self.view,))
        return await self.town.process(made, str(next(self._instances)))

    def counted(self) -> int:
        """What a window shows that reads all measures."""
        windows = Windows()
        for record in self.town.log(MEASURES):
            count(windows, measure_of(record.key, record.value), KEEP)
        return sum(day.entries for day in windows.days)

    async def publish(self) -> None:
        for position, ticket in enumerate(ORDER, 1):
            data = intake_pb.TicketAccepted(category="noise", area="QUEENS").SerializeToString()
            fact = Fact("intake", 0, position, ticket, position, ACCEPTED, data, START, START)
            await self.town.publish(to_record(fact, TICKETS))


@pytest.fixture
async def evaluation() -> AsyncIterator[Evaluation]:
    async with city() as town:
        made = Evaluation(town)
        await made.publish()
        yield made


async def test_what_a_view_fails_for_is_counted_once(evaluation: Evaluation) -> None:
    process = await evaluation.start()
    await process.read()
    assert len(await process.store.parked_records(BAD, 9)) == 2
    assert evaluation.counted() == len(ORDER)
    evaluation.view.mended = True
    assert await process.worker.release(BAD) == 2
    assert evaluation.counted() == len(ORDER)


async def test_what_no_measure_could_be_made_of_is_counted_once_it_can(
    evaluation: Evaluation,
) -> None:
    process, evaluation.feed.mended = await evaluation.start(), False
    await process.read()
    assert evaluation.counted() == 3
    evaluation.feed.mended = True
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await process.worker.release(BAD)
    assert evaluation.counted() == len(ORDER)
    evaluation.view.mended = True
    assert await process.worker.release(BAD) == 2
    assert evaluation.counted() == len(ORDER)
    assert await process.store.parked_records(BAD, 9) == []


@pytest.mark.parametrize("told", [True, False], ids=["announced", "not-announced"])
async def test_each_is_counted_once_wherever_the_process_dies(*, told: bool) -> None:
    points = 0
    while await dies(Fate(points), told=told):
        points += 1
    assert points > 20


async def dies(fate: Fate, *, told: bool) -> bool:
    """A process reads, parks and releases; a second one takes over where it died."""
    async with city() as town:
        evaluation = Evaluation(town)
        await evaluation.publish()
        process, died = await evaluation.start(), False
        with pytest.MonkeyPatch.context() as patch:
            fate.over(town.bus, process.store, patch)
            try:
                await life(evaluation, process, told=told)
            except Died:
                died, process = True, await evaluation.start()
                await life(evaluation, process, told=told)
        assert evaluation.counted() == len(ORDER)
        assert await process.store.parked_records(BAD, 9) == []
        return died


async def life(evaluation: Evaluation, process: Process, *, told: bool) -> None:
    evaluation.view.mended, evaluation.feed.mended = False, told
    await process.read()
    evaluation.view.mended = evaluation.feed.mended = True
    await process.worker.release(BAD)
