"""Offline time travel over our ledgers with the `eventsourcing` library's repository.

`Ledger` gives that library what it asks for: a recorder over a service's `event` table and a
mapper that understands its rows; the mapper's cipher and compressor hooks stay usable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
from eventsourcing.application import AggregateNotFoundError, Repository
from eventsourcing.persistence import (
    AggregateRecorder,
    Cipher,
    Compressor,
    EventStore,
    JSONTranscoder,
    Mapper,
    StoredEvent,
)

from services.kernel.codec import rfc3339
from services.kernel.facts import Fact
from services.kernel.names import bucket_of, schema_of

State = TypeVar("State")
_SELECT = """
select position, version, type, data, metadata, time, recorded_at from {schema}.event
where bucket = $1 and stream = $2 and version > $3 and version <= $4
order by version {order} limit $5
"""
_NO_LIMIT = 2**31 - 1


class ReadOnly(Exception):
    """History is read here, never written."""


@dataclass(frozen=True)
class Recorded:
    """A fact as the library's event: one version of one ticket's stream in one service."""

    originator_id: str
    originator_version: int
    fact: Fact


class LedgerMapper(Mapper[str]):
    """Rows of a ledger to facts. `state` is the event's bytes behind a line of its attributes."""

    def __init__(
        self, source: str, compressor: Compressor | None = None, cipher: Cipher | None = None
    ) -> None:
        super().__init__(JSONTranscoder(), compressor, cipher)
        self._source = source

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:
        state = stored_event.state
        if self.cipher is not None:
            state = self.cipher.decrypt(state)
        if self.compressor is not None:
            state = self.compressor.decompress(state)
        head, _, data = state.partition(b"\n")
        attributes = orjson.loads(head)
        ticket, version = str(stored_event.originator_id), stored_event.originator_version
        fact = Fact(
            self._source,
            attributes["bucket"],
            attributes["position"],
            ticket,
            version,
            stored_event.topic,
            data,
            datetime.fromisoformat(attributes["time"]),
            datetime.fromisoformat(attributes["recorded_at"]),
            **attributes["metadata"],
        )
        return Recorded(ticket, version, fact)


class LedgerRecorder(AggregateRecorder):
    """Reads one service's ledger over a connection of its own per call."""

    def __init__(self, dsn: str, service: str, namespace: str, buckets: int) -> None:
        self._dsn, self._buckets = dsn, buckets
        self._schema = schema_of(namespace, service)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        raise ReadOnly

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        query = _SELECT.format(schema=self._schema, order="desc" if desc else "asc")
        bounds = (gt or 0, _NO_LIMIT if lte is None else lte)
        ticket = str(originator_id)
        bucket = bucket_of(ticket, self._buckets)
        rows = asyncio.run(
            self._fetch(query, bucket, ticket, *bounds, _NO_LIMIT if limit is None else limit)
        )
        return [_stored(ticket, bucket, row) for row in rows]

    async def _fetch(self, query: str, *arguments: Any) -> list[Any]:
        connection = await asyncpg.connect(self._dsn, timeout=10.0)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()


def _stored(ticket: str, bucket: int, row: Any) -> StoredEvent:
    head = {
        "bucket": bucket,
        "position": row["position"],
        "time": rfc3339(row["time"]),
        "recorded_at": rfc3339(row["recorded_at"]),
        "metadata": orjson.loads(row["metadata"]),
    }
    return StoredEvent(
        ticket, row["version"], row["type"], orjson.dumps(head) + b"\n" + row["data"]
    )


class Ledger:
    """One service's ledger, for audit and time travel.

    Synchronous, for scripts and the command line; not on the live path.
    """

    def __init__(self, dsn: str, service: str, *, namespace: str = "", buckets: int = 24) -> None:
        recorder = LedgerRecorder(dsn, service, namespace, buckets)
        self.repository: Repository[str] = Repository(EventStore(LedgerMapper(service), recorder))

    def facts(self, ticket: str, *, at: datetime | None = None) -> list[Fact]:
        """What the service had recorded of the ticket, up to and with the instant `at`."""
        found: list[Fact] = self.fold(ticket, [], lambda seen, fact: [*seen, fact], at=at)
        return found

    def fold(
        self,
        ticket: str,
        initial: State,
        evolve: Callable[[State, Fact], State],
        *,
        at: datetime | None = None,
        version: int | None = None,
    ) -> State:
        """The state that the facts give; the initial one where there are none."""

        def project(_: Any, events: Iterable[Recorded]) -> Any:
            state, any_seen = initial, False
            for event in events:
                if at is None or event.fact.time <= at:
                    state, any_seen = evolve(state, event.fact), True
            return _Folded(state) if any_seen else None

        try:
            folded: Any = self.repository.get(ticket, version=version, projector_func=project)
        except AggregateNotFoundError:
            return initial
        state: State = folded.state
        return state


@dataclass(frozen=True)
class _Folded:
    state: Any
