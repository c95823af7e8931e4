"""A page of tickets that go on while it is planned again: three attempts, each clock once (R27)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.replanner import ATTEMPTS, Moved, Replanner
from services.deadline.domain.care_events import TicketUrged
from services.deadline.domain.events import ClockReplanned, ClockStopped, Event
from services.deadline.domain.rulebook import always
from services.deadline.service import service
from services.kernel.clock import ManualClock
from services.kernel.facts import Append, Appended, Outcome
from services.kernel.names import bucket_of
from services.kernel.states import States
from services.kernel.store_memory import MemoryStore
from tests.unit.deadline.clock_facts import BUCKETS
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import CITIES, cn

TICKETS = ["T1", "T2", "T3"]
NOW = cn(3, 11, 10)
GRACE_S = 2.0
URGED = TicketUrged(NOW, 1, "U1", False, "winter", "ann")


class Busy(MemoryStore):
    """Before each of its first `times` appends something comes in between."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__("deadline", BUCKETS, clock.now)
        self.clock, self.codec = clock, PolicyCodec(CITIES["sample"][0])
        self.times, self.appends = 0, 0
        self.between: dict[str, Event] = {}
        self.takes_s = 0.0

    async def append(self, batch: Sequence[Append]) -> list[Outcome]:
        self.appends += 1
        if self.appends <= self.times:
            self.clock.advance(seconds=self.takes_s)
            await self.close_buckets(range(BUCKETS), [], [], GRACE_S)
            for ticket, event in self.between.items():
                await self._say(ticket, event)
        return await super().append(batch)

    async def _say(self, ticket: str, event: Event) -> None:
        """Somebody else's fact."""
        bucket = bucket_of(ticket, BUCKETS)
        version = len((await self.load([(bucket, ticket)]))[ticket])
        new = [self.codec.encode(event, b"{}")]
        [outcome] = await super().append([Append(bucket, ticket, version, new)])
        assert isinstance(outcome, Appended)

    async def moves(self) -> Counter[tuple[str, str]]:
        """How often each (ticket, clock) was moved, by the ledger."""
        places = [(bucket_of(ticket, BUCKETS), ticket) for ticket in TICKETS]
        facts = [fact for found in (await self.load(places)).values() for fact in found]
        events = [(fact.ticket, self.codec.decode(fact)) for fact in facts]
        return Counter((t, e.clock) for t, e in events if isinstance(e, ClockReplanned))


@pytest.fixture
async def store() -> Busy:
    """Three tickets with open clocks, dispatched two days before."""
    made = Busy(ManualClock(NOW))
    events = [made.codec.encode(event, b"{}") for event in Desk().events]
    batch = [Append(bucket_of(ticket, BUCKETS), ticket, 0, events) for ticket in TICKETS]
    await made.append(batch)
    made.appends = 0
    return made


@pytest.fixture
def work(store: Busy) -> Replanner:
    """By a calendar in which Friday the 13th is off: resolve moves, contact was due before it."""
    policy, calendar = CITIES["sample"]
    later = calendar.with_notice({date(2026, 3, 13): False}, notice="N1")
    made = service(always(policy, later), store.codec)
    return Replanner(made, store, States(made, store, BUCKETS), BUCKETS, "ann")


def clocks(moved: Sequence[Moved]) -> list[tuple[str, str]]:
    return sorted((ticket, event.clock) for ticket, event in moved)


ALL = [(ticket, "resolve") for ticket in TICKETS]


async def test_r27_a_page_is_one_append_and_again_none(store: Busy, work: Replanner) -> None:
    moved, left = await work.replan(TICKETS, store.clock.now)
    assert (clocks(moved), left, store.appends) == (ALL, [], 1)
    assert await work.replan(TICKETS, store.clock.now) == ([], [])
    assert store.appends == 1


async def test_r27_a_ticket_that_went_on_meanwhile_is_tried_again_and_moved_once(
    store: Busy, work: Replanner
) -> None:
    store.times, store.between = ATTEMPTS - 1, {"T2": URGED}
    moved, left = await work.replan(TICKETS, store.clock.now)
    assert (clocks(moved), left, store.appends) == (ALL, [], ATTEMPTS)
    assert await store.moves() == dict.fromkeys(ALL, 1)


async def test_r27_a_clock_that_ended_meanwhile_is_moved_no_more(
    store: Busy, work: Replanner
) -> None:
    store.times = 1
    store.between = {"T2": ClockStopped(NOW, "resolve", 1, "U1", NOW, True)}
    moved, left = await work.replan(TICKETS, store.clock.now)
    assert (clocks(moved), left) == ([("T1", "resolve"), ("T3", "resolve")], [])


async def test_r27_a_ticket_that_goes_on_at_each_attempt_is_left_and_holds_up_no_other(
    store: Busy, work: Replanner
) -> None:
    store.times, store.between = ATTEMPTS, {"T2": URGED}
    moved, left = await work.replan(TICKETS, store.clock.now)
    assert (clocks(moved), left) == ([("T1", "resolve"), ("T3", "resolve")], ["T2"])
    assert store.appends == ATTEMPTS
    moved, left = await work.replan(left, store.clock.now)
    assert (clocks(moved), left) == ([("T2", "resolve")], [])
    assert await store.moves() == dict.fromkeys(ALL, 1)


async def test_r27_a_page_that_took_longer_than_the_grace_is_planned_at_a_later_time(
    store: Busy, work: Replanner
) -> None:
    store.times, store.takes_s = 1, 2 * GRACE_S
    moved, left = await work.replan(TICKETS, store.clock.now)
    assert (clocks(moved), left, store.appends) == (ALL, [], 2)
    assert {event.at for _, event in moved} == {NOW + timedelta(seconds=2 * GRACE_S)}
    assert await store.moves() == dict.fromkeys(ALL, 1)
