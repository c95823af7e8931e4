"""The worker: one owner, one transaction, and one bad record stops its ticket only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from hotline.kernel.v1.answer_pb2 import RecordParked, TicketParked
from services.kernel.bus import LogHole, Outgoing
from services.kernel.facts import Append, Appended
from services.kernel.names import PARKED, TICKETS, bucket_of
from services.kernel.rest import SHORTEST_S
from services.kernel.store import StoreUnavailable
from tests.support.desks import ClockStarted, SeenNote, Start, desk, echo
from tests.support.loops import BUCKETS
from tests.support.processes import City, Process, tickets_in
from tests.unit.kernel.mendable import Mendable, noted, started

PARKED_NAME = "TicketParked"


async def until_started(process: Process, clocks: Sequence[str]) -> None:
    """The clocks of t1; fails where they do not come without the clock's moving."""
    async with asyncio.timeout(5.0):
        while await started(process, "t1") != clocks:
            await asyncio.sleep(0.001)


async def test_a_stale_state_is_loaded_again_and_decided_again(town: City) -> None:
    first, second = await town.process(desk()), await town.process(echo())
    await noted(first, ("t1", "called"))
    await second.read()
    event = ClockStarted(town.clock.now(), "wrote", town.clock.now())
    fact = second.service.codec.encode(event, b"{}")
    bucket = bucket_of("t1", BUCKETS)
    (other,) = await second.store.append([Append(bucket, "t1", 1, [fact])])
    assert isinstance(other, Appended)
    await noted(first, ("t1", "wrote"), ("t1", "came"))
    await second.read()
    assert await started(second, "t1") == ["called", "wrote", "came"]


async def test_a_quiet_reaction_knows_what_another_process_appended_before(town: City) -> None:
    def only_after_a_call(event: SeenNote, state: Any, at: Any) -> Sequence[Start]:
        first = event.note == "first" or "called" in state
        return [Start(at, event.note, event.at)] if first else []

    service = echo()
    assert service.decider is not None
    decider = replace(service.decider, react=only_after_a_call)
    first, owner = await town.process(desk()), await town.process(replace(service, decider=decider))
    await noted(first, ("t1", "first"))
    await owner.read()
    await owner.relay()
    event = ClockStarted(town.clock.now(), "called", town.clock.now())
    fact = owner.service.codec.encode(event, b"{}")
    await owner.store.append([Append(bucket_of("t1", BUCKETS), "t1", 1, [fact])])
    await owner.relay()
    await noted(first, ("t1", "answer"))
    await owner.read()
    assert await started(owner, "t1") == ["first", "called", "answer"]


async def test_a_ticket_that_never_stands_still_is_tried_later_not_parked(town: City) -> None:
    first, second = await town.process(desk()), await town.process(echo())
    await noted(first, ("t1", "called"))
    records = await second.poll()
    load, moved = second.store.load, 0

    async def moving(streams: Any) -> Any:
        """Another process appends between our load and our append."""
        nonlocal moved
        found = await load(streams)
        event = ClockStarted(town.clock.now(), f"other-{moved}", town.clock.now())
        fact = second.service.codec.encode(event, b"{}")
        await second.store.append([Append(bucket_of("t1", BUCKETS), "t1", moved, [fact])])
        moved += 1
        return found

    second.store.load = moving  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        await second.worker.step(records)
    second.store.load = load  # type: ignore[method-assign]
    await second.worker.reclaim()
    await second.read()
    assert (await started(second, "t1"))[-1] == "called"
    assert PARKED_NAME not in await second.names("t1")


async def test_a_commit_whose_outcome_is_unknown_is_not_doubled(town: City) -> None:
    first, second = await town.process(desk()), await town.process(echo())
    await noted(first, ("t1", "called"), ("t2", "called"))
    second.store.forgetful = 1
    with pytest.raises(StoreUnavailable):
        await second.read()
    await second.worker.reclaim()
    await noted(first, ("t1", "wrote"))
    await second.read()
    assert await started(second, "t1") == ["called", "wrote"]
    assert await started(second, "t2") == ["called"]
    await second.relay()
    assert sum(f.source == "deadline" for f in town.facts()) == 3


async def test_the_loop_recovers_by_itself(town: City) -> None:
    first, second = await town.process(desk()), await town.process(echo())
    second.store.forgetful = 1
    await noted(first, ("t1", "called"))
    running = asyncio.create_task(second.worker.run(second.consumer))
    for _ in range(20):
        await asyncio.sleep(0.005)
        town.clock.advance(seconds=1)
    await noted(first, ("t1", "wrote"))
    await until_started(second, ["called", "wrote"])
    assert not running.done()
    running.cancel()


async def test_facts_gather_behind_a_batch_and_the_first_goes_at_once(town: City) -> None:
    first, second = await town.process(desk()), await town.process(replace(echo(), gather_s=1.0))
    running = asyncio.create_task(second.worker.run(second.consumer))
    await noted(first, ("t1", "called"))
    await until_started(second, ["called"])
    for note in ("wrote", "came"):
        await noted(first, ("t1", note))
        await asyncio.sleep(0.005)
        assert await started(second, "t1") == ["called"]
    town.clock.advance(seconds=1)
    await until_started(second, ["called", "wrote", "came"])
    running.cancel()


