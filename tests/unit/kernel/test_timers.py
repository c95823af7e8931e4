"""A timer fires exactly once, and only where silence is proven."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.kernel.decider import ClearTimer, SetTimer, TimerChange
from services.kernel.facts import Append
from services.kernel.service import Service
from services.kernel.store import LostOwnership, StoreUnavailable
from services.kernel.timers import Timers
from tests.support.desks import ClockStarted, DeadlineMissed, desk, echo
from tests.support.processes import City, Process, tickets_in
from tests.support.virtual import START

TICKET, OTHER = tickets_in(0, 2)
DUE = START + timedelta(seconds=1)
LOOP = ["ClockStarted", "DeadlineMissed"]


async def started(town: City, service: Service, **options: Any) -> tuple[Process, Process]:
    """A note at the desk has started a clock of one second at the echo, which owns the timer."""
    first, second = await town.process(desk()), await town.process(service)
    await first.note(TICKET, "called", **options)
    await travelled(first, second)
    assert await second.store.timer_sources() != []
    return first, second


async def travelled(first: Process, second: Process) -> None:
    """Everything on its way has come."""
    await first.relay()
    await second.read()
    await second.relay()
    await second.read()


async def proven(town: City, second: Process, *sources: Process) -> None:
    """A minute later; the sources say that nothing older will come."""
    town.clock.advance(minutes=1)
    for source in sources:
        await source.read()
        await source.promise()
    second.hear()


async def test_it_fires_once_at_its_due_instant_and_goes_with_its_fact(town: City) -> None:
    first, second = await started(town, echo())
    timers = second.timers()
    await proven(town, second, first)
    assert await timers.tick() == 1
    assert await second.store.timer_sources() == []
    assert await second.names(TICKET) == LOOP
    missed = (await second.ledger(TICKET))[1]
    assert (missed.time, missed.causation) == (DUE, "timer/called")
    await travelled(first, second)
    assert await timers.tick() == 0
    assert await second.store.timer_sources() == []


async def run_for(town: City, timers: Timers, milliseconds: int) -> None:
    """The firer by itself, on a clock that moves by milliseconds."""
    running = asyncio.create_task(timers.run())
    for _ in range(milliseconds):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        town.clock.advance(milliseconds=1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_promise_wakes_the_timers_that_it_proves(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.timers.TICK_S", 3_600.0)
    first, second = await started(town, echo())
    await proven(town, second, first)
    await run_for(town, second.timers(), 50)  # less than a tick of the clock
    assert await second.names(TICKET) == LOOP


async def test_what_proves_no_more_asks_the_store_nothing(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.timers.TICK_S", 3_600.0)
    first, second = await started(town, echo())
    asked: list[int] = []
    due = second.store.due_timers

    async def counted(*arguments: Any) -> Any:
        asked.append(1)
        return await due(*arguments)

    monkeypatch.setattr(second.store, "due_timers", counted)
    timers = second.timers()
    await proven(town, second, first)
    await run_for(town, timers, 50)
    assert len(asked) == 1  # of all buckets together, for little is due
    second.inbox.moved.set()  # something was applied that proves nothing
    await run_for(town, timers, 50)
    assert len(asked) == 1


async def test_time_alone_proves_nothing(town: City) -> None:
    first, second = await started(town, echo())
    town.clock.advance(days=1)
    assert await second.timers().tick() == 0
    await first.promise()
    second.hear()
    assert await second.timers().tick() == 0  # the desk has not read its own inputs yet
    await first.read()
    await first.promise()
    second.hear()
    assert await second.timers().tick() == 1


async def test_what_lies_below_the_promise_must_be_applied_first(town: City) -> None:
    first, second = await started(town, echo())
    await first.note(OTHER, "wrote")
    await first.relay()
    await proven(town, second, first)
    assert await second.timers().tick() == 0
    await second.read()
    assert await second.timers().tick() == 1


def two_sources(event: ClockStarted | DeadlineMissed) -> list[TimerChange]:
    if isinstance(event, ClockStarted):
        return [SetTimer(event.clock, event.due_at, ("dispatch", "deadline"))]
    return [ClearTimer(event.clock)]


async def test_every_source_must_be_silent(town: City) -> None:
    first, second = await started(town, replace(echo(), timers=two_sources))
    await proven(town, second, first)
    assert await second.timers().tick() == 0
    await proven(town, second, second)
    assert await second.timers().tick() == 1


async def test_a_restart_fires_nothing_twice(town: City) -> None:
    first, second = await started(town, echo())
    await proven(town, second, first)
    await second.timers().tick()
    assert await second.timers().tick() == 0  # though its fact was not read back yet
    assert await second.names(TICKET) == LOOP


async def test_a_former_owners_batch_rolls_back(town: City) -> None:
    first, former = await started(town, echo())
    newer = await town.process(echo(), "1")
    await proven(town, former, first)
    with pytest.raises(LostOwnership):
        await former.timers().tick()
    assert await former.names(TICKET) == ["ClockStarted"]
    assert await former.store.timer_sources() != []
    newer.hear()
    await newer.timers().tick()
    assert await newer.names(TICKET) == LOOP


def between(second: Process, name: str, *happens: Callable[[], None]) -> None:
    """While the store answers its next such question, this happens."""
    ask = getattr(second.store, name)

    async def asked(*arguments: Any) -> Any:
        setattr(second.store, name, ask)
        found = await ask(*arguments)
        for change in happens:
            change()
        return found

    setattr(second.store, name, asked)


async def test_a_bucket_let_go_while_it_is_looked_at_fires_nothing(town: City) -> None:
    first, second = await started(town, echo())
    timers = second.timers()
    await proven(town, second, first)
    between(second, "timer_sources", lambda: second.inbox.let_go(list(second.inbox.rows)))
    assert await timers.tick() == 0
    assert await second.names(TICKET) == ["ClockStarted"]


async def test_a_bucket_that_comes_back_fires_what_it_could_not(town: City) -> None:
    first, second = await started(town, echo())
    timers = second.timers()
    await proven(town, second, first)
    assert second.runtime.states is not None
    second.runtime.states.evict()
    rows = dict(second.inbox.rows)
    between(second, "load", lambda: second.inbox.let_go(list(rows)))
    await timers.tick()
    assert await second.names(TICKET) == ["ClockStarted"]
    await second.join()
    await timers.tick()
    assert await second.names(TICKET) == LOOP


async def test_a_bucket_let_go_while_it_is_drained_holds_up_nobody(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.timers.LIMIT", 1)
    first, second = await started(town, echo())
    timers = second.timers()
    await proven(town, second, first)
    assert second.runtime.states is not None
    second.runtime.states.evict()
    between(second, "load", lambda: second.inbox.let_go(list(second.inbox.rows)))
    assert await timers.drain(0, await timers.proven()) == 1
    assert await second.names(TICKET) == ["ClockStarted"]


async def test_an_unknown_outcome_is_not_doubled(town: City) -> None:
    first, second = await started(town, echo())
    timers = second.timers()
    await proven(town, second, first)
    second.store.forgetful = 1
    with pytest.raises(StoreUnavailable):
        await timers.tick()
    for _ in range(3):
        await timers.tick()
    assert await second.names(TICKET) == LOOP
    assert await second.store.timer_sources() == []


async def test_a_ticket_that_moved_on_fires_in_the_next_round(town: City) -> None:
    first, second = await started(town, echo())
    timers = second.timers()
    await proven(town, second, first)
    event = ClockStarted(town.clock.now(), "other", DUE)
    await second.store.append([Append(0, TICKET, 1, [second.service.codec.encode(event, b"{}")])])
    await timers.tick()
    assert await second.names(TICKET) == ["ClockStarted", "ClockStarted"]
    await timers.tick()
    assert await second.names(TICKET) == ["ClockStarted", "ClockStarted", "DeadlineMissed"]


async def test_a_timer_set_anew_fires_at_its_new_instant_only(town: City) -> None:
    first, second = await started(town, echo())
    event = ClockStarted(town.clock.now(), "called", DUE + timedelta(hours=1))
    await second.store.append([Append(0, TICKET, 1, [second.service.codec.encode(event, b"{}")])])
    await second.worker.reclaim()
    await travelled(first, second)
    await proven(town, second, first)
    assert await second.timers().tick() == 0
    town.clock.advance(hours=1)
    await proven(town, second, first)
    assert await second.timers().tick() == 1
    assert (await second.ledger(TICKET))[-1].time == DUE + timedelta(hours=1)


async def test_a_parked_tickets_timers_wait(town: City) -> None:
    first, second = await started(town, echo())
    await first.note(TICKET, "poison")
    await travelled(first, second)
    await proven(town, second, first)
    assert await second.timers().tick() == 0
    await second.worker.release(TICKET, drop_by="operator")
    assert await second.timers().tick() == 1


async def test_an_imported_timer_waits_for_its_imports_frontier(town: City) -> None:
    first, second = await started(town, echo(), import_id="old-city")
    await proven(town, second, first)
    assert await second.timers().tick() == 0
    for until, fired in ((DUE - timedelta(seconds=1), 0), (DUE, 1)):
        async with second.store.transaction() as tx:
            await tx.set_frontier(0, "old-city", until, False)
        assert await second.timers().tick() == fired
    assert [f.import_id for f in await second.ledger(TICKET)] == ["old-city", "old-city"]
