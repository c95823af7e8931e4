"""Delivery by webhook: one in flight per ticket, a failing ticket waits alone.

What is decided stands in `domain/flight.py` and `domain/webhook.py`; this is the loop around it:
take entries, post them, keep what happened.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson

from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.sender import Sender, SendFailed
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store import FeedStore
from services.datasync.adapters.tail import Tail
from services.datasync.domain.feed import Entry
from services.datasync.domain.flight import Flight
from services.datasync.domain.sharing import Way
from services.datasync.domain.webhook import (
    SCHEDULE_S,
    Post,
    Verdict,
    retry_after,
    signatures,
    verdict,
)
from services.kernel.clock import Clock
from services.kernel.codec import rfc3339
from services.kernel.seen import delivered
from services.kernel.store import StoreUnavailable

log = logging.getLogger("hotline.datasync")
_LOOK_AGAIN_S = 5.0
_REST_S = 1.0
_QUEUE = 500


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a subscription's webhook goes. `secrets` are keys; the newest first while rotating."""

    url: str
    secrets: tuple[bytes, ...]
    timeout_s: float = 10.0
    rate: float = 200.0
    burst: float = 200.0
    in_flight: int = 8
    batch: int = 50
    schedule_s: tuple[float, ...] = SCHEDULE_S


