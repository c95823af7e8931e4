"""The store of record in memory: the twin for simulation, same rules, same answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import orjson

from services.kernel.bus import Headers
from services.kernel.decider import SetTimer
from services.kernel.facts import (
    NEVER,
    Append,
    Appended,
    CommandKey,
    Conflict,
    Fact,
    InboxRow,
    Outcome,
    Repeated,
    Timer,
    TooLate,
)
from services.kernel.store import Advance, BucketClosed, LostOwnership, Mark, ParkedRecord, TimerRow
from services.kernel.tables_memory import InboxTable, Tables


class MemoryTx:
    """Works on a copy of the tables; the store takes it over at the end of the block."""

    def __init__(self, store: MemoryStore, tables: Tables) -> None:
        self._store, self._tables = store, tables

    @property
    def connection(self) -> Any:
        """Where a view's twin keeps its rows: a dict of its own per name."""
        return self._tables.views

    async def advance(self, rows: Sequence[Advance]) -> None:
        for row in rows:
            box = self._tables.inbox.get((row.topic, row.partition))
            if box is None or box.next_offset != row.old or box.epoch != row.epoch:
                raise LostOwnership(f"{row.topic} {row.partition}")
            box.next_offset, box.expected = row.new, dict(row.expected)
            box.read_until = max(box.read_until, row.read_until)

    async def still_owner(self, topic: str, epochs: Mapping[int, int]) -> None:
        for partition, epoch in epochs.items():
            box = self._tables.inbox.get((topic, partition))
            if box is None or box.epoch != epoch:
                raise LostOwnership(f"{topic} {partition}")

    async def append(self, batch: Sequence[Append]) -> list[Outcome]:
        return self._store.judge(self._tables, batch)

    async def change_timers(self, rows: Sequence[TimerRow]) -> None:
        for row in rows:
            key = (row.bucket, row.ticket, row.change.name)
            if isinstance(row.change, SetTimer):
                self._tables.timers[key] = Timer(
                    *key, row.change.due_at, row.change.sources, row.import_id, row.traceparent
                )
            else:
                self._tables.timers.pop(key, None)

    async def set_frontier(self, bucket: int, import_id: str, until: datetime, final: bool) -> None:
        old_until, old_final = self._tables.frontier.get((bucket, import_id), (NEVER, False))
        self._tables.frontier[bucket, import_id] = (max(old_until, until), old_final or final)

    async def refuse(self, answers: Sequence[Repeated]) -> None:
        self._tables.refused.update({(a.sender, a.key): a for a in answers})

    async def park(self, rows: Sequence[tuple[int, ParkedRecord]]) -> None:
        self._tables.parked.extend(rows)

    async def unpark(self, bucket: int, ticket: str, count: int, dropped_by: str = "") -> None:
        rows = [p for p in self._tables.parked if (p[0], p[1].ticket) == (bucket, ticket)]
        for row in rows[:count]:
            self._tables.parked.remove(row)