async def test_a_hurried_worker_does_not_rest_that_long_while_the_cpu_is_free(town: City) -> None:
    hurried = replace(echo(), gather_s=1.0, hurried=True)
    first, second = await town.process(desk()), await town.process(hurried)
    running = asyncio.create_task(second.worker.run(second.consumer))
    for so_far in (["called"], ["called", "wrote"]):
        await noted(first, ("t1", so_far[-1]))
        await until_started(second, so_far)
        await asyncio.sleep(0.005)
        town.clock.advance(seconds=SHORTEST_S)
    running.cancel()


async def test_a_worker_that_waited_for_a_batch_has_rested(town: City) -> None:
    first, second = await town.process(desk()), await town.process(replace(echo(), gather_s=1.0))
    running = asyncio.create_task(second.worker.run(second.consumer))
    await asyncio.sleep(0)
    town.clock.advance(seconds=1)
    for so_far in (["called"], ["called", "wrote"]):
        await noted(first, ("t1", so_far[-1]))
        await until_started(second, so_far)
    await noted(first, ("t1", "came"))
    await asyncio.sleep(0.005)
    assert await started(second, "t1") == ["called", "wrote"], "it never rests"
    running.cancel()


async def test_a_worker_does_not_rest_behind_a_batch_that_came_to_nothing(town: City) -> None:
    first, second = await town.process(desk()), await town.process(replace(echo(), gather_s=1.0))
    running = asyncio.create_task(second.worker.run(second.consumer))
    await asyncio.sleep(0)
    town.clock.advance(seconds=1)
    await noted(first, ("t1", "called"))  # no rest behind it: it was waited for
    await until_started(second, ["called"])
    await second.relay()
    row = second.inbox.rows[TICKETS, bucket_of("t1", BUCKETS)]
    async with asyncio.timeout(5.0):
        while row.expected.get("deadline") != 2:  # its own fact, which it only reads back
            await asyncio.sleep(0.001)
    await noted(first, ("t1", "wrote"))
    await until_started(second, ["called", "wrote"])
    running.cancel()


async def test_one_bad_record_parks_its_ticket_and_the_others_go_on(town: City) -> None:
    bad, healthy, other = tickets_in(0, 3)
    first, second = await town.process(desk()), await town.process(Mendable().service())
    notes = [(healthy, "one"), (bad, "poison"), (other, "two"), (bad, "later"), (healthy, "three")]
    await noted(first, *notes)
    await second.read()
    assert await started(second, healthy) == ["one", "three"]
    assert await started(second, other) == ["two"]
    assert await second.names(bad) == [PARKED_NAME]
    (fact,) = await second.ledger(bad)
    message = TicketParked.FromString(fact.data)
    assert (message.topic, message.partition, message.offset) == (TICKETS, 0, 1)
    assert message.reason == "ZeroDivisionError: this note makes the code fail"
    waiting = await second.store.parked_records(bad, 10)
    assert [(r.offset, r.value is not None) for r in waiting] == [(1, True), (3, True)]
    assert "this note makes the code fail" in waiting[0].reason
    assert second.inbox.rows[TICKETS, 0].expected == {"dispatch": 6}


class BrokenBell:
    """A view that fails each time it is to wake who waits."""

    async def apply(self, *_: Any) -> None:
        pass

    owned = apply

    async def committed(self, facts: Any) -> None:
        raise ZeroDivisionError("nobody is woken")


async def test_what_fails_after_the_commit_parks_nobody(town: City) -> None:
    first = await town.process(desk())
    second = await town.process(replace(echo(), views=(BrokenBell(),)))
    for words in ("called", "wrote"):
        await noted(first, ("t1", words))
        await second.read()
    assert await started(second, "t1") == ["called", "wrote"]
    assert await second.store.parked_records("", 10) == []


async def test_a_parked_ticket_waits_also_for_the_next_owner(town: City) -> None:
    (bad,) = tickets_in(0, 1)
    first, former = await town.process(desk()), await town.process(Mendable().service())
    await noted(first, (bad, "poison"))
    await former.read()
    newer = await town.process(Mendable().service(), "1")
    await noted(first, (bad, "later"))
    await newer.read()
    assert len(await newer.store.parked_records(bad, 10)) == 2
    assert await started(newer, bad) == []


async def test_a_record_without_a_ticket_goes_to_the_operators(town: City) -> None:
    first, second = await town.process(desk()), await town.process(echo())
    await town.publish(Outgoing(TICKETS, 0, b"?", b"what", [("ce_source", b"dispatch")]))
    await noted(first, (tickets_in(0, 1)[0], "called"))
    await second.read()
    (parked,) = town.log(PARKED)
    message = RecordParked.FromString(parked.value)
    assert (message.topic, message.partition, message.offset) == (TICKETS, 0, 0)
    assert (message.key, message.value) == (b"?", b"what")
    assert "ce_position" in message.reason
    assert await started(second, tickets_in(0, 1)[0]) == ["called"]


async def test_a_hole_in_the_log_is_an_alarm_and_parks_nobody(town: City) -> None:
    one, two = tickets_in(0, 2)
    first, second = await town.process(desk()), await town.process(echo())
    await noted(first, (one, "called"), (two, "called"), (one, "wrote"))
    records = await second.poll()
    with pytest.raises(LogHole):
        await second.worker.step([records[0], records[2]])
    assert await second.store.parked_records("", 10) == []
    assert await second.ledger(one) == []
