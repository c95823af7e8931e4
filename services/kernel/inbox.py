"""Which records count: offsets by partition, and per source exactly the expected position."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from hotline.kernel.v1.answer_pb2 import TicketParked
from services.kernel.bus import LogHole, Place, Record
from services.kernel.cloudevents import INCARNATION, attributes, broker_time, to_fact
from services.kernel.facts import Fact, InboxRow
from services.kernel.store import Advance

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PARKED_TYPE = TicketParked.DESCRIPTOR.full_name


@dataclass(slots=True)
class Batch:
    """What one poll brings that was not applied before.

    `read` are all facts at their expected position; `facts` those to apply, `waiting` those of
    parked tickets, and commands behind one that came before its ticket. `others` are the other
    commands, and submissions. `untold` are those of the released that were not announced when they
    were read.
    """

    read: list[Fact] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    others: list[tuple[Record, dict[str, bytes]]] = field(default_factory=list)
    advances: list[Advance] = field(default_factory=list)
    lower: int = 0
    higher: list[Fact] = field(default_factory=list)
    spoiled: list[tuple[Record, str]] = field(default_factory=list)
    waiting: list[tuple[str, Record]] = field(default_factory=list)
    untold: list[Fact] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.advances)


class _Reading:
    """How far one partition has come while a batch is sorted; records count from `earliest` on."""

    __slots__ = ("due", "earliest", "expected", "last", "row")

    def __init__(self, row: InboxRow, of_facts: bool) -> None:
        self.row, self.due = row, row.next_offset
        self.earliest = _first_ms_after(row.read_until)
        self.expected = dict(row.expected) if of_facts else {}
        self.last: Record | None = None


class Inbox:
    """The partitions that this process consumes, as far as its own commits have come."""

    def __init__(self, tickets: str, wants: Callable[[str, str], bool]) -> None:
        """`wants(source, type)`: facts that mean nothing to the service are only counted."""
        self.tickets, self._wants = tickets, lru_cache(maxsize=4_096)(wants)
        self.rows: dict[Place, InboxRow] = {}
        self.parked: set[str] = set()
        self.early: set[str] = set()  # commands of these came before them
        self.moved = asyncio.Event()  # for who waits for what is applied

    def own(self, rows: Sequence[InboxRow]) -> None:
        self.rows.update({(row.topic, row.partition): row for row in rows})

    def let_go(self, places: Sequence[Place]) -> None:
        for place in places:
            self.rows.pop(place, None)

    def buckets(self) -> frozenset[int]:
        """Owning a bucket = owning its partition of the tickets topic."""
        return frozenset(p for topic, p in self.rows if topic == self.tickets)

    def epochs(self) -> dict[int, int]:
        return {p: row.epoch for (t, p), row in self.rows.items() if t == self.tickets}

    def park(self, ticket: str) -> None:
        """What comes of it waits from now on."""
        self.parked.add(ticket)
        self.early.discard(ticket)

    def free(self, ticket: str) -> None:
        """Nothing of it waits any more."""
        self.parked.discard(ticket)
        self.early.discard(ticket)

    def sort(self, records: Sequence[Record]) -> Batch:
        """Drop what was applied or is not expected yet. Raises LogHole."""
        batch, readings = Batch(), dict[Place, _Reading]()
        for record, reading in self._new(records, readings):
            headers = attributes(record.headers)
            if record.topic == self.tickets:
                self._take_fact(batch, record, headers, reading.expected)
            elif self._waits(record.key):
                batch.waiting.append(((record.key or b"").decode(), record))
            else:
                batch.others.append((record, headers))
        for place in sorted(readings):
            reading = readings[place]
            if reading.last is not None:
                batch.advances.append(self._advance(reading, reading.last))
        return batch

    def _new(
        self, records: Sequence[Record], readings: dict[Place, _Reading]
    ) -> Iterator[tuple[Record, _Reading]]:
        """Records of owned partitions that were not applied before, without a hole."""
        for record in records:
            place = (record.topic, record.partition)
            reading = readings.get(place)
            if reading is None:
                if place not in self.rows:
                    continue
                reading = readings[place] = _Reading(self.rows[place], place[0] == self.tickets)
            offset, due = record.offset, reading.due
            if offset < due:
                continue
            if offset > due:
                raise LogHole(f"{place}: offset {offset} came where {due} was due")
            if record.timestamp < reading.earliest:
                record = _retimed(record, reading.earliest)
            reading.due, reading.earliest, reading.last = due + 1, record.timestamp, record
            yield record, reading

    def _waits(self, key: bytes | None) -> bool:
        if not self.parked and not self.early:
            return False
        ticket = (key or b"").decode(errors="replace")
        return ticket in self.parked or ticket in self.early

    def _take_fact(
        self, batch: Batch, record: Record, headers: dict[str, bytes], expected: dict[str, int]
    ) -> None:
        try:
            source, position = headers["ce_source"].decode(), int(headers["ce_position"])
            if not current(expected, source, headers):
                batch.lower += 1
                return
            due = expected.get(source, 1)
            if position == due and not self._wants(source, headers["ce_type"].decode()):
                expected[source] = due + 1
                return
            fact = to_fact(record, headers)
        except (KeyError, ValueError) as error:
            batch.spoiled.append((record, str(error)))
            return
        if position == due:
            expected[source] = due + 1
            batch.read.append(fact)
            if fact.ticket in self.parked and fact.type != PARKED_TYPE:
                batch.waiting.append((fact.ticket, record))
            else:
                batch.facts.append(fact)
        elif position < due:
            batch.lower += 1
        else:
            batch.higher.append(fact)

    def _advance(self, reading: _Reading, last: Record) -> Advance:
        row = reading.row
        until = broker_time(last) - timedelta(milliseconds=1)
        return Advance(
            row.topic, row.partition, row.next_offset, last.offset + 1, row.epoch,
            until.astimezone(UTC), reading.expected,
        )  # fmt: skip

    def applied(self, advances: Sequence[Advance]) -> None:
        """The transaction committed."""
        self.moved.set()
        for advance in advances:
            row = self.rows.get((advance.topic, advance.partition))
            if row is not None and row.epoch == advance.epoch:
                row.next_offset, row.expected = advance.new, advance.expected
                row.read_until = max(row.read_until, advance.read_until)

    def read(self, rows: Sequence[tuple[str, int, int, datetime]]) -> None:
        """(topic, partition, epoch, until) stand in the store."""
        for topic, partition, epoch, until in rows:
            row = self.rows.get((topic, partition))
            if row is not None and row.epoch == epoch:
                row.read_until = max(row.read_until, until)

    def idle_until(
        self, place: Place, end: int, sent_at: datetime, grace_s: float
    ) -> datetime | None:
        """How far a partition was read whose end was seen at `end`; None while records wait."""
        row = self.rows.get(place)
        if row is None or row.next_offset < end:
            return None
        return sent_at - timedelta(seconds=grace_s)


def current(expected: dict[str, int], source: str, headers: dict[str, bytes]) -> bool:
    """False for a fact of an incarnation that is over: whoever sends it has not heard of the fork.

    Raises ValueError. The incarnation stands beside the positions; most buckets have but one.
    """
    said, key = headers.get(INCARNATION), f"{source}@"
    if said is None:
        return key not in expected
    incarnation = int(said)
    if incarnation < expected.get(key, 1):
        return False
    if incarnation > 1:
        expected[key] = incarnation
    return True


def _first_ms_after(until: datetime) -> int:
    return (until - _EPOCH) // timedelta(milliseconds=1) + 1


def _retimed(record: Record, timestamp: int) -> Record:
    """Brokers' clocks may run back or behind ours; what was promised already stays true, and the
    record counts from the first instant that is still open."""
    found = copy.copy(record)
    found.timestamp = timestamp
    return found
