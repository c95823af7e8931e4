"""Intake's own clocks, with the deadline service that keeps them: both real, over the twins.

The clock jumps to where time runs out; what is silent till then is proven by watermarks as ever.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hotline.deadline.v1 import events_pb2 as deadline_events
from hotline.intake.v1 import events_pb2
from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load as load_policy
from services.deadline.adapters.store_memory import MemoryClocksStore
from services.deadline.domain.rulebook import always
from services.deadline.service import service as deadline
from services.intake.adapters.books import Books
from services.intake.adapters.codec import MissedCall, SubmittedMatter
from services.intake.adapters.desk import Desk
from services.intake.adapters.registry import load as load_city
from services.intake.adapters.vault_memory import MemoryVault, Rows
from services.intake.domain.commands import AcknowledgeDiversion, CallBack, SupplyElements
from services.intake.domain.matter import Kind, MatterFacts
from services.intake.service import service as intake
from services.kernel.codec import to_datetime
from services.kernel.facts import Fact
from services.kernel.names import bucket_of
from services.kernel.personal import MasterKeys
from services.kernel.service import Submission
from tests.support.loops import BUCKETS, JumpingClock, Loop, memory_loop, wait_until

CITY = "sample"
POLICY, CALENDAR = load_policy(CITY)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MATTER = SubmittedMatter("phone", "traffic/road", "yingzhou", "Pothole", Kind.COMPLAINT)


@dataclass
class Hotline:
    """The two services, and what is asked of intake."""

    loop: Loop
    clock: JumpingClock
    desk: Desk
    asked: int = 0

    async def submit(self, **facts: Any) -> str:
        """A matter with those facts; its ticket."""
        matter = SubmittedMatter(
            MATTER.channel, MATTER.category, MATTER.area, MATTER.title, MATTER.kind,
            facts=MatterFacts(**facts),
        )  # fmt: skip
        return await self.make(await self.desk.received(matter, self.clock.now(), ("desk", "d")))

    async def make(self, made: Submission) -> str:
        await self.ask(made.ticket, made.command)
        return made.ticket

    async def ask(self, ticket: str, command: Any) -> None:
        performer = self.loop.runtimes["intake-0"].performer
        assert performer is not None
        self.asked += 1
        done = await performer.perform(
            ticket, command, sender="desk", key=str(self.asked), body_hash=b"", meta={}
        )
        assert done.status < 300, done.body

    async def facts(self, ticket: str, *names: str) -> list[Fact]:
        """The facts of the ticket, once all of these have come in this order."""

        def told(found: list[Fact]) -> list[str]:
            return [f.type.rpartition(".")[2] for f in found if f.ticket == ticket]

        def are_there(found: list[Fact]) -> bool:
            left = iter(told(found))
            return all(name in left for name in names)

        found = await self.loop.facts(are_there)
        return [fact for fact in found if fact.ticket == ticket]

    async def running(self, ticket: str, *clocks: str) -> None:
        """Until these timers of it run, as `clock/run`, and no others."""
        store = self.loop.memory_store("deadline")
        later = self.clock.now() + 1_000 * DAY

        async def are_so() -> bool:
            bucket = bucket_of(ticket, BUCKETS)
            proven = [(bucket, ",".join(s), later) for s in await store.timer_sources()]
            found = await store.due_timers(proven, [bucket], limit=100)
            return {timer.name for timer in found if timer.ticket == ticket} == set(clocks)

        await wait_until(are_so, what=f"timers {clocks} of {ticket}")


@asynccontextmanager
async def hotline(namespace: str) -> AsyncIterator[Hotline]:
    clock = JumpingClock()
    async with memory_loop(namespace, clock) as loop:
        vault = MemoryVault(Rows(), MasterKeys([bytes(32)]), bytes(32), "86")
        desk = Desk(vault, Books(load_city(CITY)))
        codec = PolicyCodec(POLICY)
        clocks = MemoryClocksStore(lambda: loop.memory_store("deadline").views)
        await loop.run(intake(desk))
        await loop.run(deadline(always(POLICY, CALENDAR), codec, ClocksView(codec, clocks)))
        yield Hotline(loop, clock, desk)


def last(facts: list[Fact], name: str) -> Fact:
    return [fact for fact in facts if fact.type.endswith(f".{name}")][-1]


def missed_clock(facts: list[Fact]) -> tuple[str, int]:
    fact = deadline_events.DeadlineMissed.FromString(last(facts, "DeadlineMissed").data)
    return fact.clock, fact.run


async def test_r18_what_is_not_supplied_in_time_is_refused_by_rule(namespace: str) -> None:
    """Asked, five working days of silence, refused: not a moment earlier."""
    async with hotline(namespace) as city:
        ticket = await city.submit(missing=("address",))
        await city.facts(ticket, "SupplementAsked", "ClockStarted")
        city.clock.jump(4 * DAY)
        other = await city.submit(missing=("address",))
        facts = await city.facts(other, "SupplementAsked", "ClockStarted")
        facts = await city.facts(ticket, "SupplementAsked", "ClockStarted")
        assert not any("Missed" in fact.type for fact in facts)
        city.clock.jump(30 * DAY)
        facts = await city.facts(ticket, "SupplementAsked", "DeadlineMissed", "TicketRefused")
        assert missed_clock(facts) == ("supplement", 1)
        started = deadline_events.ClockStarted.FromString(last(facts, "ClockStarted").data)
        assert last(facts, "DeadlineMissed").time == to_datetime(started.due_at)
        first = CALENDAR.local_date(to_datetime(started.started_at))
        last_day = CALENDAR.add_working_days(first, 5)
        assert to_datetime(started.due_at) == CALENDAR.end_of(last_day)
        refused = events_pb2.TicketRefused.FromString(last(facts, "TicketRefused").data)
        assert (refused.rule, refused.number) == ("R18", 8)
        assert "in time" in refused.reason_en


async def test_r18_what_is_supplied_in_time_is_not_refused(namespace: str) -> None:
    async with hotline(namespace) as city:
        ticket = await city.submit(missing=("address",))
        await city.facts(ticket, "SupplementAsked", "ClockStarted")
        city.clock.jump(DAY)
        code = city.desk.vault.code(ticket)
        await city.ask(ticket, SupplyElements(city.clock.now(), ticket, code, ("address",)))
        await city.facts(ticket, "SupplementSupplied", "TicketAccepted", "ClockStopped")
        await city.running(ticket, "promise/1")
        silent = await city.submit(missing=("address",))
        await city.facts(silent, "SupplementAsked", "ClockStarted")
        city.clock.jump(60 * DAY)
        await city.facts(silent, "DeadlineMissed", "TicketRefused")
        facts = await city.facts(ticket, "TicketAccepted")
        assert not any(fact.type.endswith(("DeadlineMissed", "TicketRefused")) for fact in facts)


async def test_r11_a_diversion_that_nobody_acknowledges_is_repeated_with_an_alarm(
    namespace: str,
) -> None:
    """Ten minutes each time, until the line has it; the alarm counts the second clock."""
    async with hotline(namespace) as city:
        ticket = await city.submit(emergency_ongoing=True, emergency_line="119")
        facts = await city.facts(ticket, "TicketDiverted", "ClockStarted")
        await city.running(ticket, "diversion_receipt/1")
        for attempt in (2, 3):
            city.clock.jump(11 * MINUTE)
            more = ["DeadlineMissed", "DiversionRepeated", "ClockStarted"] * (attempt - 1)
            facts = await city.facts(ticket, "TicketDiverted", *more)
            repeated = events_pb2.DiversionRepeated.FromString(
                last(facts, "DiversionRepeated").data
            )
            assert (repeated.line, repeated.attempt) == ("119", attempt)
            assert missed_clock(facts) == ("diversion_receipt", attempt - 1)
            # What hotline_diversions_unacknowledged counts, and the alarm is rung by.
            await city.running(ticket, f"diversion_receipt/{attempt}")
        diverted = events_pb2.TicketDiverted.FromString(last(facts, "TicketDiverted").data)
        await city.ask(ticket, AcknowledgeDiversion(city.clock.now(), diverted.receipt))
        await city.facts(ticket, "DiversionAcknowledged", "ClockStopped")
        await city.running(ticket)


async def test_r3_a_missed_call_is_called_back_within_its_clock_or_missed(namespace: str) -> None:
    async with hotline(namespace) as city:
        call = MissedCall("phone", "12345", 31, "13800138000")
        now = city.clock.now
        kept = await city.make(await city.desk.missed(call, now(), ("desk", "d")))
        let_pass = await city.make(await city.desk.missed(call, now(), ("desk", "d")))
        for ticket in (kept, let_pass):
            await city.facts(ticket, "CallMissed", "ClockStarted")
        city.clock.jump(HOUR)
        await city.ask(kept, CallBack(now(), "ann", reached=True))
        await city.facts(kept, "CalledBack", "ClockStopped")
        city.clock.jump(HOUR + MINUTE)
        facts = await city.facts(let_pass, "CallMissed", "DeadlineMissed")
        assert missed_clock(facts) == ("call_back", 1)
        facts = await city.facts(kept, "CalledBack", "ClockStopped")
        assert not any(fact.type.endswith("DeadlineMissed") for fact in facts)
