"""The port to the store of record: ledger, inbox, timers and the answers of commands.

`store_pg` is the real one, `store_memory` its twin; both pass the same conformance suite.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.kernel.bus import Headers
from services.kernel.decider import TimerChange
from services.kernel.facts import Append, Fact, InboxRow, Outcome, Repeated, Timer


class StoreUnavailable(Exception):
    """The store cannot be reached or answered with a fault of its own; try again."""


class NotHealed(StoreUnavailable):
    """The server is another than the one that the ledger was last healed on."""


class BucketForked(StoreUnavailable):
    """The log holds another fact at a position of the ledger: nobody appends until `adopt`."""


class LostOwnership(Exception):
    """A newer owner of the partition exists: roll back and let go."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Of a bucket that was ever forked: whether it is, and the incarnation of its facts."""

    forked: bool
    incarnation: int


class Seals(Protocol):
    """Seals the bodies of parked records, which may hold what a person wrote."""

    def shut(self, body: bytes) -> bytes: ...

    def opened(self, sealed: bytes) -> bytes:
        """Raises ValueError where its key was destroyed."""


class KeyDestroyed(Exception):
    """The body of a parked record is sealed, and nobody can open it any more."""


@dataclass(slots=True)
class Advance:
    """Move one partition's inbox row from `old` to `new`; `epoch` must still be the owner's."""

    topic: str
    partition: int
    old: int
    new: int
    epoch: int
    read_until: datetime
    expected: dict[str, int]


@dataclass(slots=True)
class BucketClosed:
    """Every live fact of the bucket with a time <= `closed_until` is below `position`."""

    bucket: int
    position: int
    closed_until: datetime


@dataclass(slots=True)
class TimerRow:
    """A change of one ticket's timers, with the ticket that it belongs to, and the trace."""

    bucket: int
    ticket: str
    import_id: str
    change: TimerChange
    traceparent: str = ""


@dataclass(slots=True)
class ParkedRecord:
    """A record of a ticket that waits, with the reason of the first that failed.

    `early_until`: of a command that came before its ticket, how long it waits for it.
    """

    ticket: str
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    reason: str
    parked_at: datetime | None = None
    early_until: datetime | None = None


class Tx(Protocol):
    """One transaction. Order everywhere: inbox, append, views and timers."""

    @property
    def connection(self) -> Any: ...

    async def advance(self, rows: Sequence[Advance]) -> None:
        """Raises LostOwnership."""

    async def still_owner(self, topic: str, epochs: Mapping[int, int]) -> None:
        """Lock the inbox rows of the partitions. Raises LostOwnership."""

    async def append(self, batch: Sequence[Append]) -> list[Outcome]: ...

    async def change_timers(self, rows: Sequence[TimerRow]) -> None: ...

    async def set_frontier(
        self, bucket: int, import_id: str, until: datetime, final: bool
    ) -> None: ...

    async def refuse(self, answers: Sequence[Repeated]) -> None:
        """Answers that take no command id: kept until they are sent, one per sender and key."""

    async def park(self, rows: Sequence[tuple[int, ParkedRecord]]) -> None:
        """(bucket, record): applied or parked, in one transaction with its offset."""

    async def unpark(self, bucket: int, ticket: str, count: int, dropped_by: str = "") -> None:
        """The first `count` records of the ticket wait no more; dropped ones stay on record."""


class Store(Protocol):
    """What the kernel asks of the store of record of one service."""

    async def append(self, batch: Sequence[Append]) -> list[Outcome]:
        """A transaction of its own. Raises StoreUnavailable."""

    async def load(self, streams: Sequence[tuple[int, str]]) -> dict[str, list[Fact]]:
        """All facts of each stream in order; a stream without facts is left out."""

    async def page(self, bucket: int, position: int, limit: int) -> list[Fact]:
        """Facts of a bucket from `position` on, in order."""

    async def next_positions(self, buckets: Iterable[int]) -> dict[int, int]: ...

    def transaction(self) -> AbstractAsyncContextManager[Tx]: ...

    async def claim(self, partitions: Sequence[tuple[str, int]]) -> list[InboxRow]: ...

    async def held(self, claims: Sequence[tuple[str, int, int]]) -> list[InboxRow]:
        """(topic, partition, epoch): the rows of those that no newer owner has."""

    async def marks(self) -> dict[int, Mark]:
        """Buckets that are not as they were installed; nearly always none."""

    async def claimed(self, topics: Sequence[str]) -> dict[str, int]:
        """How many partitions of each topic have had an owner."""

    async def expected(self, topic: str, partition: int) -> dict[str, int]:
        """Per source the next position that the service will apply, for any replica."""

    async def read_until(self, rows: Sequence[tuple[str, int, int, datetime]]) -> None:
        """(topic, partition, epoch, until): an idle partition was read to its end."""

    async def close_buckets(
        self, buckets: Sequence[int], keyed: Sequence[str], shared: Sequence[str], grace_s: float
    ) -> list[BucketClosed]: ...

    async def due_timers(
        self,
        proven: Sequence[tuple[int, str, datetime]],
        buckets: Sequence[int],
        limit: int,
    ) -> list[Timer]: ...

    async def timer_sources(self) -> list[tuple[str, ...]]: ...

    async def answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Repeated]: ...

    async def closed_imports(self, names: Collection[str]) -> set[str]:
        """Those of the imports that were closed in any bucket, as far as the topic was applied."""

    async def unsent_replies(self, limit: int) -> list[tuple[str, str, str, Repeated]]:
        """(sender, key, reply topic, answer) of Kafka commands not known to be answered; the topic
        is empty for those that were refused."""

    async def replies_sent(self, keys: Sequence[tuple[str, str]]) -> None: ...

    async def refusals_sent(self, keys: Sequence[tuple[str, str]]) -> None: ...

    async def parked_tickets(self, buckets: Iterable[int]) -> set[str]: ...

    async def early_tickets(self, buckets: Iterable[int]) -> dict[str, bool]:
        """Whose commands came before them; True: they have appeared, or the wait is over."""

    async def parked_records(
        self, ticket: str, limit: int, *, opened: bool = True
    ) -> list[ParkedRecord]:
        """In the order in which they came; of every ticket where `ticket` is empty. Raises
        KeyDestroyed, unless their bodies may stay sealed (not `opened`)."""

    async def parked_headers(self, places: Sequence[tuple[int, str]]) -> list[Headers]:
        """Of all records that wait for these (bucket, ticket), and no body of theirs."""

    async def database_clock(self) -> datetime: ...
