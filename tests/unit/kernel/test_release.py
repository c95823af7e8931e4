"""What was parked is applied when it is released: in order, with its own times, and once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.facts import Fact
from tests.support.desks import desk
from tests.support.processes import City, tickets_in
from tests.unit.kernel.mendable import Mendable, noted, started


async def test_release_applies_what_waited_in_order_and_with_its_own_times(town: City) -> None:
    (bad,) = tickets_in(0, 1)
    mendable = Mendable()
    first, second = await town.process(desk()), await town.process(mendable.service())
    begun = town.clock.now()
    await noted(first, (bad, "poison"))
    town.clock.advance(minutes=1)
    await noted(first, (bad, "later"))
    await second.read()
    town.clock.advance(minutes=30)
    await second.store.close_buckets([0], [], [], 1.0)  # live facts of then would be too late
    with pytest.raises(ZeroDivisionError):
        await second.worker.release(bad)
    assert len(await second.store.parked_records(bad, 10)) == 2
    mendable.mended = True
    assert await second.worker.release(bad) == 2
    facts = (await second.ledger(bad))[1:]
    assert await started(second, bad) == ["poison", "later"]
    assert [f.time for f in facts] == [begun, begun + timedelta(minutes=1)]
    assert await second.store.parked_records(bad, 10) == []
    await noted(first, (bad, "after"))
    await second.read()
    assert await started(second, bad) == ["poison", "later", "after"]


async def test_each_fact_is_announced_as_read_or_as_released(town: City) -> None:
    bad, healthy = tickets_in(0, 2)
    mendable, told = Mendable(), list[tuple[str, int, bool]]()

    async def announce(facts: Sequence[Fact], *, released: bool) -> None:
        told.extend((f.ticket, f.version, released) for f in facts if f.source == "dispatch")

    service = replace(mendable.service(), announce=announce)
    first, second = await town.process(desk()), await town.process(service)
    await noted(first, (bad, "poison"), (bad, "later"), (healthy, "one"))
    await second.read()
    assert told == [(healthy, 1, False)]
    mendable.mended = True
    await second.worker.release(bad)
    assert told[1:] == [(bad, 1, True), (bad, 2, True)]


async def test_release_decides_again_where_the_stream_moved_on(town: City) -> None:
    (bad,) = tickets_in(0, 1)
    mendable = Mendable()
    first, second = await town.process(desk()), await town.process(mendable.service())
    await noted(first, (bad, "poison"))
    await second.read()
    mendable.mended = True
    assert second.runtime.states is not None
    second.runtime.states.evict([bad])
    second.runtime.states.keep(bad, frozenset(), 0)  # as read before the ticket was parked
    assert await second.worker.release(bad) == 1
    assert await started(second, bad) == ["poison"]


async def test_drop_forgets_what_waited(town: City) -> None:
    (bad,) = tickets_in(0, 1)
    first, second = await town.process(desk()), await town.process(Mendable().service())
    await noted(first, (bad, "poison"), (bad, "later"))
    await second.read()
    assert await second.worker.release(bad, drop_by="operator") == 2
    assert await second.worker.release(bad) == 0
    await noted(first, (bad, "after"))
    await second.read()
    assert await started(second, bad) == ["after"]
