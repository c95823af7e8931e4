"""A bucket that was forked counts its facts anew: who has not heard of it is not heard."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hotline.replay import read_ticket
from services.kernel.bus_memory import MemoryBus, MemoryRecord
from services.kernel.cloudevents import INCARNATION, to_record
from services.kernel.facts import Fact, InboxRow
from services.kernel.inbox import Inbox, current
from services.kernel.names import TICKETS

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def record(offset: int, position: int, incarnation: int, ticket: str = "t1") -> MemoryRecord:
    fact = Fact("dispatch", 0, position, ticket, position, "hotline.test.v1.Noted", b"", NOW, NOW)
    out = to_record(fact, TICKETS, incarnation)
    return MemoryRecord(TICKETS, 0, offset, 0, out.key, out.value, out.headers)


def test_a_fact_of_an_incarnation_that_is_over_is_dropped_at_the_expected_position() -> None:
    inbox = Inbox(TICKETS, lambda source, name: True)
    inbox.own([InboxRow(TICKETS, 0)])
    batch = inbox.sort([record(0, 1, 1), record(1, 2, 2), record(2, 3, 1), record(3, 3, 2)])
    assert [(f.position, f.offset) for f in batch.facts] == [(1, 0), (2, 1), (3, 3)]
    assert batch.lower == 1
    (advance,) = batch.advances
    assert advance.expected == {"dispatch": 4, "dispatch@": 2}
    inbox.applied(batch.advances)
    later = inbox.sort([record(4, 4, 1), record(5, 4, 3)])  # it is remembered between batches
    assert [f.offset for f in later.facts] == [5]


def test_a_bucket_that_was_never_forked_says_nothing_and_keeps_nothing() -> None:
    expected: dict[str, int] = {}
    assert INCARNATION not in dict(record(0, 1, 1).headers)
    assert current(expected, "dispatch", dict(record(0, 1, 1).headers))
    assert expected == {}


def test_sources_have_incarnations_of_their_own() -> None:
    expected: dict[str, int] = {}
    assert current(expected, "dispatch", {INCARNATION: b"2"})
    assert current(expected, "intake", {})
    assert not current(expected, "dispatch", {})


@pytest.mark.parametrize("said", [b"", b"two", b"\xff"])
def test_an_incarnation_that_is_no_number_is_no_fact(said: bytes) -> None:
    inbox = Inbox(TICKETS, lambda source, name: True)
    inbox.own([InboxRow(TICKETS, 0)])
    good = record(0, 1, 1)
    good.headers = [*good.headers, (INCARNATION, said)]
    batch = inbox.sort([good])
    assert batch.facts == []
    assert len(batch.spoiled) == 1


async def test_a_ticket_read_from_the_log_leaves_them_out_too() -> None:
    bus = MemoryBus(lambda: NOW)
    bus.create(TICKETS, 1)
    bus.logs[TICKETS, 0].extend([record(0, 1, 1), record(1, 2, 2), record(2, 3, 1)])
    found = await read_ticket(bus, "t1", buckets=1)
    assert [f.position for f in found] == [1, 2]
