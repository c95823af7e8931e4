"""The kernel's loop over two small services, on the real broker and store and on the twins."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hotline.dev.stack import StackInfo
from services.kernel.bus import LogHole
from services.kernel.names import TICKETS, bucket_of, topic_of
from services.kernel.runtime import Runtime
from services.kernel.store import Advance
from tests.support.appends import NOW
from tests.support.collector import exported
from tests.support.desks import NoteProgress, desk, echo
from tests.support.loops import BUCKETS, Loop, real_loop, wait_until


async def note(
    runtime: Runtime,
    ticket: str,
    words: str,
    key: str = "",
    traceparent: str = "",
    **options: Any,
) -> Any:
    assert runtime.performer is not None
    command = NoteProgress(runtime.clock.now(), "clerk", words)
    return await runtime.performer.perform(
        ticket,
        command,
        sender="web",
        key=key or f"{ticket}-{words}",
        body_hash=words.encode(),
        meta={"by": "clerk"} | ({"traceparent": traceparent} if traceparent else {}),
        **options,
    )


async def test_a_fact_travels_to_the_other_service_and_its_clock_is_missed(loop: Loop) -> None:
    first, second = await loop.run(desk()), await loop.run(echo())
    tickets = [f"t{n}" for n in range(20)]
    answers = await asyncio.gather(*(note(first, t, "called") for t in tickets))
    assert {a.status for a in answers} == {201}
    facts = await loop.facts(lambda found: len(found) >= 60)
    for ticket in tickets:
        mine = [f for f in facts if f.ticket == ticket]
        names = [f.type.rpartition(".")[2] for f in mine]
        assert names == ["ProgressNoted", "ClockStarted", "DeadlineMissed"]
        noted, started, missed = mine
        assert started.causation == noted.event_id
        assert started.time == noted.broker_time
        assert missed.time == noted.time + timedelta(seconds=1)
        assert missed.recorded_at >= missed.time
        assert noted.bucket == bucket_of(ticket, BUCKETS)
    await wait_until(lambda: _no_timers(second), what="clearing the timers")


async def _no_timers(runtime: Runtime) -> bool:
    return await runtime.store.timer_sources() == []


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_what_a_timer_brings_about_goes_on_in_the_trace_that_started_the_clock(
    loop: Loop,
) -> None:
    with exported() as spans:
        first, second = await loop.run(desk()), await loop.run(echo())
        await note(first, "t1", "called", traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
        await note(first, "t2", "called")
        facts = await loop.facts(lambda found: len(found) >= 6)
        await wait_until(lambda: _no_timers(second), what="clearing the timers")
        found = {span.span_id: span for span in spans()}
    missed = next(f for f in facts if f.ticket == "t1" and f.type.endswith("DeadlineMissed"))
    path = [found[missed.traceparent[36:52]]]
    while path[-1].parent in found:
        path.append(found[path[-1].parent])
    assert {span.trace_id for span in path} == {TRACE}
    assert path[0].attributes == {"hotline.ticket": "t1", "hotline.timer": "called"}
    assert [span.name for span in path] == ["fire called", "apply ProgressNoted"]
    assert {span.attributes["hotline.ticket"] for span in found.values()} == {"t1"}


async def test_a_repeated_command_gets_the_same_answer_and_no_second_fact(loop: Loop) -> None:
    first = await loop.run(desk())
    one = await note(first, "t1", "called", key="k")
    two = await note(first, "t1", "called", key="k")
    assert one == two
    other = await note(first, "t1", "wrote", key="k")
    assert other.status == 422
    assert len((await first.store.load([(bucket_of("t1", BUCKETS), "t1")]))["t1"]) == 1


async def test_a_rejection_is_an_answer_that_repeats_too(loop: Loop) -> None:
    first = await loop.run(desk())
    one, two = await note(first, "t1", "", key="k"), await note(first, "t1", "", key="k")
    assert one.status == two.status == 422
    assert b'"rule":"R26"' in one.body
    assert one.position is None


async def test_a_position_can_be_waited_for_at_another_service(loop: Loop) -> None:
    first, second = await loop.run(desk()), await loop.run(echo())
    answer = await note(first, "t1", "called")
    source, bucket, position = answer.position.split("/")
    assert await second.wait_for(source, int(bucket), int(position), 5.0)
    assert not await second.wait_for(source, int(bucket), int(position) + 1, 0.1)


async def test_a_poison_record_stops_its_ticket_only_and_can_be_released(loop: Loop) -> None:
    first, second = await loop.run(desk()), await loop.run(echo())
    healthy = next(t for t in map(str, range(99)) if _same_bucket(t, "bad"))
    await note(first, "bad", "poison")
    await note(first, "bad", "later")
    await note(first, healthy, "called")
    facts = await loop.facts(lambda f: sum(x.source == "deadline" for x in f) >= 2)
    parked = next(f for f in facts if f.type == "hotline.kernel.v1.TicketParked")
    assert parked.ticket == "bad"
    assert b"ZeroDivisionError" in parked.data
    await wait_until(lambda: _waiting(second, 2), what="parking")
    with pytest.raises(ZeroDivisionError):
        await second.worker.release("bad")
    assert await _waiting(second, 2)
    assert await second.worker.release("bad", drop_by="operator") == 2
    await note(first, "bad", "again")
    await loop.facts(
        lambda f: any(
            x.ticket == "bad" and b"again" in x.data and x.source == "deadline" for x in f
        )
    )


async def _waiting(runtime: Runtime, count: int) -> bool:
    return len(await runtime.store.parked_records("bad", 10)) == count


def _same_bucket(one: str, other: str) -> bool:
    return bucket_of(one, BUCKETS) == bucket_of(other, BUCKETS)


async def test_facts_of_another_process_are_relayed_by_the_owner(
    stack: Any, namespace: str
) -> None:
    async with real_loop(stack, namespace) as loop:
        one = await loop.run(desk(), instance="0")
        two = await loop.run(desk(), instance="1")
        await wait_until(lambda: _shared(one, two), what="sharing the buckets")
        tickets = [f"t{n}" for n in range(40)]
        await asyncio.gather(*(note(one, t, "called") for t in tickets))
        facts = await loop.facts(lambda found: len(found) >= 40)
        assert sorted(f.ticket for f in facts) == sorted(tickets)
        for bucket in range(BUCKETS):
            positions = [f.position for f in facts if f.bucket == bucket]
            assert positions == list(range(1, len(positions) + 1))


async def _shared(one: Runtime, two: Runtime) -> bool:
    mine, yours = one.inbox.buckets(), two.inbox.buckets()
    return bool(mine) and bool(yours) and not mine & yours


async def test_a_former_owner_adds_no_row(stack: Any, namespace: str) -> None:
    async with real_loop(stack, namespace) as loop:
        first, second = await loop.run(desk()), await loop.run(echo())
        places = list(second.inbox.rows)
        await second.store.claim(places)  # as a newer owner would
        await note(first, "t1", "called")
        facts = await loop.facts(lambda f: any(x.source == "deadline" for x in f))
        started = [f for f in facts if f.type.endswith("ClockStarted")]
        assert len(started) == 1  # applied after it had claimed again, and once only


async def test_a_reader_may_stop_as_soon_as_it_has_started(
    stack: StackInfo, namespace: str
) -> None:
    async with real_loop(stack, namespace) as loop:
        for _ in range(5):
            reader = await loop.bus().reader([(topic_of(namespace, TICKETS), 0)], from_end=False)
            await reader.stop()


async def test_an_offset_outside_the_log_is_an_alarm_and_never_a_reset(loop: Loop) -> None:
    first = await loop.run(desk())
    await note(first, "t1", "called")
    await loop.facts(lambda found: len(found) >= 1)
    await first.stop()
    tickets = topic_of(loop.namespace, TICKETS)
    (row,) = await first.store.claim([(tickets, bucket_of("t1", BUCKETS))])
    beyond = Advance(tickets, row.partition, row.next_offset, 99, row.epoch, NOW, {})
    async with first.store.transaction() as tx:
        await tx.advance([beyond])
    again = await loop.run(desk(), store=first.store)
    with pytest.raises(LogHole):
        await asyncio.wait_for(again.failed(), timeout=10.0)