class MemoryStore:
    """Everything in dictionaries; `now` is the database clock."""

    def __init__(self, service: str, buckets: int, now: Callable[[], datetime]) -> None:
        self.service, self._now = service, now
        self._tables = Tables({b: [] for b in range(buckets)})
        self._writing = asyncio.Lock()  # whoever writes waits for an open transaction

    @property
    def views(self) -> dict[str, Any]:
        return self._tables.views

    async def append(self, batch: Sequence[Append]) -> list[Outcome]:
        async with self._writing:
            return self.judge(self._tables, batch)

    def judge(self, tables: Tables, batch: Sequence[Append]) -> list[Outcome]:
        unknown = {a.bucket for a in batch} - tables.events.keys()
        if unknown:
            raise ValueError(f"unknown bucket among {sorted(unknown)}")
        known, versions = dict(tables.commands), {}
        for a in batch:
            versions[a.stream] = len(tables.streams.get((a.bucket, a.stream), ()))
        return [self._one(tables, a, versions[a.stream], known) for a in batch]

    def _one(
        self, tables: Tables, a: Append, version: int, known: Mapping[Any, Repeated]
    ) -> Outcome:
        for c in a.commands:
            if (c.sender, c.key) in known:
                return known[c.sender, c.key]
        if version != a.expected:
            return Conflict()
        if a.live_from is not None and a.live_from <= tables.closed.get(a.bucket, NEVER):
            return TooLate()
        log, now = tables.events[a.bucket], self._now()
        first = len(log) + 1
        for k, new in enumerate(a.facts):
            fact = Fact(
                self.service,
                a.bucket,
                first + k,
                a.stream,
                a.expected + k + 1,
                new.type,
                new.data,
                new.time,
                now,
                **orjson.loads(new.metadata),
            )
            log.append(fact)
            tables.streams.setdefault((a.bucket, a.stream), []).append(fact)
        for c in a.commands:
            self._answered(tables, a, c, first)
        return Appended(first, a.expected + len(a.facts), now)

    def _answered(self, tables: Tables, a: Append, c: CommandKey, first: int) -> None:
        position = first + c.upto - 1 if c.wrote else 0
        tables.commands[c.sender, c.key] = Repeated(
            c.sender, c.key, a.stream, c.body_hash, c.status, c.body, a.expected + c.upto, position
        )
        if c.reply_to:
            tables.unsent[c.sender, c.key] = c.reply_to

    async def load(self, streams: Sequence[tuple[int, str]]) -> dict[str, list[Fact]]:
        found = {stream: self._tables.streams.get((b, stream), []) for b, stream in streams}
        return {stream: list(facts) for stream, facts in found.items() if facts}

    async def page(self, bucket: int, position: int, limit: int) -> list[Fact]:
        return self._tables.events[bucket][position - 1 : position - 1 + limit]

    async def next_positions(self, buckets: Iterable[int]) -> dict[int, int]:
        return {b: len(self._tables.events[b]) + 1 for b in buckets}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MemoryTx]:
        """One after another."""
        async with self._writing:
            draft = self._tables.copied()
            yield MemoryTx(self, draft)
            self._tables = draft

    async def claim(self, partitions: Sequence[tuple[str, int]]) -> list[InboxRow]:
        rows = []
        async with self._writing:
            for place in sorted(partitions):
                box = self._tables.inbox.setdefault(place, InboxTable())
                box.epoch += 1
                expected = dict(box.expected)
                rows.append(InboxRow(*place, box.next_offset, box.epoch, expected, box.read_until))
        return rows

    async def held(self, claims: Sequence[tuple[str, int, int]]) -> list[InboxRow]:
        return [
            InboxRow(t, p, box.next_offset, box.epoch, dict(box.expected), box.read_until)
            for t, p, epoch in claims
            if (box := self._tables.inbox.get((t, p), InboxTable())).epoch == epoch
        ]

    async def marks(self) -> dict[int, Mark]:
        """One server for ever: nothing is ever forked."""
        return {}

    async def claimed(self, topics: Sequence[str]) -> dict[str, int]:
        found = Counter(topic for topic, _ in self._tables.inbox)
        return {topic: found[topic] for topic in topics if found[topic]}

    async def expected(self, topic: str, partition: int) -> dict[str, int]:
        return dict(self._tables.inbox.get((topic, partition), InboxTable()).expected)

    async def read_until(self, rows: Sequence[tuple[str, int, int, datetime]]) -> None:
        async with self._writing:
            for topic, partition, epoch, until in rows:
                box = self._tables.inbox[topic, partition]
                if box.epoch == epoch:
                    box.read_until = max(box.read_until, until)

    async def close_buckets(
        self, buckets: Sequence[int], keyed: Sequence[str], shared: Sequence[str], grace_s: float
    ) -> list[BucketClosed]:
        async with self._writing:
            return [self._close(bucket, keyed, shared, grace_s) for bucket in buckets]

    def _close(
        self, bucket: int, keyed: Sequence[str], shared: Sequence[str], grace_s: float
    ) -> BucketClosed:
        limits = [self._now() - timedelta(seconds=grace_s)]
        for (topic, partition), box in self._tables.inbox.items():
            if topic in shared or (topic in keyed and partition == bucket):
                limits.append(box.read_until)
        until = max(self._tables.closed.get(bucket, NEVER), min(limits))
        self._tables.closed[bucket] = until
        return BucketClosed(bucket, len(self._tables.events[bucket]) + 1, until)

    async def due_timers(
        self, proven: Sequence[tuple[int, str, datetime]], buckets: Sequence[int], limit: int
    ) -> list[Timer]:
        silent = {(bucket, sources): until for bucket, sources, until in proven}
        parked = await self.parked_tickets(buckets)
        due = [
            t
            for t in self._tables.timers.values()
            if t.bucket in buckets and t.ticket not in parked and self._is_due(t, silent)
        ]
        return sorted(due, key=lambda t: (t.due_at, t.ticket, t.name))[:limit]

    def _is_due(self, t: Timer, silent: Mapping[tuple[int, str], datetime]) -> bool:
        until, final = self._tables.frontier.get((t.bucket, t.import_id), (NEVER, False))
        if t.import_id and t.due_at <= until:
            return True
        live = not t.import_id or final
        return live and t.due_at <= silent.get((t.bucket, ",".join(t.sources)), NEVER)

    async def timer_sources(self) -> list[tuple[str, ...]]:
        return sorted({t.sources for t in self._tables.timers.values()})

    async def answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Repeated]:
        return {k: self._tables.commands[k] for k in keys if k in self._tables.commands}

    async def closed_imports(self, names: Collection[str]) -> set[str]:
        ended = {name for (_, name), (_, final) in self._tables.frontier.items() if final}
        return ended & set(names)

    async def unsent_replies(self, limit: int) -> list[tuple[str, str, str, Repeated]]:
        rows = list(self._tables.unsent.items())[:limit]
        found = [(*key, topic, self._tables.commands[key]) for key, topic in rows]
        refused = list(self._tables.refused.items())[:limit]
        return found + [(*key, "", answer) for key, answer in refused]

    async def replies_sent(self, keys: Sequence[tuple[str, str]]) -> None:
        async with self._writing:
            for key in keys:
                self._tables.unsent.pop(key, None)

    async def refusals_sent(self, keys: Sequence[tuple[str, str]]) -> None:
        async with self._writing:
            for key in keys:
                self._tables.refused.pop(key, None)

    async def parked_tickets(self, buckets: Iterable[int]) -> set[str]:
        mine = set(buckets)
        rows = [record for bucket, record in self._tables.parked if bucket in mine]
        return {record.ticket for record in rows if record.early_until is None}

    async def early_tickets(self, buckets: Iterable[int]) -> dict[str, bool]:
        found: dict[str, bool] = {}
        parked = await self.parked_tickets(buckets)
        for bucket, record in self._tables.parked:
            if bucket in set(buckets) and record.ticket not in parked:
                assert record.early_until is not None
                due = record.early_until <= self._now() or bool(
                    self._tables.streams.get((bucket, record.ticket))
                )
                found[record.ticket] = found.get(record.ticket, False) or due
        return found

    async def parked_records(
        self, ticket: str, limit: int, *, opened: bool = True
    ) -> list[ParkedRecord]:
        rows = [record for _, record in self._tables.parked if ticket in ("", record.ticket)]
        return rows[:limit]

    async def parked_headers(self, places: Sequence[tuple[int, str]]) -> list[Headers]:
        return [r.headers for bucket, r in self._tables.parked if (bucket, r.ticket) in places]

    async def database_clock(self) -> datetime:
        return self._now()
