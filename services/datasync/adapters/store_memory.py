"""What datasync keeps, in memory: the twin for simulation, same rules, same answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from services.datasync.adapters.store import (
    FeedTx,
    Filters,
    Kept,
    Key,
    Reach,
)
from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import Entry, Head
from services.datasync.domain.sharing import Role, Rule, Subscription, Way, within
from services.datasync.domain.views import Summary
from services.datasync.domain.webhook import EndpointState, Waiting
from services.kernel.decider import replace
from services.kernel.store import Tx

VIEW = "datasync"


@dataclass
class _Tables:
    """Rows are never changed in place, so a copy for a transaction is a copy of the maps."""

    facts: dict[Key, tuple[Fact, ...]] = field(default_factory=dict)
    tickets: dict[Key, Summary] = field(default_factory=dict)
    feeds: dict[tuple[str, int], tuple[Entry, ...]] = field(default_factory=dict)

    def __deepcopy__(self, memo: object) -> _Tables:
        return _Tables(dict(self.facts), dict(self.tickets), dict(self.feeds))


class MemoryFeedTx:
    """Works on the copy of the tables that belongs to the worker's transaction."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def summaries(self, keys: Collection[Key]) -> dict[str, Summary]:
        rows = self._tables.tickets
        return {ticket: rows[b, ticket] for b, ticket in keys if (b, ticket) in rows}

    async def facts(self, keys: Collection[Key]) -> dict[str, list[Fact]]:
        kept = self._tables.facts
        return {ticket: list(kept[b, ticket]) for b, ticket in keys if (b, ticket) in kept}

    async def heads(self, feeds: Collection[tuple[str, int]]) -> dict[tuple[str, int], Head]:
        return {key: _head(self._tables.feeds[key]) for key in feeds if key in self._tables.feeds}

    async def write(
        self,
        facts: Sequence[Kept],
        summaries: Sequence[tuple[int, Summary]],
        entries: Sequence[Entry],
    ) -> None:
        t = self._tables
        for kept in facts:
            key = (kept.record.bucket, kept.fact.ticket)
            t.facts[key] = (*t.facts.get(key, ()), kept.fact)
        t.tickets.update({(bucket, row.ticket): row for bucket, row in summaries})
        for entry in entries:
            feed = (entry.subscription, entry.bucket)
            t.feeds[feed] = (*t.feeds.get(feed, ()), entry)


class MemoryFeedStore:
    """`views` gives the kernel twin's tables of views, as they are committed."""

    def __init__(self, views: Callable[[], MutableMapping[str, Any]]) -> None:
        self._views = views
        self._cursors: dict[tuple[Way, str, int], int] = {}
        self._waiting: dict[tuple[str, int, str], Waiting] = {}
        self._endpoints: dict[str, EndpointState] = {}

    def inside(self, tx: Tx) -> FeedTx:
        return MemoryFeedTx(tx.connection.setdefault(VIEW, _Tables()))

    @property
    def _tables(self) -> _Tables:
        tables = self._views().get(VIEW)
        return tables if isinstance(tables, _Tables) else _Tables()

    async def ticket(self, bucket: int, ticket: str) -> list[Fact]:
        return list(self._tables.facts.get((bucket, ticket), ()))

    async def tickets(
        self,
        filters: Filters,
        reach: Sequence[Reach] | None,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Summary]:
        found = [
            row
            for row in self._tables.tickets.values()
            if _passes(row, filters)
            and (reach is None or any(_reaches(line, row) for line in reach))
            and (before is None or (row.received_at, row.ticket) < before)
        ]
        found.sort(key=lambda row: (row.received_at, row.ticket), reverse=True)
        return found[:limit]

    async def entries(self, subscription: str, after: Mapping[int, int], limit: int) -> list[Entry]:
        feeds = self._tables.feeds
        done = sorted(after.items())
        rests = [feeds.get((subscription, b), ())[n : n + limit] for b, n in done]
        return list(islice(_in_turn(rests), limit))

    async def ticket_entries(
        self, subscription: str, bucket: int, ticket: str, first: int, last: int, limit: int
    ) -> list[Entry]:
        feed = self._tables.feeds.get((subscription, bucket), ())
        return [e for e in feed if e.fact.ticket == ticket and first <= e.sequence <= last][:limit]

    async def heads(self, subscription: str) -> dict[int, Head]:
        feeds = sorted(self._tables.feeds.items())
        return {bucket: _head(feed) for (name, bucket), feed in feeds if name == subscription}

    async def cursors(
        self, way: Way, subscription: str, buckets: Collection[int]
    ) -> dict[int, int]:
        return {b: self._cursors.get((way, subscription, b), 0) for b in buckets}

    async def put_cursors(self, way: Way, subscription: str, delivered: Mapping[int, int]) -> None:
        for bucket, sequence in delivered.items():
            key = (way, subscription, bucket)
            self._cursors[key] = max(self._cursors.get(key, 0), sequence)

    async def waiting(self, subscription: str, buckets: Collection[int]) -> list[Waiting]:
        rows = sorted(self._waiting.items())
        return [w for _, w in rows if w.subscription == subscription and w.bucket in buckets]

    async def put_waiting(self, rows: Sequence[Waiting]) -> None:
        self._waiting.update({(w.subscription, w.bucket, w.ticket): w for w in rows})

    async def drop_waiting(self, subscription: str, bucket: int, ticket: str) -> None:
        self._waiting.pop((subscription, bucket, ticket), None)

    async def endpoint(self, subscription: str) -> EndpointState:
        return self._endpoints.get(subscription, EndpointState())

    async def put_endpoint(self, subscription: str, state: EndpointState) -> None:
        self._endpoints[subscription] = state

    async def release(self, subscription: str, now: datetime) -> int:
        self._endpoints[subscription] = EndpointState()
        parked = [
            w
            for w in self._waiting.values()
            if w.subscription == subscription and w.next_at is None
        ]
        await self.put_waiting([replace(w, attempts=0, next_at=now) for w in parked])
        return len(parked)


def _head(feed: Sequence[Entry]) -> Head:
    return Head(feed[-1].sequence, feed[-1].chain) if feed else Head()


def _in_turn(rests: Sequence[Sequence[Entry]]) -> Iterator[Entry]:
    for turn in range(max(map(len, rests), default=0)):
        yield from (rest[turn] for rest in rests if turn < len(rest))


def _passes(row: Summary, f: Filters) -> bool:
    exact = ((f.state, row.state), (f.kind, row.kind), (f.unit, row.unit))
    trees = ((f.category, row.category), (f.area, row.area))
    return all(not wanted or wanted == has for wanted, has in exact) and all(
        not wanted or within(has, (wanted,)) for wanted, has in trees
    )


def _reaches(line: Reach, row: Summary) -> bool:
    rule = Rule(
        id="",
        role=Role(line.role),
        categories=(line.category,) if line.category else (),
        areas=(line.area,) if line.area else (),
    )
    who = Subscription("", line.department, line.level, (rule,), frozenset())
    return row.received_at >= line.since and bool(who.granting(row.audience))
