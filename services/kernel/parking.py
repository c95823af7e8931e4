"""A record that makes the code fail stops its ticket only: it waits, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson

from hotline.kernel.v1.answer_pb2 import RecordParked, TicketParked
from services.kernel.bus import BusUnavailable, Outgoing, Record
from services.kernel.bus_memory import MemoryRecord
from services.kernel.cloudevents import attributes, broker_time, to_fact
from services.kernel.facts import Append, Appended, NewFact
from services.kernel.inbox import Batch
from services.kernel.names import PARKED, bucket_of, topic_of
from services.kernel.store import Advance, LostOwnership, ParkedRecord, Store, StoreUnavailable

EARLY = timedelta(minutes=10)
MOST_SHOWN = 500_000  # bytes of a record that are set aside; in its own topic it stands whole
UNDONE = (StoreUnavailable, LostOwnership, BusUnavailable)  # no defect of any record
_TOLD = ("hotline_told", b"1")  # a header of ours: announced when it was read


@dataclass(frozen=True, slots=True)
class Released:
    """The first records of a parked ticket, which are applied now, or dropped by somebody."""

    ticket: str
    records: int
    dropped_by: str = ""


class Untold(Exception):
    """A record could not be announced; the text says why."""


def ticket_of(record: Record, headers: dict[str, bytes]) -> str:
    """The ticket that a fact or a command belongs to, by its key, as later ones find that they
    have to wait; empty where none can be read."""
    found = (record.key or headers.get("ce_subject") or b"").decode(errors="replace")
    return found.replace("\0", "\ufffd")  # no text of the store may hold a NUL


def reason_of(error: Exception) -> str:
    """Why the records wait, as the vault and the log can hold it."""
    return f"{type(error).__name__}: {error}"[:500].replace("\0", "\ufffd")


def waiting(record: Record, ticket: str, reason: str, *, told: bool = True) -> ParkedRecord:
    """The record as the vault keeps it; a process of an older release, which did not announce what
    it parked, leaves it unmarked."""
    headers = [*record.headers, _TOLD] if told else list(record.headers)
    return ParkedRecord(
        ticket, record.topic, record.partition, record.offset, record.timestamp, record.key,
        record.value, headers, reason,
    )  # fmt: skip


def later(ticket: str, record: Record, parked: bool) -> ParkedRecord:
    """The same behind an earlier record of its ticket; or, where the ticket is not `parked` but
    was not heard of yet, until it is: in order, and for ten minutes."""
    if parked:
        return waiting(record, ticket, "waits behind an earlier record of its ticket")
    found = waiting(record, ticket, "waits until its ticket is heard of")
    found.early_until = broker_time(record) + EARLY
    return found


def batch_of(rows: Sequence[ParkedRecord], tickets_topic: str) -> Batch:
    """Parked records as a batch that moves no offset; they keep their own times."""
    batch = Batch()
    for row in rows:
        record = MemoryRecord(
            row.topic, row.partition, row.offset, row.timestamp, row.key, row.value, row.headers
        )
        headers = attributes(row.headers)
        if row.topic == tickets_topic:
            fact = to_fact(record, headers)
            batch.facts.append(fact)
            if _TOLD[0] not in headers:
                batch.untold.append(fact)
        else:
            batch.others.append((record, headers))
    return batch


async def park(
    store: Store,
    bucket: int,
    rows: Sequence[ParkedRecord],
    advances: Sequence[Advance],
    *,
    again: bool = False,
) -> None:
    """The records of one ticket wait, and TicketParked in its own stream says so, and why.

    `again`: they waited already, for their ticket. Raises StoreUnavailable where the stream moved
    on at this moment: then nothing has changed.
    """
    record, ticket = rows[0], rows[0].ticket
    stream = (await store.load([(bucket, ticket)])).get(ticket, [])
    version = stream[-1].version if stream else 0
    message = TicketParked(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=record.reason,
    )
    metadata = orjson.dumps({"causation": f"{record.topic}/{record.partition}/{record.offset}"})
    name = TicketParked.DESCRIPTOR.full_name
    fact = NewFact(name, message.SerializeToString(), broker_time(record), metadata)
    async with store.transaction() as tx:
        await tx.advance(advances)
        (outcome,) = await tx.append([Append(bucket, ticket, version, [fact])])
        if not isinstance(outcome, Appended):
            raise StoreUnavailable(f"{ticket} moved on while it was parked")
        if again:
            await tx.unpark(bucket, ticket, len(rows))
        await tx.park([(bucket, row) for row in rows])


def spoiled(record: Record, reason: str, namespace: str, service: str) -> Outgoing:
    """A record that no ticket can be read from, for `hotline.parked.v1`, whose records may not be
    larger than those of others."""
    message = RecordParked(
        topic=record.topic, partition=record.partition, offset=record.offset, reason=reason[:500],
        key=(record.key or b"")[:1_000], value=(record.value or b"")[:MOST_SHOWN],
    )  # fmt: skip
    headers = [("ce_type", RecordParked.DESCRIPTOR.full_name.encode())]
    topic = topic_of(namespace, PARKED)
    return Outgoing(topic, 0, service.encode(), message.SerializeToString(), headers)


def bucket_for(record: Record, ticket: str, tickets_topic: str, buckets: int) -> int:
    """A fact's bucket is its partition; a command's is computed, for its sender may be wrong."""
    return record.partition if record.topic == tickets_topic else bucket_of(ticket, buckets)
