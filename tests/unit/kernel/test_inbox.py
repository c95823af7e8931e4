"""The consumer's rule: a record counts only at exactly the position that is expected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.bus import LogHole
from services.kernel.bus_memory import MemoryRecord
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact, InboxRow
from services.kernel.inbox import PARKED_TYPE, Batch, Inbox
from services.kernel.names import COMMANDS, TICKETS
from tests.support.virtual import START

NOTED = "hotline.dispatch.v1.ProgressNoted"
UNKNOWN = "hotline.dispatch.v9.NeverHeardOf"


def fact(position: int, source: str = "dispatch", ticket: str = "t", type_: str = NOTED) -> Fact:
    return Fact(source, 0, position, ticket, position, type_, b"x", START, START)


class Log:
    """One partition of the tickets topic; a record a second."""

    def __init__(self) -> None:
        self.records: list[MemoryRecord] = []

    def add(self, *facts: Fact) -> list[MemoryRecord]:
        added = []
        for one in facts:
            out = to_record(one, TICKETS)
            added.append(self.raw(out.key, out.value, list(out.headers)))
        return added

    def raw(self, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> MemoryRecord:
        n = len(self.records)
        stamp = int((START + timedelta(seconds=n)).timestamp() * 1000)
        self.records.append(MemoryRecord(TICKETS, 0, n, stamp, key, value, headers))
        return self.records[-1]


def inbox(next_offset: int = 0, **expected: int) -> Inbox:
    made = Inbox(TICKETS, lambda source, type_name: type_name != UNKNOWN)
    made.own([InboxRow(TICKETS, 0, next_offset, 1, dict(expected))])
    return made


def apply(box: Inbox, records: list[MemoryRecord]) -> Batch:
    batch = box.sort(records)
    box.applied(batch.advances)
    return batch


def test_the_expected_positions_are_applied_in_order() -> None:
    box, log = inbox(), Log()
    batch = apply(box, log.add(fact(1), fact(1, "intake"), fact(2)))
    assert [(f.source, f.position) for f in batch.facts] == [
        ("dispatch", 1),
        ("intake", 1),
        ("dispatch", 2),
    ]
    row = box.rows[TICKETS, 0]
    assert (row.next_offset, row.expected) == (3, {"dispatch": 3, "intake": 2})


def test_a_lower_position_is_a_repeat_and_dropped() -> None:
    box, log = inbox(), Log()
    apply(box, log.add(fact(1), fact(2)))
    batch = apply(box, log.add(fact(1), fact(2), fact(3)))
    assert (batch.lower, [f.position for f in batch.facts]) == (2, [3])


def test_a_higher_position_is_counted_and_waits_until_the_source_sends_again() -> None:
    box, log = inbox(), Log()
    batch = apply(box, log.add(fact(2), fact(3)))
    assert (batch.facts, [f.position for f in batch.higher]) == ([], [2, 3])
    assert box.rows[TICKETS, 0].expected == {}
    assert box.rows[TICKETS, 0].next_offset == 2
    batch = apply(box, log.add(fact(1), fact(2), fact(3)))
    assert [f.position for f in batch.facts] == [1, 2, 3]


@given(st.lists(st.integers(1, 9), max_size=40), st.integers(1, 7))
def test_whatever_is_repeated_or_missing_what_is_applied_has_no_gap(
    positions: list[int], poll: int
) -> None:
    box, log = inbox(), Log()
    records = log.add(*map(fact, positions))
    batches = [apply(box, records[n : n + poll]) for n in range(0, len(records), poll)]
    applied = [f.position for b in batches for f in b.facts]
    due = count(1)
    longest = next(due)
    for position in positions:
        longest = next(due) if position == longest else longest
    assert applied == list(range(1, longest))
    seen = len(applied) + sum(b.lower + len(b.higher) for b in batches)
    assert seen == len(positions)


def test_records_that_were_applied_before_a_seek_are_left_out() -> None:
    box, log = inbox(), Log()
    records = log.add(fact(1), fact(2))
    apply(box, records)
    assert not apply(box, records)


def test_records_of_a_partition_of_another_owner_are_left_out() -> None:
    box, log = inbox(), Log()
    box.let_go([(TICKETS, 0)])
    assert not box.sort(log.add(fact(1)))
    assert box.buckets() == frozenset()


def test_a_hole_in_the_offsets_is_an_alarm() -> None:
    box, log = inbox(), Log()
    records = log.add(fact(1), fact(2), fact(3))
    with pytest.raises(LogHole, match="offset 2 came where 1 was due"):
        box.sort([records[0], records[2]])
    with pytest.raises(LogHole, match="offset 1 came where 0 was due"):
        box.sort(records[1:])


def test_a_fact_that_means_nothing_here_is_only_counted() -> None:
    box, log = inbox(), Log()
    batch = apply(box, log.add(fact(1, type_=UNKNOWN), fact(2)))
    assert [f.position for f in batch.facts] == [2]
    assert box.rows[TICKETS, 0].expected == {"dispatch": 3}


def test_a_record_that_is_no_fact_is_set_aside_and_the_rest_goes_on() -> None:
    box, log = inbox(), Log()
    broken = log.raw(b"t", b"", [("ce_source", b"dispatch"), ("ce_position", b"one")])
    batch = apply(box, [broken, *log.add(fact(1))])
    assert [r.offset for r, _ in batch.spoiled] == [0]
    assert [f.position for f in batch.facts] == [1]
    assert box.rows[TICKETS, 0].next_offset == 2


def test_records_of_a_parked_ticket_wait_but_for_the_fact_that_says_so() -> None:
    box, log = inbox(), Log()
    box.parked.add("bad")
    parked = fact(2, ticket="bad", type_=PARKED_TYPE)
    batch = apply(box, log.add(fact(1, ticket="bad"), parked, fact(3)))
    assert [f.position for f in batch.facts] == [2, 3]
    assert [(t, r.offset) for t, r in batch.waiting] == [("bad", 0)]
    assert box.rows[TICKETS, 0].expected == {"dispatch": 4}


def test_commands_of_a_parked_ticket_wait_too() -> None:
    box = inbox()
    box.own([InboxRow(COMMANDS, 0, 0, 1)])
    box.parked.add("bad")
    records = [
        MemoryRecord(COMMANDS, 0, n, 0, key, b"", []) for n, key in enumerate((b"bad", b"t"))
    ]
    batch = box.sort(records)
    assert [t for t, _ in batch.waiting] == ["bad"]
    assert [r.key for r, _ in batch.others] == [b"t"]


def test_a_partition_was_read_until_just_before_its_last_record() -> None:
    box, log = inbox(), Log()
    (advance,) = box.sort(log.add(fact(1), fact(2))).advances
    assert advance.read_until == START + timedelta(seconds=1) - timedelta(milliseconds=1)
    assert (advance.old, advance.new, advance.epoch) == (0, 2, 1)


def test_an_idle_partition_was_read_until_its_fetch_was_sent_less_the_grace() -> None:
    box = inbox(next_offset=5)
    sent = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert box.idle_until((TICKETS, 0), 5, sent, 2.0) == sent - timedelta(seconds=2)
    assert box.idle_until((TICKETS, 0), 6, sent, 2.0) is None
    assert box.idle_until((TICKETS, 1), 0, sent, 2.0) is None


def test_an_advance_of_a_former_epoch_changes_nothing() -> None:
    box, log = inbox(), Log()
    batch = box.sort(log.add(fact(1)))
    box.own([InboxRow(TICKETS, 0, 0, 2)])
    box.applied(batch.advances)
    assert box.rows[TICKETS, 0].next_offset == 0
