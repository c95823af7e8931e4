"""Silence is proven: a promise is never broken, and counts only once all below it was applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from hotline.kernel.v1.watermark_pb2 import Watermark
from services.kernel.bus_memory import MemoryRecord
from services.kernel.codec import put_datetime, to_datetime
from services.kernel.names import COMMANDS, SUBMISSIONS, TICKETS, WATERMARKS
from services.kernel.watermarks import GRACE_S, Proof
from tests.support.desks import desk, echo
from tests.support.loops import BUCKETS
from tests.support.processes import City, Process, tickets_in
from tests.support.virtual import START

NEVER = datetime.min.replace(tzinfo=UTC)
GRACE = timedelta(seconds=GRACE_S)


def promise(source: str, bucket: int, position: int, second: int) -> MemoryRecord:
    message = Watermark(source=source)
    part = message.buckets.add(bucket=bucket, position=position)
    put_datetime(part.complete_until, at(second))
    return MemoryRecord(WATERMARKS, 0, 0, 0, b"", message.SerializeToString(), [])


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


# Proof: what a reader makes of promises


def test_a_promise_counts_once_everything_below_it_was_applied() -> None:
    proof = Proof()
    proof.read(promise("dispatch", 0, 5, 10))
    assert proof.until("dispatch", 0, 4) == NEVER
    assert proof.until("dispatch", 0, 5) == at(10)
    assert proof.until("dispatch", 1, 5) == NEVER
    assert proof.until("intake", 0, 5) == NEVER


def test_the_latest_promise_that_is_covered_counts_and_none_is_taken_back() -> None:
    proof = Proof()
    for position, second in ((1, 1), (3, 2), (3, 3), (9, 4)):
        proof.read(promise("dispatch", 0, position, second))
    assert proof.until("dispatch", 0, 3) == at(3)
    proof.read(promise("dispatch", 0, 1, 1))  # a former owner's, come late
    assert proof.until("dispatch", 0, 9) == at(4)


def test_every_source_must_be_silent() -> None:
    proof = Proof()
    proof.read(promise("dispatch", 0, 1, 10))
    assert proof.all_until(("dispatch", "deadline"), 0, {}) == NEVER
    proof.read(promise("deadline", 0, 7, 8))
    assert proof.all_until(("dispatch", "deadline"), 0, {"deadline": 6}) == NEVER
    assert proof.all_until(("dispatch", "deadline"), 0, {"deadline": 7}) == at(8)


def test_a_reader_far_behind_keeps_the_promises_that_prove_most() -> None:
    proof = Proof()
    for second in range(1_000):
        proof.read(promise("dispatch", 0, second, second))
    assert proof.until("dispatch", 0, 999) == at(999)
    assert not proof._open["dispatch", 0]


def test_a_broken_promise_record_is_passed_over() -> None:
    proof = Proof()
    proof.read(MemoryRecord(WATERMARKS, 0, 0, 0, b"", b"\xff\xff", []))
    proof.read(promise("dispatch", 0, 1, 1))
    assert proof.until("dispatch", 0, 1) == at(1)


# Promiser: what an owner may promise


def promised(town: City, source: str) -> list[tuple[int, int, datetime]]:
    """All promises of a source: bucket, position, until."""
    found = []
    for record in town.log(WATERMARKS):
        message = Watermark.FromString(record.value)
        if message.source == source:
            found += [
                (p.bucket, p.position, to_datetime(p.complete_until)) for p in message.buckets
            ]
    return found


async def test_idle_partitions_go_on(town: City) -> None:
    owner = await town.process(desk())
    for _ in range(3):
        town.clock.advance(seconds=5)
        await owner.promise()
    until = [u for bucket, _, u in promised(town, "dispatch") if bucket == 0]
    assert until == [at(5) - GRACE, at(10) - GRACE, at(15) - GRACE]


async def test_a_partition_that_nobody_has_read_yet_proves_nothing(town: City) -> None:
    owner = await town.process(desk())
    owner.consumer.reached = lambda place: None  # type: ignore[method-assign]
    await owner.promise()
    assert promised(town, "dispatch") == []


async def test_no_promise_is_made_before_every_partition_of_a_shared_topic_had_an_owner(
    town: City,
) -> None:
    async def submit(*_: Any, **__: Any) -> Any:
        raise AssertionError

    service = replace(desk(), submit=submit)
    early = Process(town, service, "0")
    town.processes.append(early)
    mine = [(TICKETS, b) for b in range(BUCKETS)] + [(COMMANDS, b) for b in range(BUCKETS)]
    submissions = [(SUBMISSIONS, p) for p in range(6)]
    early.consumer = await town.bus.reader([*mine, *submissions[:3]], from_end=False)
    await early.worker.assigned([*mine, *submissions[:3]])
    await early.promise()
    assert promised(town, "dispatch") == []
    await early.store.claim(submissions[3:])  # by another process, which has not read them yet
    await early.promise()
    assert promised(town, "dispatch") == []
    await early.store.read_until([(*place, 1, town.clock.now()) for place in submissions[3:]])
    await early.promise()
    assert len(promised(town, "dispatch")) == BUCKETS


async def test_a_record_that_waits_holds_the_promise_back(town: City) -> None:
    first, second = await town.process(desk()), await town.process(echo())
    (ticket,) = tickets_in(0, 1)
    await second.promise()
    town.clock.advance(seconds=60)
    await first.note(ticket, "called")
    await first.relay()
    town.clock.advance(seconds=60)
    await second.promise()
    bucket_0 = [u for bucket, _, u in promised(town, "deadline") if bucket == 0]
    assert bucket_0 == [at(0) - GRACE] * 2
    await second.read()
    await second.promise()
    assert promised(town, "deadline")[-BUCKETS:][0] == (0, 2, at(120) - GRACE)


@pytest.mark.parametrize("claims_again", [False, True])
async def test_a_broker_behind_the_clock_breaks_no_promise_and_stops_nobody(
    town: City, claims_again: bool
) -> None:
    first, second = await town.process(desk()), await town.process(echo())
    (ticket,) = tickets_in(0, 1)
    await second.promise()
    await first.note(ticket, "called")
    await first.relay()
    town.bus.logs[TICKETS, 0][-1].timestamp -= 60_000
    if claims_again:
        await second.worker.reclaim()
    await second.read()
    (started,) = await second.ledger(ticket)
    assert at(0) - GRACE < started.time <= at(0) - GRACE + timedelta(milliseconds=1)
    assert await broken(town, second) == []


async def test_a_process_without_buckets_promises_nothing(town: City) -> None:
    owner = await town.process(desk())
    await owner.worker.revoked(list(owner.inbox.rows))
    await owner.promise()
    assert town.log(WATERMARKS) == []


@pytest.mark.parametrize("seed", range(40))
async def test_no_promise_is_broken_and_no_reaction_comes_too_late(town: City, seed: int) -> None:
    """Two services at every pace; a reaction that met the watermark would raise here."""
    luck = Random(seed)
    first, second = await town.process(desk()), await town.process(echo())
    for n in range(60):
        town.clock.advance(seconds=luck.choice((0, 0.001, 0.4, 3)))
        match luck.choice(("note", "relay", "read", "part", "promise", "promise")):
            case "note":
                await first.note(f"t{luck.randrange(8)}", f"n{n}")
            case "relay":
                await luck.choice((first, second)).relay()
            case "read":
                await luck.choice((first, second)).read()
            case "part":
                process = luck.choice((first, second))
                await process.worker.step(await process.consumer.fetch(luck.randint(1, 3), 0))
            case _:
                await luck.choice((first, second)).promise()
    for process in (first, second):
        assert await broken(town, process) == []
    assert promised(town, "dispatch")
    assert promised(town, "deadline")


async def broken(town: City, process: Process) -> list[Any]:
    """Live facts that a promise had said would not come."""
    facts = [f for b in range(BUCKETS) for f in await process.store.page(b, 1, 10_000)]
    return [
        (fact, place)
        for place in promised(town, process.service.name)
        for fact in facts
        if fact.bucket == place[0] and fact.position >= place[1] and fact.time <= place[2]
    ]
