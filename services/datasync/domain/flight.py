"""What is on its way to one endpoint: which message may start, and what an outcome leads to.

One message in flight per ticket. A ticket that fails waits alone, with its later entries; the
others go on. Only when failures come in a row, whatever the ticket, does the endpoint rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.datasync.domain.feed import Entry
from services.datasync.domain.webhook import (
    UNSTATED_PAUSE,
    Allowance,
    Breaker,
    EndpointState,
    Post,
    Verdict,
    Waiting,
    next_attempt,
)
from services.kernel.decider import replace


@dataclass(slots=True)
class _Row:
    """A waiting ticket; `covers` are sequences that its row settles once it is stored."""

    waiting: Waiting
    stored: bool = False
    covers: list[int] = field(default_factory=list)


class Flight:
    """The state of one endpoint's deliveries; nothing here waits or writes."""

    def __init__(
        self, subscription: str, schedule_s: Sequence[float], rate: float, burst: float
    ) -> None:
        self._subscription, self._schedule_s = subscription, schedule_s
        self._rate, self._burst = rate, burst
        self._allowance: Allowance | None = None
        self._breaker = Breaker()
        self._generation = 0
        self._flying: set[str] = set()
        self._held_until: datetime | None = None
        self.endpoint, self.endpoint_stored = EndpointState(), True
        self._clear()

    def _clear(self) -> None:
        self._queue: deque[Entry] = deque()
        self._rows: dict[str, _Row] = {}
        self._alone: set[str] = set()
        self._drops: set[tuple[int, str]] = set()
        self._unsettled: dict[int, set[int]] = {}
        self._cursors: dict[int, int] = {}

    def own(
        self, cursors: Mapping[int, int], waiting: Iterable[Waiting], state: EndpointState
    ) -> None:
        """Begin anew for these buckets; what is still in flight no longer counts."""
        self._generation += 1
        self._clear()
        self._cursors = dict(cursors)
        self._unsettled = {bucket: set() for bucket in cursors}
        self._rows = {w.ticket: _Row(w, stored=True) for w in waiting}
        self.endpoint, self.endpoint_stored = state, True

    def room(self, limit: int) -> bool:
        """Whether more entries should be taken."""
        return len(self._queue) < limit

    def queue(self, entries: Iterable[Entry]) -> None:
        """Take entries over, in order; those of waiting tickets wait with them."""
        for entry in entries:
            self._unsettled[entry.bucket].add(entry.sequence)
            row = self._rows.get(entry.fact.ticket)
            if row is None:
                self._queue.append(entry)
            else:
                self._cover(row, entry)

    def next(self, now: datetime, batch: int) -> Post | None:
        """The next message to start; None where nothing may start now."""
        if self._blocked or any(now < until for until in self._holds):
            return None
        if self._allowance is None:
            self._allowance = Allowance(self._rate, self._burst, self._burst, now)
        left, wait = self._allowance.take(now)
        if wait:
            self._held_until = now + wait
            return None
        self._held_until = None
        post = self._pick(now, batch)
        if post is not None:
            self._allowance = left
            self._flying |= post.tickets
        return post

    def due(self, now: datetime) -> datetime | None:
        """When `next` is worth asking again; None: not before something else happens."""
        if self._blocked:
            return None
        times = [
            row.waiting.next_at
            for row in self._rows.values()
            if row.waiting.next_at is not None and row.waiting.ticket not in self._flying
        ]
        if any(e.fact.ticket not in self._flying for e in self._queue):
            times.append(now)
        if not times:
            return None
        return max([min(times), *self._holds])

    @property
    def _blocked(self) -> bool:
        """Until an operator, or the one probing message, comes back."""
        return self.endpoint.stopped_at is not None or bool(self._breaker.probing and self._flying)

    @property
    def _holds(self) -> list[datetime]:
        """Nothing starts before any of these."""
        holds = (self.endpoint.not_before, self._breaker.open_until, self._held_until)
        return [until for until in holds if until is not None]

    def _pick(self, now: datetime, batch: int) -> Post | None:
        """While probing a fresh ticket goes first: one that failed alone would prove nothing."""
        fresh = self._fresh(batch) if self._breaker.probing else None
        return fresh or self._retry(now) or self._fresh(batch)

    def _retry(self, now: datetime) -> Post | None:
        for ticket, row in self._rows.items():
            at = row.waiting.next_at
            if at is not None and at <= now and ticket not in self._flying:
                return Post(self._generation, retry=row.waiting)
        return None

    def _fresh(self, batch: int) -> Post | None:
        chosen: list[Entry] = []
        left: deque[Entry] = deque()
        alone = ""
        for entry in self._queue:
            ticket = entry.fact.ticket
            fits = ticket == alone if alone else ticket not in self._alone or not chosen
            if len(chosen) < batch and fits and ticket not in self._flying:
                chosen.append(entry)
                alone = ticket if ticket in self._alone else alone
            else:
                left.append(entry)
        if not chosen:
            return None
        self._queue = left
        return Post(self._generation, tuple(chosen))

    def settle(
        self,
        post: Post,
        entries: Sequence[Entry],
        outcome: Verdict,
        reason: str,
        now: datetime,
        pause: timedelta | None = None,
    ) -> None:
        """The outcome of a message that held these entries."""
        self._flying -= post.tickets
        match outcome if post.generation == self._generation else None:
            case Verdict.DELIVERED:
                self._breaker = self._breaker.succeeded()
                self._delivered(post, entries, now)
            case Verdict.FAILED:
                self._failed(post, entries, reason, now)
            case Verdict.PAUSED:
                until = now + (UNSTATED_PAUSE if pause is None else pause)
                self._asked(post, EndpointState(not_before=until, reason=reason))
            case Verdict.STOPPED:
                self._asked(post, EndpointState(stopped_at=now, reason=reason))

    def put_back(self, post: Post) -> None:
        """The message never left."""
        self._flying -= post.tickets
        if post.generation == self._generation:
            self._queue.extendleft(reversed(post.entries))

    def nothing_left(self, post: Post, read_to: int, reached: int) -> None:
        """All that waited was delivered, unless more was taken since it was read."""
        self._flying -= post.tickets
        assert post.retry is not None
        row = self._rows.get(post.retry.ticket)
        if post.generation == self._generation and row is not None and read_to == reached:
            del self._rows[post.retry.ticket]
            self._drops.add((post.retry.bucket, post.retry.ticket))
            self._settle_all(post.retry.bucket, row.covers)

    def _delivered(self, post: Post, entries: Sequence[Entry], now: datetime) -> None:
        self._alone -= post.tickets
        if post.retry is None:
            for entry in entries:
                self._unsettled[entry.bucket].discard(entry.sequence)
            return
        after = entries[-1].sequence + 1
        self._wait(replace(post.retry, from_sequence=after, attempts=0, next_at=now, reason=""))

    def _failed(self, post: Post, entries: Sequence[Entry], reason: str, now: datetime) -> None:
        if post.retry is None:  # a ticket that is known to fail says nothing of the endpoint
            self._breaker = self._breaker.failed(now)
            if len(post.tickets) > 1:
                self._alone |= post.tickets
                self._queue.extendleft(reversed(post.entries))
                return
        first = entries[0]
        known = post.retry or Waiting(
            self._subscription, first.bucket, first.fact.ticket, first.sequence, 0, None, ""
        )
        attempts = known.attempts + 1
        at = next_attempt(attempts, now, self._schedule_s)
        self._wait(replace(known, attempts=attempts, next_at=at, reason=reason))
        if post.retry is None:
            row = self._rows[first.fact.ticket]
            for entry in entries:
                self._cover(row, entry)

    def _wait(self, waiting: Waiting) -> None:
        row = self._rows.setdefault(waiting.ticket, _Row(waiting))
        row.waiting, row.stored = waiting, False
        self._alone.discard(waiting.ticket)
        self._drops.discard((waiting.bucket, waiting.ticket))
        queued, self._queue = self._queue, deque()
        for entry in queued:
            if entry.fact.ticket == waiting.ticket:
                self._cover(row, entry)
            else:
                self._queue.append(entry)

    def _asked(self, post: Post, state: EndpointState) -> None:
        self.endpoint, self.endpoint_stored = state, False
        self._queue.extendleft(reversed(post.entries))

    def unsaved_rows(self) -> list[Waiting]:
        return [row.waiting for row in self._rows.values() if not row.stored]

    def saved(self, rows: Iterable[Waiting]) -> None:
        """The rows stand in the store: what they cover is settled."""
        for waiting in rows:
            row = self._rows.get(waiting.ticket)
            if row is not None:
                row.stored = row.stored or row.waiting is waiting
                self._settle_all(waiting.bucket, row.covers)

    def unsaved_drops(self) -> list[tuple[int, str]]:
        return sorted(self._drops)

    def dropped(self, bucket: int, ticket: str) -> None:
        self._drops.discard((bucket, ticket))

    def moved_cursors(self, reached: Mapping[int, int]) -> dict[int, int]:
        """Everything up to here was delivered or has a waiting ticket's row."""
        moved = {}
        for bucket, stored in self._cursors.items():
            open_ = self._unsettled[bucket]
            cursor = min(open_) - 1 if open_ else reached.get(bucket, stored)
            if cursor > stored:
                moved[bucket] = cursor
        return moved

    def cursors_saved(self, moved: Mapping[int, int]) -> None:
        self._cursors.update({b: n for b, n in moved.items() if b in self._cursors})

    @property
    def stuck(self) -> bool:
        """Stopped or parked: only an operator's word moves it."""
        parked = any(row.waiting.next_at is None for row in self._rows.values())
        return parked or self.endpoint.stopped_at is not None

    @property
    def waiting_tickets(self) -> int:
        return len(self._rows)

    def released(self, rows: Iterable[Waiting], state: EndpointState) -> None:
        """What the store says now, where we only waited for it."""
        if self.endpoint.stopped_at is not None and self.endpoint_stored:
            self.endpoint = state
        for waiting in rows:
            row = self._rows.get(waiting.ticket)
            if row is not None and row.stored and row.waiting.next_at is None:
                row.waiting = waiting

    def _cover(self, row: _Row, entry: Entry) -> None:
        if row.stored:
            self._unsettled[entry.bucket].discard(entry.sequence)
        else:
            row.covers.append(entry.sequence)

    def _settle_all(self, bucket: int, sequences: list[int]) -> None:
        self._unsettled[bucket].difference_update(sequences)
        sequences.clear()
