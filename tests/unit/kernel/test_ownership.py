"""Who owns a partition, while the store is away and the group changes."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from services.kernel import owning
from services.kernel.consumer_kafka import KafkaConsumer, Listener, Seen
from services.kernel.names import TICKETS
from services.kernel.store import LostOwnership, StoreUnavailable
from tests.support.desks import desk, echo
from tests.support.processes import City, tickets_in
from tests.unit.kernel.mendable import noted, started


async def test_a_partition_given_while_the_store_is_away_is_read_once_it_is_back(
    town: City,
) -> None:
    (ticket,) = tickets_in(0, 1)
    first, second = await town.process(desk()), await town.process(echo())
    places = list(second.inbox.rows)
    await second.worker.revoked(places)
    claim, failures = second.store.claim, 2

    async def away(partitions: Any) -> Any:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise StoreUnavailable("it is being restarted")
        return await claim(partitions)

    second.store.claim = away  # type: ignore[method-assign]
    given = asyncio.create_task(second.worker.assigned(places))
    for _ in range(10):
        await asyncio.sleep(0)
        town.clock.advance(seconds=1)
    assert (await given).keys() == set(places)
    await first.note(ticket, "called")
    await first.relay()
    await second.read()
    assert await second.names(ticket) == ["ClockStarted"]


async def test_what_the_group_took_meanwhile_is_not_claimed_back(town: City) -> None:
    owner = await town.process(echo())
    held = owner.store.held

    async def slowly(claims: Any) -> Any:
        rows = await held(claims)
        await owner.worker.revoked([(TICKETS, 0)])
        return rows

    owner.store.held = slowly  # type: ignore[method-assign]
    await owner.worker.reclaim()
    assert 0 not in owner.inbox.buckets()
    assert 1 in owner.inbox.buckets()


@pytest.mark.parametrize("question", ["marks", "early_tickets"])
async def test_what_the_group_took_while_the_store_was_asked_is_not_read_on(
    town: City, question: str
) -> None:
    """The consumer does not have it any more, and would raise."""
    owner = await town.process(echo())
    ask, sought = getattr(owner.store, question), list[Any]()

    async def slowly(*about: Any) -> Any:
        await owner.worker.revoked([(TICKETS, 0)])
        return await ask(*about)

    setattr(owner.store, question, slowly)
    consumer: Any = SimpleNamespace(seek=lambda place, _: sought.append(place))
    owner.worker.consumer = consumer
    await owner.worker.reclaim()
    assert 0 not in owner.inbox.buckets()
    assert (TICKETS, 1) in sought
    assert (TICKETS, 0) not in sought


async def test_what_waits_in_partitions_that_were_given_meanwhile_still_waits(
    town: City,
) -> None:
    """An older answer of the store, which knows less partitions, does not count."""
    owner = await town.process(echo())
    await owner.worker.revoked([(TICKETS, 1)])
    goes_on = asyncio.Event()

    async def parked(buckets: Any) -> set[str]:
        asked = {f"ticket of {bucket}" for bucket in buckets}
        if 1 not in buckets:
            await goes_on.wait()
        return asked

    owner.store.parked_tickets = parked  # type: ignore[method-assign]
    reclaiming = asyncio.create_task(owner.worker.reclaim())
    await asyncio.sleep(0)
    given = asyncio.create_task(owner.worker.assigned([(TICKETS, 1)]))
    for _ in range(5):
        await asyncio.sleep(0)
    goes_on.set()
    await asyncio.gather(reclaiming, given)
    assert owner.inbox.parked >= {"ticket of 0", "ticket of 1"}


async def test_a_change_of_the_group_that_fails_is_raised_by_the_next_fetch() -> None:
    async def broken(places: Any) -> Any:
        raise ZeroDivisionError("a defect")

    async def records(**_: Any) -> dict[Any, Any]:
        return {}

    inner: Any = SimpleNamespace(pause=lambda *_: None, getmany=records)
    seen = Seen()
    listener = Listener(inner, seen, broken, broken)
    consumer = KafkaConsumer(inner, seen)
    assert await consumer.fetch(10, 0.0) == []
    with pytest.raises(ZeroDivisionError):
        await listener.on_partitions_assigned([TopicPartition(TICKETS, 0)])
    with pytest.raises(ZeroDivisionError):
        await consumer.fetch(10, 0.0)


async def test_a_former_owners_batch_rolls_back(town: City) -> None:
    first, former = await town.process(desk()), await town.process(echo())
    await noted(first, ("t1", "called"))
    records = await former.poll()
    newer = await town.process(echo(), "1")
    with pytest.raises(LostOwnership):
        await former.worker.step(records)
    assert await newer.ledger("t1") == []
    await newer.read()
    assert await started(newer, "t1") == ["called"]


async def test_an_owner_that_claims_again_reads_on_where_the_store_says(town: City) -> None:
    first, second = await town.process(desk()), await town.process(echo())
    await noted(first, ("t1", "called"))
    await second.read()
    await noted(first, ("t1", "wrote"))
    await second.poll()
    await second.worker.reclaim()
    await second.read()
    assert await started(second, "t1") == ["called", "wrote"]


async def test_who_lost_a_partition_lets_go_and_takes_nothing_back(town: City) -> None:
    """Two that claim from each other in turns would both get nothing done."""
    first, zombie = await town.process(desk()), await town.process(echo())
    await noted(first, ("t1", "called"))
    records = await zombie.poll()
    newer = await town.process(echo(), "1")
    with pytest.raises(LostOwnership):
        await zombie.worker.step(records)
    await zombie.worker.reclaim()
    assert not zombie.inbox.rows
    await zombie.worker.retake()  # the group has not had the time to tell it
    assert not zombie.inbox.rows
    await newer.read()
    assert await started(newer, "t1") == ["called"]


async def test_what_the_group_still_says_is_ours_is_taken_again_later(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a partition that a member claimed just before it was dropped would be read by nobody."""
    first, owner = await town.process(desk()), await town.process(echo())
    await owner.store.claim([(TICKETS, 0), (TICKETS, 1)])  # by one that is gone
    await owner.worker.reclaim()
    assert {0, 1} & owner.inbox.buckets() == set()
    await owner.worker.revoked([(TICKETS, 1)])
    monkeypatch.setattr(owning, "RETAKE_S", -1.0)
    await owner.worker.retake()
    assert {0, 1} & owner.inbox.buckets() == {0}
    await noted(first, (tickets_in(0, 1)[0], "called"))
    await owner.read()
    assert await started(owner, tickets_in(0, 1)[0]) == ["called"]
