"""What was parked is applied when it is released: in order, with its own times, and once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.facts import Fact
from services.kernel.parking import Untold
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


async def test_each_fact_is_announced_when_it_is_read_and_not_again_when_released(
    town: City,
) -> None:
    bad, healthy = tickets_in(0, 2)
    mendable, told = Mendable(), list[tuple[str, int, bool]]()

    async def announce(facts: Sequence[Fact], *, released: bool) -> None:
        told.extend((f.ticket, f.version, released) for f in facts if f.source == "dispatch")

    service = replace(mendable.service(), announce=announce)
    first, second = await town.process(desk()), await town.process(service)
    await noted(first, (bad, "poison"), (bad, "later"), (healthy, "one"))
    await second.read()
    in_order = [(bad, 1, False), (bad, 2, False), (healthy, 1, False)]
    assert told == in_order * 2  # as a batch, and each by itself
    mendable.mended = True
    assert await second.worker.release(bad) == 2
    assert told == in_order * 2


async def test_what_could_not_be_announced_is_announced_when_it_is_released(town: City) -> None:
    bad, healthy = tickets_in(0, 2)
    mended, told = False, list[tuple[str, int, bool]]()

    async def announce(facts: Sequence[Fact], *, released: bool) -> None:
        if not mended and any(b"poison" in f.data for f in facts):
            raise ZeroDivisionError("no measure")
        told.extend((f.ticket, f.version, released) for f in facts if f.source == "dispatch")

    first = await town.process(desk())
    second = await town.process(replace(Mendable().service(), announce=announce))
    await noted(first, (bad, "poison"), (bad, "later"), (healthy, "one"))
    await second.read()
    assert told == [(bad, 2, False), (healthy, 1, False)]
    reasons = [r.reason for r in await second.store.parked_records(bad, 10)]
    assert reasons[0] == "Untold: ZeroDivisionError: no measure"
    with pytest.raises(Untold):
        await second.worker.release(bad)
    mended = True
    with pytest.raises(ZeroDivisionError):
        await second.worker.release(bad)  # told, but its reaction fails too
    assert told[2:] == [(bad, 1, True)]
    assert len(await second.store.parked_records(bad, 10)) == 2


async def test_what_an_older_release_parked_is_announced_when_it_is_released(town: City) -> None:
    [bad], told = tickets_in(0, 1), list[tuple[int, bool]]()
    mendable = Mendable()

    async def announce(facts: Sequence[Fact], *, released: bool) -> None:
        told.extend((f.version, released) for f in facts if f.source == "dispatch")

    first = await town.process(desk())
    second = await town.process(replace(mendable.service(), announce=announce))
    await noted(first, (bad, "poison"), (bad, "later"))
    await second.read()
    rows = await second.store.parked_records(bad, 10)
    assert len(rows) == 2
    for row in rows:
        row.headers = [(name, value) for name, value in row.headers if name.startswith("ce_")]
    told.clear()
    mendable.mended = True
    assert await second.worker.release(bad) == 2
    assert told == [(1, True), (2, True)]


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
