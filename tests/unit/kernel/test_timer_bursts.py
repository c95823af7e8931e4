"""More is due than one batch takes, and what fired stands in the store until it is read back."""

from __future__ import annotations

import pytest

from services.kernel.decider import ClearTimer, SetTimer
from services.kernel.store import TimerRow
from services.kernel.timers import Timers
from tests.support.desks import desk, echo
from tests.support.processes import City, Process, tickets_in
from tests.unit.kernel.test_timers import LOOP, proven, run_for, travelled

PLACES = {ticket: bucket for bucket in range(3) for ticket in tickets_in(bucket, 2)}


async def burst(town: City, monkeypatch: pytest.MonkeyPatch) -> tuple[Process, Process, Timers]:
    """Two timers in each of three buckets have fired, by batches of two; none was read back."""
    monkeypatch.setattr("services.kernel.timers.TICK_S", 3_600.0)
    monkeypatch.setattr("services.kernel.timers.LIMIT", 2)
    first, second = await town.process(desk()), await town.process(echo())
    for ticket in PLACES:
        await first.note(ticket, "called")
    await travelled(first, second)
    await proven(town, second, first)
    timers = second.timers()
    await run_for(town, timers, 50)
    assert [await second.names(ticket) for ticket in PLACES] == [LOOP] * len(PLACES)
    return first, second, timers


async def test_what_is_more_than_a_batch_fires_in_one_round_and_once(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, timers = await burst(town, monkeypatch)
    assert await timers.tick() == 0
    async with second.store.transaction() as tx:
        cleared = ClearTimer("called")
        await tx.change_timers([TimerRow(b, t, "", cleared) for t, b in sorted(PLACES.items())[:2]])
    assert await timers.tick() == 0  # those behind the first page are known too


async def test_what_fired_and_is_not_read_back_yet_holds_up_nobody_else(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, timers = await burst(town, monkeypatch)
    late = tickets_in(3, 1)[0]
    await first.note(late, "called")
    await first.relay()
    await second.read()
    event = second.service.codec.decode((await second.ledger(late))[0])
    async with second.store.transaction() as tx:
        due = SetTimer("called", event.due_at, ("dispatch",))
        await tx.change_timers([TimerRow(3, late, "", due)])
    await proven(town, second, first)
    await run_for(town, timers, 50)
    assert await second.names(late) == LOOP
