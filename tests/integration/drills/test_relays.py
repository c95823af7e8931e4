"""Relays that repeat themselves, and a consumer that has to catch up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from hotline.cli.place import Place
from hotline.cli.verify import Verified, verify
from hotline.dev.stack import StackInfo
from hotline.dispatch.v1.events_pb2 import ProgressNoted
from services.kernel.bus import Bus, Outgoing
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact
from services.kernel.names import TICKETS, bucket_of, topic_of
from services.kernel.relay import Relay
from services.kernel.runtime import Runtime
from tests.integration.kernel.test_loop import note
from tests.support.desks import desk, echo
from tests.support.drills import LONG
from tests.support.loops import BUCKETS, Loop, real_loop, wait_until

BEHIND = 100_000 if LONG else 5_000
NOTES = 40


async def checked(loop: Loop, *services: str) -> Verified:
    """Without any finding."""
    assert loop.info is not None
    place = Place(loop.info.bootstrap, loop.info.dsn, loop.namespace, "nyc", BUCKETS)
    found = await asyncio.to_thread(verify, place, list(services), processes=1)
    assert [what for r in found.reports for what in r.findings] == []
    return found


async def clocks(runtime: Runtime) -> Counter[str]:
    """How many clocks each ticket was given."""
    found: Counter[str] = Counter()
    for bucket in range(BUCKETS):
        position = 1
        while facts := await runtime.store.page(bucket, position, 5_000):
            position = facts[-1].position + 1
            found.update(f.ticket for f in facts if f.type.endswith("ClockStarted"))
    return found


class Dying:
    """A bus whose process dies once the broker has everything, before anybody could note it."""

    def __init__(self, inner: Bus) -> None:
        self._inner = inner
        self.sent = 0

    async def publish(self, records: Sequence[Outgoing]) -> None:
        await self._inner.publish(records)
        self.sent += len(records)
        raise asyncio.CancelledError


async def test_a_relay_killed_between_send_and_cursor_repeats_and_nobody_applies_it_twice(
    stack: StackInfo, namespace: str
) -> None:
    async with real_loop(stack, namespace) as loop:
        first = await loop.run(desk())
        dying = Dying(first.bus)
        first.relay._bus = dying  # type: ignore[assignment]
        first.worker.consumer = None
        reading = next(t for t in first._tasks if t.get_name() == "worker")
        reading.cancel()  # it does not live to read anything back
        for n in range(NOTES):
            await note(first, f"t{n}", "called")
        await wait_until(lambda: _true(dying.sent > 0), what="sending")
        await first.stop()
        topic = topic_of(namespace, TICKETS)
        store = first.store
        successor = Relay(first.service.codec, topic, store, loop.bus(), first.clock, BUCKETS)
        read_back = {b: await store.expected(topic, b) for b in range(BUCKETS)}
        successor.own({b: found.get("dispatch", 1) for b, found in read_back.items()})
        await successor.look()
        while await successor.send():
            pass
        assert successor.published == NOTES  # what was sent before, once more
        again, other = await loop.run(desk()), await loop.run(echo())

        async def applied() -> bool:
            found = [await other.store.expected(topic, b) for b in range(BUCKETS)]
            return sum(e.get("dispatch", 1) - 1 for e in found) == NOTES

        await wait_until(applied, 20.0, "everything, after all")
        assert set((await clocks(other)).values()) == {1}
        await wait_until(lambda: _true(again.relay.lag() == 0), what="reading back")
        found = await checked(loop, "dispatch", "deadline")
        assert sum(r.repeats for r in found.reports) >= dying.sent


async def _true(said: bool) -> bool:
    return said


async def test_two_relays_of_the_same_buckets_at_once_change_nothing(
    stack: StackInfo, namespace: str
) -> None:
    async with real_loop(stack, namespace) as loop:
        first, other = await loop.run(desk()), await loop.run(echo())
        second = Relay(
            first.service.codec, first.tickets, first.store, loop.bus(), first.clock, BUCKETS
        )

        async def called(beginning: int) -> None:
            for n in range(beginning, beginning + NOTES):
                await note(first, f"t{n}", "called")

        async def echoed() -> bool:
            return len(await clocks(other)) == expected

        expected = NOTES  # sent by the first alone: each will be a repeat
        await called(0)
        await wait_until(echoed, 20.0, "the first notes")
        second.own(dict.fromkeys(range(BUCKETS), 1))  # as an owner that never heard it was replaced
        running = asyncio.create_task(second.run())
        try:
            expected = 2 * NOTES  # what one reads back before it sends, it need not send
            await called(NOTES)
            await wait_until(echoed, 20.0, "every note")
            await wait_until(lambda: _true(second.published >= 2 * NOTES), what="the second relay")
            await wait_until(lambda: _true(first.relay.lag() == 0), what="reading back")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert set((await clocks(other)).values()) == {1}
        found = await checked(loop, "dispatch", "deadline")
        repeats = sum(r.repeats for r in found.reports if r.service == "dispatch")
        assert repeats >= NOTES
        assert repeats == first.relay.published + second.published - 2 * NOTES


def noted(count: int) -> list[Fact]:
    """One note on each of so many tickets, as another city's years bring them."""
    now, positions = datetime.now(UTC), Counter[int]()
    data = ProgressNoted(unit="DOT", note="called").SerializeToString()
    name = ProgressNoted.DESCRIPTOR.full_name
    found = []
    for n in range(count):
        ticket = f"behind-{n}"
        bucket = bucket_of(ticket, BUCKETS)
        positions[bucket] += 1
        at = positions[bucket]
        found.append(Fact("dispatch", bucket, at, ticket, 1, name, data, now, now, "handling"))
    return found


async def test_a_consumer_that_is_far_behind_catches_up(stack: StackInfo, namespace: str) -> None:
    """100,000 records in the long form: each is reacted to once, in order, with bounded batches."""
    async with real_loop(stack, namespace) as loop:
        topic, facts = topic_of(namespace, TICKETS), noted(BEHIND)
        for start in range(0, len(facts), 2_000):
            await loop.bus().publish([to_record(f, topic) for f in facts[start : start + 2_000]])
        late = await loop.run(echo())

        async def caught_up() -> bool:
            found = [await late.store.expected(topic, b) for b in range(BUCKETS)]
            return sum(sum(e.values()) - len(e) for e in found) == 2 * BEHIND

        await wait_until(caught_up, 20.0 + BEHIND / 250, "catching up")
        counts = await clocks(late)
        assert len(counts) == BEHIND
        assert set(counts.values()) == {1}
        await checked(loop, "deadline")
