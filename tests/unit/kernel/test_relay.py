"""The relay: every fact comes once and in order, whatever fails; reading back acknowledges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from services.kernel.bus import Outgoing
from services.kernel.bus_memory import MemoryBus
from services.kernel.clock import ManualClock
from services.kernel.codec import Codec
from services.kernel.facts import Append, Fact, NewFact
from services.kernel.names import TICKETS
from services.kernel.relay import READ_BACK_S, Relay
from services.kernel.store_memory import MemoryStore
from tests.support.virtual import START, run_virtual
from tests.unit.kernel.relays import BUCKETS, Outcome, Simulation

SEEDS = range(300)
PATIENCE_S = 3.0  # less than a read-back takes: without losses nothing needs one


def simulate(seed: int, relay: type[Relay] = Relay) -> Outcome:
    return run_virtual(Simulation(seed, relay, buckets=BUCKETS + seed % 2).run(PATIENCE_S))


def test_every_consumer_sees_each_fact_once_and_in_order() -> None:
    outcomes = [simulate(seed) for seed in SEEDS]
    assert [seed for seed in SEEDS if not outcomes[seed].complete] == []
    assert sum(o.gaps for o in outcomes) == 0
    assert all(any(o.appended.values()) for o in outcomes)
    assert sum(o.repeats for o in outcomes) > 0


class MemoryFirst(Relay):
    """The mistake that the contiguity rule is there for: what is in memory goes first."""

    async def _next_run(self, bucket: int, state: Any) -> list[tuple[int, Outgoing]]:
        if state.memory:
            run, state.memory = list(state.memory), type(state.memory)()
            return run
        return await super()._next_run(bucket, state)


def test_the_simulation_fails_a_relay_without_the_contiguity_rule() -> None:
    outcomes = [simulate(seed, MemoryFirst) for seed in SEEDS[:100]]
    assert sum(bool(outcome.gaps) for outcome in outcomes) >= 99


def test_what_was_acknowledged_and_lost_is_sent_again() -> None:
    for seed in range(60):
        outcome = run_virtual(
            Simulation(seed, Relay, loses=True, buckets=BUCKETS + seed % 2).run(4 * READ_BACK_S)
        )
        assert outcome.complete, seed


class Silent(MemoryBus):
    """Acknowledges everything, and loses it while told to."""

    lost = 0

    async def publish(self, records: Sequence[Outgoing]) -> None:
        if self.lost:
            self.lost -= 1
            return
        await super().publish(records)


class Desk:
    """A relay over the twins with a clock that stands still."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.bus = Silent(self.clock.now)
        self.bus.create(TICKETS, 1)
        self.store = MemoryStore("desk", 1, self.clock.now)
        self.relay = Relay(Codec("desk", []), TICKETS, self.store, self.bus, self.clock, 2)
        self.relay.own({0: 1})

    async def note(self, ticket: str, *, offered: bool = True) -> None:
        new = NewFact("hotline.test.v1.Noted", b"", START, b"{}")
        await self.store.append([Append(0, ticket, 0, [new])])
        facts: list[Fact] = (await self.store.load([(0, ticket)]))[ticket]
        if offered:
            self.relay.offer(facts)

    async def sent(self) -> list[int]:
        """The positions on the log, after one round."""
        await self.relay.look()
        while await self.relay.send():
            pass
        return [int(dict(r.headers)["ce_position"]) for r in self.bus.logs[TICKETS, 0]]


async def test_a_fact_of_another_process_is_sent_before_those_that_memory_holds() -> None:
    desk = Desk()
    await desk.note("theirs", offered=False)
    await desk.note("ours")
    assert await desk.sent() == [1, 2]


async def test_a_record_seen_above_the_expected_one_sends_again_from_there() -> None:
    desk = Desk()
    desk.bus.lost = 1
    await desk.note("lost")
    await desk.sent()
    await desk.note("kept")
    assert await desk.sent() == [2]
    desk.relay.seen(0, 2, applied=False)
    assert await desk.sent() == [2, 1, 2]


async def test_what_does_not_come_back_in_five_seconds_is_sent_again() -> None:
    desk = Desk()
    desk.bus.lost = 1
    await desk.note("lost")
    assert await desk.sent() == []
    await desk.sent()
    desk.clock.advance(seconds=READ_BACK_S)
    assert await desk.sent() == []
    desk.clock.advance(seconds=0.1)
    assert await desk.sent() == [1]
    desk.relay.seen(0, 1, applied=True)
    assert desk.relay.lag() == 0
    desk.clock.advance(minutes=5)
    assert await desk.sent() == [1]


async def test_a_gap_seen_while_a_later_run_is_on_its_way_is_not_forgotten() -> None:
    desk = Desk()
    desk.bus.lost = 1
    await desk.note("lost")
    await desk.sent()
    await desk.note("second")
    await desk.sent()
    await desk.note("third")
    taken = desk.bus.publish

    async def seen_meanwhile(records: Sequence[Outgoing]) -> None:
        desk.relay.seen(0, 2, applied=False)
        await taken(records)

    desk.bus.publish = seen_meanwhile  # type: ignore[method-assign]
    await desk.relay.send()
    desk.bus.publish = taken  # type: ignore[method-assign]
    assert (await desk.sent())[-3:] == [1, 2, 3]


async def test_a_bucket_let_go_is_not_sent_any_more() -> None:
    desk = Desk()
    await desk.note("one")
    desk.relay.let_go([0])
    assert await desk.sent() == []


def test_rows_of_others_are_found_while_the_relay_is_never_idle() -> None:
    assert run_virtual(_busy_relay()) == [1, 2]


async def _busy_relay() -> list[int]:
    """Woken every 10 ms by a bucket of its own while another process appends to a second one."""
    simulation = Simulation(0, Relay)
    simulation.bus.rough = False
    relay = simulation.owner
    relay.own({0: 1, 1: 1})
    running = asyncio.create_task(relay.run())
    await simulation._append(1, 2)
    for _ in range(30):
        relay.offer(await simulation._append(0, 1))
        await asyncio.sleep(0.01)
    running.cancel()
    return [int(dict(r.headers)["ce_position"]) for r in simulation.bus.logs[TICKETS, 1]]


def test_the_ledger_is_looked_at_more_often_by_one_who_shares_it() -> None:
    alone, shared = (run_virtual(_looks(buckets)) for buckets in (BUCKETS, BUCKETS + 1))
    assert (len(alone), len(shared)) == (21, 102)
    assert alone[18:] == pytest.approx([4.5, 4.7, 4.95]), "what was taken over is looked at at once"


async def _looks(buckets: int) -> list[float]:
    """When, in five seconds; after 4.7 s a bucket comes again from another process."""
    simulation, looks = Simulation(0, Relay, buckets=buckets), list[float]()
    relay, read, now = simulation.owner, simulation.store.next_positions, asyncio.get_running_loop()
    began = now.time()

    async def counted(asked: Iterable[int]) -> dict[int, int]:
        looks.append(now.time() - began)
        return await read(asked)

    simulation.store.next_positions = counted  # type: ignore[method-assign,assignment]
    relay.own(dict.fromkeys(range(BUCKETS), 1))
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(4.7)
    relay.own({0: 1})
    await asyncio.sleep(0.3)
    running.cancel()
    return looks
