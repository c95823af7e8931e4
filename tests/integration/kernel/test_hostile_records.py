"""What nobody should send by Kafka, on the real broker and store and on their twins: each record is
answered or set aside, nothing of it is written, and no ticket waits because of it."""

from __future__ import annotations

import random
import string
from dataclasses import replace
from datetime import UTC, datetime

import orjson

from hotline.kernel.v1.answer_pb2 import CommandAnswered, RecordParked
from services.kernel.bus import Outgoing
from services.kernel.names import PARKED, TICKETS, bucket_of, topic_of
from services.kernel.runtime import Runtime
from tests.integration.kernel.test_commands import DPR, answers, dispatch, replied, send
from tests.support.loops import BUCKETS, Loop
from tests.support.senders import NOTE, Signer, changed

__all__ = ["dispatch", "replied"]  # fixtures

MEGABYTE = 1_048_000  # the broker takes 1,048,588 bytes with all that stands around them
STRANGER = Signer("dpr", "unit")  # under a known name, with a key of its own
CHARS = string.ascii_letters + string.digits


def words(size: int) -> str:
    """They do not become smaller when they are packed."""
    return "".join(random.Random(7).choices(CHARS, k=size))


def hostile(now: datetime) -> list[tuple[Outgoing, tuple[int, str]]]:
    """Records, each for a ticket of its own, and what their sender is told."""
    tickets = iter([f"T-{n}" for n in range(20)])
    bad_id, forged, stale = (
        (400, "command-id-missing"), (401, "bad-signature"), (401, "stale-signature")
    )  # fmt: skip

    def good() -> Outgoing:
        return DPR.note(next(tickets), "called", "c", now)

    def typed(name: str, body: bytes) -> Outgoing:
        return DPR.command(next(tickets), "c", now, body, type_name=name)

    misplaced = good()
    misplaced = replace(misplaced, partition=((misplaced.partition or 0) + 1) % BUCKETS)
    return [
        (changed(good(), ce_id=NOTE, ce_type="c"), forged),  # two headers, swapped
        (changed(good(), ce_id="a\0b"), bad_id),
        (changed(good(), ce_id=words(5_000)), bad_id),
        (changed(good(), ce_id=words(900_000)), bad_id),
        (DPR.note(next(tickets), words(MEGABYTE), "c", now), (422, "unsound")),
        (STRANGER.note(next(tickets), words(MEGABYTE), "c", now), forged),
        (typed(f"hotline.opera.v1.{words(900_000)}", b""), (404, "unknown-command")),
        (typed(NOTE, b"\xff"), (400, "bad-body")),
        (misplaced, (400, "wrong-partition")),
        (DPR.note(next(tickets), "called", "c", datetime(1, 1, 1, tzinfo=UTC)), stale),
        (DPR.note(next(tickets), "called", "c", datetime(9999, 12, 31, tzinfo=UTC)), stale),
    ]


def told(answer: CommandAnswered) -> tuple[int, str]:
    assert len(answer.body) < 2_000
    return answer.status, orjson.loads(answer.body)["type"].rpartition("/")[2]


async def test_hostile_commands_are_answered_and_hold_up_nobody(
    loop: Loop, dispatch: Runtime
) -> None:
    now = dispatch.clock.now()
    records = hostile(now)
    for record, _ in records:
        await send(loop, record)
    found = await answers(loop, len(records))
    assert sorted(map(told, found)) == sorted(expected for _, expected in records)
    keys = {(record.key or b"").decode() for record, _ in records}
    streams = [(bucket_of(t, BUCKETS), t) for t in keys]
    assert not any((await dispatch.store.load(streams)).values())
    assert await dispatch.store.parked_tickets(range(BUCKETS)) == set()
    await send(loop, *(DPR.note(t, "called", f"good-{t}", now) for t in sorted(keys)))
    found = await answers(loop, len(records) + len(keys))
    assert [a.status for a in found].count(201) == len(keys)


async def test_a_megabyte_that_is_no_fact_is_set_aside_and_the_next_is_applied(
    loop: Loop, dispatch: Runtime
) -> None:
    """Its copy is cut: with its reason beside it, it would be more than a topic takes."""
    bucket, noise = bucket_of("T-1", BUCKETS), random.Random(7).randbytes(MEGABYTE + 340)
    await send(loop, Outgoing(TICKETS, bucket, b"?", noise, [("ce_source", b"dispatch")]))
    await send(loop, DPR.note("T-1", "called", "c1", dispatch.clock.now()))
    place = (topic_of(loop.namespace, PARKED), 0)
    (record,) = await loop.read([place], lambda found: len(found) >= 1)
    parked = RecordParked.FromString(record.value or b"")
    assert (parked.topic, parked.partition, parked.offset) == (
        topic_of(loop.namespace, TICKETS), bucket, 0
    )  # fmt: skip
    assert parked.value
    assert noise.startswith(parked.value)
    assert [a.status for a in await answers(loop, 1)] == [201]
