"""Deadline under the kernel: clocks in event time, on the real broker and store and on twins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.registry import document, parse
from services.kernel.codec import put_datetime, to_datetime
from services.kernel.timers import LIMIT
from tests.integration.deadline.city import HOUR, City, body, in_bucket_of, now, only, said
from tests.support.loops import memory_loop, real_loop, wait_until
from tests.unit.deadline.tickets import accepted, dispatched, queued

BOTH = ("dispatch", "intake")


@pytest.fixture(params=["twin", "real"])
async def city(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[City]:
    if request.param == "twin":
        async with memory_loop(namespace) as twin:
            yield await City.of(twin)
    else:
        async with real_loop(request.getfixturevalue("stack"), namespace) as real:
            yield await City.of(real)


async def test_r27_a_clock_is_missed_once_and_only_after_everyone_who_may_end_it_is_silent(
    city: City,
) -> None:
    await city.run()
    [other] = in_bucket_of("T1", 1)
    three_hours_ago = now() - 3 * HOUR
    await city.say("T1", dispatched("U1"), three_hours_ago)
    await city.say(other, intake.TicketDiverted(line="119"), now() - HOUR)
    witness = f"{other} diversion_receipt DeadlineMissed"
    held = await city.told("T1 confirm ClockStarted", witness, promising=["intake"])
    assert "T1 confirm DeadlineMissed" not in map(said, held)  # due earlier, but dispatch is down
    missed = await city.told("T1 confirm DeadlineMissed", promising=BOTH)
    assert only(missed, "T1 confirm DeadlineMissed").time == three_hours_ago + 2 * HOUR
    await city.say("T1", dispatch.DispatchConfirmed(unit="U1"), now())
    facts = await city.told("T1 confirm ClockStopped", promising=BOTH)
    assert not body(only(facts, "T1 confirm ClockStopped")).in_time
    assert len([f for f in facts if said(f) == "T1 confirm DeadlineMissed"]) == 1


async def test_r25_more_than_a_page_of_open_clocks_are_all_looked_at_digit_ccrs(city: City) -> None:
    """All in one bucket and due at once: timers are read by the page, and none is left."""
    tickets = in_bucket_of("N1", LIMIT + 120)
    accepted_at = now() - HOUR
    facts = [city.made(ticket, queued(accepted_at), accepted_at) for ticket in tickets]
    await city.run()
    await city.publish(*facts)
    missed = {f"{ticket} queue DeadlineMissed" for ticket in tickets}
    told = await city.told(*missed, promising=BOTH)
    found = [said(fact) for fact in told if said(fact) in missed]
    assert len(tickets) > LIMIT
    assert sorted(found) == sorted(missed)  # each, and once


async def test_r25_a_warning_is_told_once_by_the_timer_that_then_waits_for_the_end(
    city: City,
) -> None:
    content = document("sample")
    row = content["clocks"]["diversion_receipt"]
    soon = {"before_due": {"minutes": 9}, "longer_than": {"minutes": 1}}
    content["clocks"]["diversion_receipt"] = {**row, "warnings": soon}
    await city.run(policy=parse(content, "a city that warns early"))
    diverted_at = now() - timedelta(seconds=57)  # the minute is over in three seconds
    await city.say("T1", intake.TicketDiverted(line="119"), diverted_at)
    facts = await city.told("T1 diversion_receipt ClockWarned", promising=["intake"])
    warned = only(facts, "T1 diversion_receipt ClockWarned")
    assert warned.time == diverted_at + timedelta(minutes=1)
    assert (body(warned).mark, body(warned).warn_mark) == ("9min", "")
    assert to_datetime(body(warned).due_at) == diverted_at + timedelta(minutes=10)
    await city.say("T1", intake.DiversionAcknowledged(line="119"), now())
    facts = await city.told("T1 diversion_receipt ClockStopped", promising=["intake"])
    assert only(facts, "T1 diversion_receipt ClockWarned") == warned
    assert body(only(facts, "T1 diversion_receipt ClockStopped")).in_time


async def test_r27_a_promise_counts_once_everything_below_it_was_applied(city: City) -> None:
    await city.run()
    [other] = in_bucket_of("T1", 1)
    started_at = now() - 3 * HOUR
    await city.say("T1", dispatched("U1"), started_at)
    await city.say(other, intake.TicketDiverted(line="119"), now() - HOUR)
    on_its_way = city.made("T1", dispatch.DispatchConfirmed(unit="U1"), started_at + HOUR)
    await city.told(f"{other} diversion_receipt DeadlineMissed", promising=BOTH)
    await city.publish(on_its_way)
    facts = await city.told("T1 confirm ClockStopped", promising=BOTH)
    assert body(only(facts, "T1 confirm ClockStopped")).in_time
    assert "T1 confirm DeadlineMissed" not in map(said, facts)


async def test_r27_a_late_fact_withdraws_the_miss_that_it_proves_wrong(city: City) -> None:
    await city.run()
    started_at = now() - 3 * HOUR
    await city.say("T1", dispatched("U1"), started_at)
    await city.told("T1 confirm DeadlineMissed", promising=BOTH)
    await city.say("T1", dispatch.DispatchConfirmed(unit="U1"), started_at + HOUR)
    facts = await city.told("T1 confirm MissWithdrawn", "T1 confirm ClockStopped")
    assert to_datetime(body(only(facts, "T1 confirm MissWithdrawn")).stopped_at) == (
        started_at + HOUR
    )
    assert body(only(facts, "T1 confirm ClockStopped")).in_time


async def test_r27_an_act_that_finds_its_clock_overdue_records_the_miss_before_any_timer(
    city: City,
) -> None:
    await city.run()
    started_at = now() - 3 * HOUR
    await city.say("T1", dispatched("U1"), started_at)
    await city.told("T1 confirm ClockStarted")
    await city.closed(started_at + 2 * HOUR)
    await city.say("T1", dispatch.DispatchConfirmed(unit="U1"), now())
    facts = await city.told("T1 confirm DeadlineMissed", "T1 confirm ClockStopped")
    assert only(facts, "T1 confirm DeadlineMissed").time == started_at + 2 * HOUR


async def test_r25_a_timer_survives_a_restart_over_its_due_instant(city: City) -> None:
    first = await city.run()
    due_at = now() + timedelta(seconds=1)
    await city.say("T1", dispatched("U1"), due_at - 2 * HOUR)
    await city.told("T1 confirm ClockStarted")
    await wait_until(lambda: timers_are_kept(first), what="keeping the timer")
    await first.stop()
    await wait_until(lambda: has_come(due_at), what="the due instant")
    await city.run(instance="1")
    facts = await city.told("T1 confirm DeadlineMissed", promising=BOTH)
    assert only(facts, "T1 confirm DeadlineMissed").time == due_at
    await city.say("T1", dispatch.DispatchConfirmed(unit="U1"), now())
    facts = await city.told("T1 confirm ClockStopped", promising=BOTH)
    assert len([f for f in facts if said(f) == "T1 confirm DeadlineMissed"]) == 1


async def timers_are_kept(runtime: object) -> bool:
    return bool(await runtime.store.timer_sources())  # type: ignore[attr-defined]


async def has_come(instant: datetime) -> bool:
    return now() >= instant


async def test_r27_clocks_of_an_import_wait_for_its_frontier_and_then_follow_the_live_clock(
    city: City,
) -> None:
    await city.run()
    [live] = in_bucket_of("T1", 1)
    monday = datetime(2025, 3, 10, 1, tzinfo=UTC)  # nine in the morning in China
    await city.say("T1", accepted(), monday, "history")
    await city.say("T1", dispatched("U1"), monday, "history")
    await city.say(live, dispatched("U1"), now() - 3 * HOUR)
    waiting = await city.told(f"{live} confirm DeadlineMissed", promising=BOTH)
    assert "T1 confirm ClockStarted" in map(said, waiting)
    assert not [f for f in waiting if f.ticket == "T1" and f.type.endswith("DeadlineMissed")]
    await city.say("T1", frontier(monday + 3 * HOUR), now())
    reached = await city.told("T1 confirm DeadlineMissed", promising=BOTH)
    assert only(reached, "T1 confirm DeadlineMissed").time == monday + 2 * HOUR
    assert "T1 resolve DeadlineMissed" not in map(said, reached)
    await city.say("T1", frontier(monday + 4 * HOUR, final=True), now())
    settled = await city.told("T1 resolve DeadlineMissed", "T1 promise DeadlineMissed",
                              promising=BOTH)  # fmt: skip
    assert only(settled, "T1 return ReturnWindowClosed").time == datetime(
        2025, 3, 11, 16, tzinfo=UTC
    )
    misses = [said(f) for f in settled if f.ticket == "T1" and f.type.endswith("DeadlineMissed")]
    assert len(misses) == len(set(misses))


def frontier(until: datetime, *, final: bool = False) -> intake.HistoryClosed:
    message = intake.HistoryClosed(import_id="history", final=final)
    put_datetime(message.until, until)
    return message