class WebhookDelivery:
    """One subscription's entries, from the feed to its endpoint."""

    def __init__(
        self,
        subscription: str,
        endpoint: Endpoint,
        serving: Serving,
        store: FeedStore,
        sender: Sender,
        clock: Clock,
        meter: DeliveryMeter,
    ) -> None:
        self._subscription, self._endpoint, self._serving = subscription, endpoint, serving
        self._store, self._sender, self._clock, self._meter = store, sender, clock, meter
        self.tail = Tail(store, subscription)
        self.flight = Flight(subscription, endpoint.schedule_s, endpoint.rate, endpoint.burst)
        self._wanted: frozenset[int] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._defect: BaseException | None = None

    def own(self, buckets: frozenset[int]) -> None:
        """From the next step on, go on for these where the last owner said that it had come."""
        self._wanted = buckets
        self.tail.changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    await self.step()
                    await self._wait()
                except StoreUnavailable as error:
                    log.warning("the webhook of %s waits: %s", self._subscription, error)
                    await self._clock.sleep(_REST_S)
        finally:
            for task in self._tasks:
                task.cancel()

    async def step(self) -> None:
        """Keep what happened, take what is new, start what may start. Raises StoreUnavailable, and
        the defect that ended a message: its tickets would count as in flight for ever."""
        if self._defect is not None:
            raise self._defect
        if self._wanted is not None:
            await self._take_over(self._wanted)
        await self._keep()
        if self.flight.room(_QUEUE):
            self.flight.queue(await self.tail.take(_QUEUE))
        now = self._clock.now()
        while len(self._tasks) < self._endpoint.in_flight:
            post = self.flight.next(now, self._endpoint.batch)
            if post is None:
                break
            task = asyncio.create_task(self._post(post))
            self._tasks.add(task)
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._defect = task.exception()
        self.tail.changed.set()

    async def _wait(self) -> None:
        now = self._clock.now()
        due = self.flight.due(now) if len(self._tasks) < self._endpoint.in_flight else None
        pause_s = _LOOK_AGAIN_S if due is None else (due - now).total_seconds()
        await self.tail.wait(self._clock, min(max(pause_s, 0.001), _LOOK_AGAIN_S))
        if not self.tail.changed.is_set() and pause_s >= _LOOK_AGAIN_S:
            self.tail.recheck()
            if self.flight.stuck:
                await self._look_for_release()

    async def _take_over(self, buckets: frozenset[int]) -> None:
        name = self._subscription
        cursors = await self._store.cursors(Way.WEBHOOK, name, buckets)
        waiting = await self._store.waiting(name, buckets)
        state = await self._store.endpoint(name)
        self.flight.own(cursors, waiting, state)
        self.tail.own(cursors)
        if self._wanted is buckets:
            self._wanted = None

    async def _look_for_release(self) -> None:
        rows = await self._store.waiting(self._subscription, self.tail.reached.keys())
        self.flight.released(rows, await self._store.endpoint(self._subscription))

    async def _keep(self) -> None:
        """Waiting tickets first: the cursor may pass an entry only when the store has its row."""
        flight, store, name = self.flight, self._store, self._subscription
        if not flight.endpoint_stored:
            state = flight.endpoint
            await store.put_endpoint(name, state)
            flight.endpoint_stored = flight.endpoint is state
        rows = flight.unsaved_rows()
        if rows:
            await store.put_waiting(rows)
            flight.saved(rows)
        for bucket, ticket in flight.unsaved_drops():
            await store.drop_waiting(name, bucket, ticket)
            flight.dropped(bucket, ticket)
        moved = flight.moved_cursors(self.tail.reached)
        if moved:
            await store.put_cursors(Way.WEBHOOK, name, moved)
            flight.cursors_saved(moved)
        self._meter.waiting(name, flight.waiting_tickets)

    async def _post(self, post: Post) -> None:
        """One message and what it came to; the loop does the writing."""
        try:
            entries = await self._entries(post)
            if not entries:
                return
            began = time.perf_counter()
            outcome, reason, pause = await self._sent(entries)
        except StoreUnavailable as error:
            log.warning("the webhook of %s waits: %s", self._subscription, error)
            self.flight.put_back(post)
            return
        self.flight.settle(post, entries, outcome, reason, self._clock.now(), pause)
        if outcome is Verdict.DELIVERED:
            self._meter.add(self._subscription, Way.WEBHOOK, len(entries))
            facts = [entry.fact for entry in entries]
            delivered(facts, self._subscription, Way.WEBHOOK, time.perf_counter() - began)
        else:
            self._meter.failed(self._subscription)
            log.warning("webhook of %s: %s", self._subscription, reason)

    async def _entries(self, post: Post) -> Sequence[Entry]:
        """Those of a waiting ticket are read again, up to where the tail has come by then."""
        if post.retry is None:
            return post.entries
        w, batch = post.retry, self._endpoint.batch
        read_to = self.tail.reached.get(w.bucket, 0)
        entries = await self._store.ticket_entries(
            self._subscription, w.bucket, w.ticket, w.from_sequence, read_to, batch
        )
        if not entries:
            self.flight.nothing_left(post, read_to, self.tail.reached.get(w.bucket, 0))
        return entries

    async def _sent(self, entries: Sequence[Entry]) -> tuple[Verdict, str, timedelta | None]:
        """As `_send`; what cannot even be sent fails like what is not taken, and waits alone."""
        try:
            return await self._send(entries)
        except (StoreUnavailable, AssertionError):
            raise
        except Exception as error:
            log.exception("a webhook of %s made the code fail", self._subscription)
            return Verdict.FAILED, f"{type(error).__name__} while it was sent", None

    async def _send(self, entries: Sequence[Entry]) -> tuple[Verdict, str, timedelta | None]:
        endpoint, now = self._endpoint, self._clock.now()
        message_id, body = await self._message(entries)
        timestamp = int(now.timestamp())
        headers = [
            ("content-type", "application/json"),
            ("user-agent", "hotline-datasync"),
            ("webhook-id", message_id),
            ("webhook-timestamp", str(timestamp)),
            ("webhook-signature", signatures(endpoint.secrets, message_id, timestamp, body)),
        ]
        try:
            answer = await self._sender.post(endpoint.url, headers, body, endpoint.timeout_s)
        except SendFailed as error:
            return Verdict.FAILED, str(error), None
        pause = retry_after(answer.retry_after, now) if answer.retry_after else None
        return verdict(answer.status, pause), f"answered {answer.status}", pause

    async def _message(self, entries: Sequence[Entry]) -> tuple[str, bytes]:
        """Id and body; the same entries always give the same id."""
        places = ",".join(f"{e.bucket}:{e.sequence}" for e in entries)
        digest = hashlib.sha256(f"{self._subscription}/{places}".encode()).hexdigest()
        body = {
            "type": "hotline.feed.v1",
            "timestamp": rfc3339(entries[-1].fact.time),
            "data": {
                "subscription": self._subscription,
                "entries": await self._serving.json(entries),
            },
        }
        return f"msg_{digest[:32]}", orjson.dumps(body)
