"""Facts on the wire: CloudEvents 1.0, binary mode, with our extension attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from services.kernel.bus import Headers, Outgoing, Record
from services.kernel.codec import PROTOBUF, stamped
from services.kernel.facts import Fact

_FIXED = [("ce_specversion", b"1.0"), ("content-type", PROTOBUF.encode())]
OPTIONAL = (
    ("ce_importid", "import_id"),
    ("ce_commandid", "command_id"),
    ("ce_causation", "causation"),
    ("ce_by", "by"),
    ("traceparent", "traceparent"),
)
INCARNATION = "ce_incarnation"  # only of buckets that were forked once
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
        ("ce_time", stamped(fact.time)),
        ("ce_position", str(fact.position).encode()),
        ("ce_streamversion", str(fact.version).encode()),
        ("ce_recordedtime", stamped(fact.recorded_at)),
    ]
    for header, name in OPTIONAL:
        value = getattr(fact, name)
        if value:
            headers.append((header, value.encode()))
    return headers


def to_record(fact: Fact, topic: str, incarnation: int = 1) -> Outgoing:
    """Key = ticket id, partition = bucket: order per ticket is what everything rests on.

    A bucket that was forked once says since how many forks it counts.
    """
    headers = fact_headers(fact)
    if incarnation > 1:
        headers.append((INCARNATION, b"%d" % incarnation))
    return Outgoing(topic, fact.bucket, fact.ticket.encode(), fact.data, headers)


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
        position, version = headers["ce_position"], headers["ce_streamversion"]
        time = datetime.fromisoformat(headers["ce_time"].decode())
        recorded_at = datetime.fromisoformat(headers["ce_recordedtime"].decode())
        fact = Fact(
            headers["ce_source"].decode(),
            record.partition,
            int(position) if position.isdigit() and len(position) <= _MOST_DIGITS else 0,
            headers["ce_subject"].decode(),
            int(version) if version.isdigit() and len(version) <= _MOST_DIGITS else 0,
            headers["ce_type"].decode(),
            record.value or b"",
            time if time.tzinfo is UTC else _instant(headers, "ce_time"),
            recorded_at if recorded_at.tzinfo is UTC else _instant(headers, "ce_recordedtime"),
            headers["ce_stage"].decode(),
            get("ce_importid", b"").decode(),
            get("ce_commandid", b"").decode(),
            get("ce_causation", b"").decode(),
            get("ce_by", b"").decode(),
            get("traceparent", b"").decode(),
            record.offset,
            _at(record.timestamp),
        )
    except (KeyError, ValueError, OverflowError) as error:
        raise _refusal(record, headers, error) from None
    if not (fact.source and fact.position and fact.ticket and fact.version and fact.type):
        raise _refusal(record, headers)
    return fact


def _refusal(
    record: Record, headers: Mapping[str, bytes], error: Exception | None = None
) -> NotAFact:
    """Names the first header that is wrong, for which reading does not stop; else the error."""
    try:
        for name, check in _CHECKS.items():
            check(headers, name)
    except KeyError as missing:
        return NotAFact(f"offset {record.offset}: {missing} is missing")
    except (ValueError, OverflowError) as wrong:
        error = wrong
    return NotAFact(f"offset {record.offset}: {error}")


def _word(headers: Mapping[str, bytes], name: str) -> str:
    return headers[name].decode()


def _optional(headers: Mapping[str, bytes], name: str) -> str:
    return headers.get(name, b"").decode()


def _text(headers: Mapping[str, bytes], name: str) -> str:
    text = _word(headers, name)
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


_CHECKS: dict[str, Callable[[Mapping[str, bytes], str], object]] = {
    "ce_source": _text,
    "ce_position": _count,
    "ce_subject": _text,
    "ce_streamversion": _count,
    "ce_type": _text,
    "ce_time": _instant,
    "ce_recordedtime": _instant,
    "ce_stage": _word,
    **{header: _optional for header, _ in OPTIONAL},
}
