"""Facts on the wire: CloudEvents 1.0, binary mode, with our extension attributes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from services.kernel.bus import Headers, Outgoing, Record
from services.kernel.codec import PROTOBUF, rfc3339
from services.kernel.facts import Fact

_FIXED = [("ce_specversion", b"1.0"), ("content-type", PROTOBUF.encode())]
OPTIONAL = (
    ("ce_importid", "import_id"),
    ("ce_commandid", "command_id"),
    ("ce_causation", "causation"),
    ("ce_by", "by"),
    ("traceparent", "traceparent"),
)
_MOST_DIGITS = 18  # of a bigint in the ledger


class NotAFact(ValueError):
    """The record's headers are not those of a fact; the text says what is missing."""


@lru_cache(maxsize=1024)
def fixed_headers(source: str, type_name: str, stage: str) -> list[tuple[str, bytes]]:
    """What every fact of a type has in common; they stand first."""
    return [
        *_FIXED,
        ("ce_source", source.encode()),
        ("ce_type", type_name.encode()),
        ("ce_stage", stage.encode()),
    ]


def fact_headers(fact: Fact) -> list[tuple[str, bytes]]:
    """The same bytes whether the fact comes from memory or from the ledger."""
    headers = [
        *fixed_headers(fact.source, fact.type, fact.stage),
        ("ce_id", f"{fact.ticket}/{fact.version}".encode()),
        ("ce_subject", fact.ticket.encode()),
        ("ce_time", rfc3339(fact.time).encode()),
        ("ce_position", str(fact.position).encode()),
        ("ce_streamversion", str(fact.version).encode()),
        ("ce_recordedtime", rfc3339(fact.recorded_at).encode()),
    ]
    for header, name in OPTIONAL:
        value = getattr(fact, name)
        if value:
            headers.append((header, value.encode()))
    return headers


def to_record(fact: Fact, topic: str) -> Outgoing:
    """Key = ticket id, partition = bucket: order per ticket is what everything rests on."""
    return Outgoing(topic, fact.bucket, fact.ticket.encode(), fact.data, fact_headers(fact))


def attributes(headers: Headers) -> dict[str, bytes]:
    """Headers by name; of a repeated one the last counts; null, as Kafka allows it, is empty."""
    found = dict(headers)
    return found if all(found.values()) else {name: value or b"" for name, value in headers}


def broker_time(record: Record) -> datetime:
    """The broker's append time, to the millisecond."""
    return _at(record.timestamp)


@lru_cache(maxsize=1024)
def _at(timestamp: int) -> datetime:
    """Records of a batch were appended together."""
    return datetime.fromtimestamp(timestamp / 1000, UTC)


def to_fact(record: Record, headers: Mapping[str, bytes]) -> Fact:
    """The fact of a record; `headers` as `attributes` gives them. Raises NotAFact."""
    get = headers.get
    try:
        return Fact(
            _text(headers, "ce_source"),
            record.partition,
            _count(headers, "ce_position"),
            _text(headers, "ce_subject"),
            _count(headers, "ce_streamversion"),
            _text(headers, "ce_type"),
            record.value or b"",
            _instant(headers, "ce_time"),
            _instant(headers, "ce_recordedtime"),
            headers["ce_stage"].decode(),
            get("ce_importid", b"").decode(),
            get("ce_commandid", b"").decode(),
            get("ce_causation", b"").decode(),
            get("ce_by", b"").decode(),
            get("traceparent", b"").decode(),
            record.offset,
            datetime.fromtimestamp(record.timestamp / 1000, UTC),
        )
    except KeyError as error:
        raise NotAFact(f"offset {record.offset}: {error} is missing") from None
    except (ValueError, OverflowError) as error:
        raise NotAFact(f"offset {record.offset}: {error}") from None


def _text(headers: Mapping[str, bytes], name: str) -> str:
    text = headers[name].decode()
    if not text:
        raise ValueError(f"{name} is empty")
    return text


def _count(headers: Mapping[str, bytes], name: str) -> int:
    value = headers[name]
    if not value.isdigit() or len(value) > _MOST_DIGITS or (count := int(value)) < 1:
        raise ValueError(f"{name} is {value!r:.40}, not a number from 1 on")
    return count


def _instant(headers: Mapping[str, bytes], name: str) -> datetime:
    found = datetime.fromisoformat(_text(headers, name))
    if found.tzinfo is UTC:
        return found
    if found.tzinfo is None:
        raise ValueError(f"{name} has no zone")
    return found.astimezone(UTC)
