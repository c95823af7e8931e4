"""People at work on a broker: the twin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest
from google.protobuf.message import Message
from nacl.signing import SigningKey

from hotline.client.commands import Signer
from hotline.dispatch.v1.events_pb2 import DispatchConfirmed, TicketDispatched, TicketReplied
from hotline.sim.actors import People, Seen
from hotline.sim.city import City
from services.kernel.bus_memory import MemoryBus
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact
from services.kernel.names import COMMANDS, TICKETS, bucket_of

BUCKETS = 2
TICKET = "20260302-0000001-5"


class Site:
    """A broker with a city that works on it."""

    def __init__(self) -> None:
        self.bus = MemoryBus(lambda: datetime.now(UTC))
        for topic in (TICKETS, COMMANDS):
            self.bus.create(topic, BUCKETS)
        self.seen: list[Seen] = []
        self._version = 0

    async def record(self, message: Message, import_id: str = "") -> None:
        self._version += 1
        now = datetime.now(UTC)
        fact = Fact(
            "dispatch",
            bucket_of(TICKET, BUCKETS),
            self._version,
            TICKET,
            self._version,
            message.DESCRIPTOR.full_name,
            message.SerializeToString(),
            now,
            now,
            import_id=import_id,
        )
        await self.bus.publish([to_record(fact, TICKETS)])

    @asynccontextmanager
    async def city(self, pace: float, back: int = 0) -> AsyncIterator[None]:
        key = SigningKey.generate()
        senders = {name: Signer(name, "k", key, "", BUCKETS) for name in ("desk", "unit-dot")}
        city = City(self.bus, senders, "", BUCKETS, People(pace, content=True), self.seen.append)
        task = asyncio.create_task(city.run(back))
        await city.ready.wait()
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def commands(self, count: int) -> list[str]:
        """The types of the first commands, at least so many."""
        reader = await self.bus.reader([(COMMANDS, p) for p in range(BUCKETS)], from_end=False)
        found: list[str] = []
        async with asyncio.timeout(5.0):
            while len(found) < count:
                records = await reader.fetch(100, 0.05)
                types = [dict(r.headers)["ce_type"].decode() for r in records]
                found += [name.rpartition(".")[2] for name in types]
        return found


@pytest.fixture
def site() -> Site:
    return Site()


async def test_without_delay_everything_is_sent_in_order(site: Site) -> None:
    async with site.city(pace=0.0):
        await site.record(TicketDispatched(unit="DOT"))
        assert await site.commands(3) == ["ConfirmDispatch", "RecordContact", "ReplyTicket"]
        await site.record(TicketReplied(unit="DOT"))
        assert (await site.commands(4))[3] == "ApproveReply"
    assert [fact.type for fact in site.seen] == ["TicketDispatched", "TicketReplied"]


async def test_with_delays_acts_come_when_they_are_due(site: Site) -> None:
    async with site.city(pace=0.001):
        await site.record(TicketDispatched(unit="DOT"))
        assert await site.commands(3) == ["ConfirmDispatch", "RecordContact", "ReplyTicket"]


async def test_what_somebody_else_did_is_not_done_again(site: Site) -> None:
    async with site.city(pace=0.02):
        await site.record(TicketDispatched(unit="DOT"))
        await site.record(DispatchConfirmed(unit="DOT"))
        assert await site.commands(2) == ["RecordContact", "ReplyTicket"]


async def test_looking_back_people_take_up_what_they_were_about_to_do(site: Site) -> None:
    await site.record(TicketDispatched(unit="DOT"))
    await site.record(DispatchConfirmed(unit="DOT"))
    async with site.city(pace=0.02, back=100):
        assert await site.commands(2) == ["RecordContact", "ReplyTicket"]
    assert site.seen == []  # nothing of it is new


async def test_without_looking_back_the_past_is_left_alone(site: Site) -> None:
    await site.record(TicketDispatched(unit="DOT"))
    async with site.city(pace=0.0):
        await site.record(TicketReplied(unit="DOT"))
        assert await site.commands(1) == ["ApproveReply"]


async def test_imported_facts_are_seen_and_not_acted_on(site: Site) -> None:
    async with site.city(pace=0.0):
        await site.record(TicketDispatched(unit="DOT"), import_id="nyc311")
        await site.record(TicketReplied(unit="DOT"))
        assert await site.commands(1) == ["ApproveReply"]
    assert [fact.imported for fact in site.seen] == [True, False]
