"""More is due than one batch takes; of some timers no fact is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.kernel.decider import SetTimer
from services.kernel.facts import Append
from services.kernel.service import Service
from services.kernel.store import TimerRow
from services.kernel.timers import Timers
from tests.support.desks import (
    ClockStarted,
    DeadlineMissed,
    Empty,
    Expire,
    desk,
    echo,
    echo_decide,
)
from tests.support.processes import City, Process, tickets_in
from tests.unit.kernel.test_timers import LOOP, proven, run_for, travelled

PLACES = {ticket: bucket for bucket in range(3) for ticket in tickets_in(bucket, 2)}


async def due(
    town: City, monkeypatch: pytest.MonkeyPatch, service: Service | None = None
) -> tuple[Process, Process]:
    """Two timers in each of three buckets are due and proven; a batch takes two."""
    monkeypatch.setattr("services.kernel.timers.TICK_S", 3_600.0)
    monkeypatch.setattr("services.kernel.timers.LIMIT", 2)
    monkeypatch.setattr("services.kernel.timers.AGAIN_S", 3_600.0)
    first, second = await town.process(desk()), await town.process(service or echo())
    for ticket in PLACES:
        await first.note(ticket, "called")
    await travelled(first, second)
    await proven(town, second, first)
    return first, second


async def missed_elsewhere(second: Process, ticket: str) -> None:
    """Another process has recorded the miss; it was not read back yet."""
    event = second.service.codec.decode((await second.ledger(ticket))[0])
    missed = DeadlineMissed(event.due_at, event.clock, event.due_at)
    fact = second.service.codec.encode(missed, b"{}")
    await second.store.append([Append(PLACES[ticket], ticket, 1, [fact])])
    assert second.runtime.states is not None
    second.runtime.states.evict([ticket])


async def test_what_is_more_than_a_batch_fires_in_one_round_and_once(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await due(town, monkeypatch)
    timers = second.timers()
    await run_for(town, timers, 50)
    assert [await second.names(ticket) for ticket in PLACES] == [LOOP] * len(PLACES)
    assert await second.store.timer_sources() == []  # though none was read back yet
    assert await timers.tick() == 0
    await travelled(first, second)
    assert await timers.tick() == 0
    assert [await second.names(ticket) for ticket in PLACES] == [LOOP] * len(PLACES)


async def late_one(first: Process, second: Process) -> str:
    """One more timer, of a fourth bucket, that was due a moment after all the others."""
    late = tickets_in(3, 1)[0]
    await first.note(late, "called")
    await first.relay()
    await second.read()
    event = second.service.codec.decode((await second.ledger(late))[0])
    async with second.store.transaction() as tx:
        change = SetTimer("called", event.due_at, ("dispatch",))
        await tx.change_timers([TimerRow(3, late, "", change)])
    return late


async def test_what_waits_to_be_read_back_holds_up_nobody_else(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await due(town, monkeypatch)
    for ticket in PLACES:
        await missed_elsewhere(second, ticket)
    timers = second.timers()
    await run_for(town, timers, 50)
    assert await timers.tick() == 0  # each was asked once, and nothing came of it
    assert await second.store.timer_sources() != []
    late = await late_one(first, second)
    await proven(town, second, first)
    assert await timers.tick() == 1  # behind three pages of those
    assert await second.names(late) == LOOP


async def one_quiet(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> tuple[Process, Process, Timers, str]:
    """All have fired but one ticket's, which was asked and made no fact."""
    first, second = await due(town, monkeypatch)
    ticket = next(iter(PLACES))
    await missed_elsewhere(second, ticket)
    timers = second.timers()
    await run_for(town, timers, 50)
    assert await timers.tick() == 0
    return first, second, timers, ticket


async def test_what_made_no_fact_is_asked_again_once_it_is_set_anew(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, timers, ticket = await one_quiet(town, monkeypatch)
    async with second.store.transaction() as tx:
        change = SetTimer("called", town.clock.now(), ("dispatch",))
        await tx.change_timers([TimerRow(PLACES[ticket], ticket, "", change)])
    await proven(town, second, first)
    assert [await timers.tick(), await timers.tick()] == [1, 0]
    assert await second.names(ticket) == LOOP


async def still_set(second: Process, timers: Timers) -> list[str]:
    found = await second.store.due_timers(await timers.proven(), [0, 1, 2, 3], 100)
    return [timer.ticket for timer in found]


async def test_what_made_no_fact_stays_beside_those_that_did(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await due(town, monkeypatch)
    monkeypatch.setattr("services.kernel.timers.LIMIT", 10)
    quiet = list(PLACES)[2]
    await missed_elsewhere(second, quiet)
    timers = second.timers()
    assert await timers.tick() == len(PLACES)
    assert await still_set(second, timers) == [quiet]
    await second.worker.reclaim()
    await travelled(first, second)
    assert await still_set(second, timers) == []


async def test_what_made_no_fact_is_asked_again_after_a_while(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, timers, _ = await one_quiet(town, monkeypatch)
    town.clock.advance(hours=2)
    assert [await timers.tick(), await timers.tick()] == [1, 0]


async def test_what_is_rejected_is_told_and_stays_until_the_code_is_mended(
    town: City, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ticket, broken = next(iter(PLACES)), True

    def decide(command: Any, state: frozenset[str]) -> Sequence[Any]:
        if broken and isinstance(command, Expire) and state == {"called", "broken"}:
            raise Empty("a defect")
        return echo_decide(command, state)

    service = echo()
    assert service.decider is not None
    service = replace(service, decider=replace(service.decider, decide=decide))
    _, second = await due(town, monkeypatch, service)
    started = second.service.codec.decode((await second.ledger(ticket))[0])
    other = ClockStarted(town.clock.now(), "broken", started.due_at)
    fact = second.service.codec.encode(other, b"{}")
    await second.store.append([Append(PLACES[ticket], ticket, 1, [fact])])
    assert second.runtime.states is not None
    second.runtime.states.evict()
    timers = second.timers()
    await run_for(town, timers, 50)
    assert "timer called was rejected: " in caplog.text
    assert await still_set(second, timers) == [ticket]
    broken = False
    town.clock.advance(hours=2)
    assert await timers.tick() == 1
    assert await second.names(ticket) == ["ClockStarted", *LOOP]
