"""Between the kernel's values and PostgreSQL's rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from services.kernel.facts import (
    Append,
    Appended,
    CommandKey,
    Conflict,
    Fact,
    InboxRow,
    Outcome,
    Repeated,
    TooLate,
)
from services.kernel.store import KeyDestroyed, ParkedRecord, Seals


def columns(rows: Collection[Any], width: int) -> list[list[Any]]:
    return [list(c) for c in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def aware(value: datetime) -> datetime:
    """-infinity, where nothing was promised yet, comes as the least datetime without a zone."""
    return value.replace(tzinfo=UTC)


def inbox_row(row: Any) -> InboxRow:
    """As `claim` and `held` give it."""
    topic, partition, offset, epoch, expected, until = row
    return InboxRow(topic, partition, offset, epoch, orjson.loads(expected), aware(until))


def fact_of(source: str, row: Any) -> Fact:
    """A row of the ledger, as `load` and `page` give it."""
    bucket, position, stream, version, type_name, data, metadata, time, recorded_at = row
    return Fact(
        source, bucket, position, stream, version, type_name, data, time, recorded_at,
        **orjson.loads(metadata),
    )  # fmt: skip


def key_of(command: CommandKey) -> tuple[str, str]:
    return command.sender, command.key


def arguments(batch: Sequence[Append]) -> list[list[Any]]:
    streams = [(a.bucket, a.stream, a.expected, len(a.facts), a.live_from) for a in batch]
    keys = [
        (n, c.sender, c.key, c.body_hash, c.status, c.body, c.reply_to, c.upto, c.wrote)
        for n, a in enumerate(batch)
        for c in a.commands
    ]
    events = [(n, f.type, f.data, f.metadata, f.time) for n, a in enumerate(batch) for f in a.facts]
    return [*columns(streams, 5), *columns(keys, 9), *columns(events, 5)]


def outcome(append: Append, row: Any, answers: Mapping[tuple[str, str], Repeated]) -> Outcome:
    _, kind, position, recorded_at = row
    match kind:
        case 0:
            return Appended(position, append.expected + len(append.facts), recorded_at)
        case 1:
            return Conflict()
        case 2:
            return TooLate()
        case _:
            return next(answers[key_of(c)] for c in append.commands if key_of(c) in answers)


def repeated(row: Any) -> Repeated:
    return Repeated(
        row["sender"],
        row["key"],
        row["ticket"],
        row["body_hash"],
        row["status"],
        row["body"],
        row["version"],
        row["position"],
    )


def pack_headers(headers: Sequence[tuple[str, bytes]]) -> bytes:
    """Headers in order, any bytes kept."""
    return orjson.dumps([[name, value.hex()] for name, value in headers])


def unpack_headers(packed: bytes) -> list[tuple[str, bytes]]:
    return [(name, bytes.fromhex(value)) for name, value in orjson.loads(packed)]


_SHUT = b"\0sealed\0"


def parked_line(bucket: int, record: ParkedRecord, seals: Seals | None) -> tuple[Any, ...]:
    """A parked record as a row; its body sealed where the service seals them."""
    r, value = record, record.value
    if seals is not None and value:
        value = _SHUT + seals.shut(value)
    return (
        bucket, r.ticket, r.topic, r.partition, r.offset, r.timestamp, r.key, value,
        pack_headers(r.headers), r.reason, r.early_until,
    )  # fmt: skip


def parked_record(row: Any, seals: Seals | None) -> ParkedRecord:
    """Raises KeyDestroyed; without `seals` a body stays sealed."""
    found = {**row, "headers": unpack_headers(row["headers"])}
    sealed = sealed_part(found["value"])
    if seals is not None and sealed is not None:
        try:
            found["value"] = seals.opened(sealed)
        except ValueError:
            raise KeyDestroyed("the key of what waits was destroyed: it can be dropped") from None
    return ParkedRecord(**found)


def sealed_part(value: bytes | None) -> bytes | None:
    """What a service sealed when it parked the body; None where that stands in plain."""
    return value.removeprefix(_SHUT) if value and value.startswith(_SHUT) else None
