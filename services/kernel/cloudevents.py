"""Facts on the wire: CloudEvents 1.0, binary mode, with our extension attributes."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from services.kernel.bus import Headers, Outgoing, Record
from services.kernel.codec import PROTOBUF, rfc3339
from services.kernel.facts import Fact

_FIXED = [("ce_specversion", b"1.0"), ("content-type", PROTOBUF.encode())]
_OPTIONAL = (
    ("ce_importid", "import_id"),
    ("ce_commandid", "command_id"),
    ("ce_causation", "causation"),
    ("ce_by", "by"),
    ("traceparent", "traceparent"),
)


class NotAFact(ValueError):
    """The record's headers are not those of a fact; the text says what is missing."""


@lru_cache(maxsize=1024)
def _of_type(source: str, type_name: str, stage: str) -> list[tuple[str, bytes]]:
    return [
        *_FIXED,
        ("ce_source", source.encode()),
        ("ce_type", type_name.encode()),
        ("ce_stage", stage.encode()),
    ]


def fact_headers(fact: Fact) -> list[tuple[str, bytes]]:
    """The same bytes whether the fact comes from memory or from the ledger."""
    headers = [
        *_of_type(fact.source, fact.type, fact.stage),
        ("ce_id", f"{fact.ticket}/{fact.version}".encode()),
        ("ce_subject", fact.ticket.encode()),
        ("ce_time", rfc3339(fact.time).encode()),
        ("ce_position", str(fact.position).encode()),
        ("ce_streamversion", str(fact.version).encode()),
        ("ce_recordedtime", rfc3339(fact.recorded_at).encode()),
    ]
    for header, name in _OPTIONAL:
        value = getattr(fact, name)
        if value:
            headers.append((header, value.encode()))
    return headers


def to_record(fact: Fact, topic: str) -> Outgoing:
    """Key = ticket id, partition = bucket: order per ticket is what everything rests on."""
    return Outgoing(topic, fact.bucket, fact.ticket.encode(), fact.data, fact_headers(fact))


def attributes(headers: Headers) -> dict[str, bytes]:
    """Headers by name; the first of a repeated one counts for nothing: the last does."""
    return dict(headers)


def broker_time(record: Record) -> datetime:
    """The broker's append time, to the millisecond."""
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def to_fact(record: Record, headers: dict[str, bytes]) -> Fact:
    """The fact of a record. Raises NotAFact."""
    try:
        return Fact(
            source=headers["ce_source"].decode(),
            bucket=record.partition,
            position=int(headers["ce_position"]),
            ticket=headers["ce_subject"].decode(),
            version=int(headers["ce_streamversion"]),
            type=headers["ce_type"].decode(),
            data=record.value or b"",
            time=datetime.fromisoformat(headers["ce_time"].decode()),
            recorded_at=datetime.fromisoformat(headers["ce_recordedtime"].decode()),
            stage=headers["ce_stage"].decode(),
            import_id=headers.get("ce_importid", b"").decode(),
            command_id=headers.get("ce_commandid", b"").decode(),
            causation=headers.get("ce_causation", b"").decode(),
            by=headers.get("ce_by", b"").decode(),
            traceparent=headers.get("traceparent", b"").decode(),
            offset=record.offset,
            broker_time=broker_time(record),
        )
    except (KeyError, ValueError) as error:
        raise NotAFact(f"offset {record.offset}: {error!r}") from None
