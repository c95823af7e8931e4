"""The values that travel between ledger, log and domain."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Fact:
    """One committed event, as it stands in the ledger and on the log.

    `position` is dense from 1 within (source, bucket), `version` within (source, ticket).
    `time` is when it happened, `recorded_at` when the ledger took it; both are aware. `offset`
    and `broker_time` are set for a fact that was read from the log. `decoded` is what a codec made
    of it, for its next reader.
    """

    source: str
    bucket: int
    position: int
    ticket: str
    version: int
    type: str
    data: bytes
    time: datetime
    recorded_at: datetime
    stage: str = ""
    import_id: str = ""
    command_id: str = ""
    causation: str = ""
    by: str = ""
    traceparent: str = ""
    offset: int = -1
    broker_time: datetime | None = None
    decoded: tuple[object, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def event_id(self) -> str:
        """Unique among all sources: `<source>/<ticket>/<version>`."""
        return f"{self.source}/{self.ticket}/{self.version}"


@dataclass(slots=True)
class NewFact:
    """An event that is about to be appended."""

    type: str
    data: bytes
    time: datetime
    metadata: bytes


@dataclass(slots=True)
class CommandKey:
    """Who sent a command under which id, and the answer that every repeat gets.

    `upto` counts the append's facts once the command is done, `wrote` tells whether any is its own.
    """

    sender: str
    key: str
    body_hash: bytes
    status: int
    body: bytes
    reply_to: str = ""
    upto: int = 0
    wrote: bool = False


@dataclass(slots=True)
class Append:
    """The outcome of one batch of commands and reactions on one stream.

    `expected` is the stream's version before. `live_from` is the earliest time of its live facts:
    it must be after the bucket's `closed_until`. Facts of timers, imports and released records
    are not live.
    """

    bucket: int
    stream: str
    expected: int
    facts: list[NewFact]
    live_from: datetime | None = None
    commands: list[CommandKey] = field(default_factory=list)


@dataclass(slots=True)
class Appended:
    """The facts stand in the ledger from `position` on; `version` is the stream's new version."""

    position: int
    version: int
    recorded_at: datetime


@dataclass(slots=True)
class Conflict:
    """The stream has moved on: load it again and decide again."""


@dataclass(slots=True)
class TooLate:
    """A live fact at or before the bucket's `closed_until`: it took longer than the grace."""


@dataclass(slots=True)
class Repeated:
    """A command id was used before; this is what it got."""

    sender: str
    key: str
    ticket: str
    body_hash: bytes
    status: int
    body: bytes
    version: int
    position: int


Outcome = Appended | Conflict | TooLate | Repeated


@dataclass(slots=True)
class InboxRow:
    """How far one partition was applied: next offset, per source the next position, and the time
    up to which promises may rest on it."""

    topic: str
    partition: int
    next_offset: int = 0
    epoch: int = 0
    expected: dict[str, int] = field(default_factory=dict)
    read_until: datetime = NEVER


@dataclass(slots=True)
class Timer:
    """A wake-up of one ticket, due once `sources` are proven silent until `due_at`."""

    bucket: int
    ticket: str
    name: str
    due_at: datetime
    sources: tuple[str, ...]
    import_id: str = ""
    traceparent: str = ""
