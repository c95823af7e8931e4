"""Due timers of owned buckets, fired in batches once silence is proven."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

from services.kernel.clock import Clock
from services.kernel.codec import metadata
from services.kernel.decider import ClearTimer, Rejection
from services.kernel.draft import Draft
from services.kernel.facts import Appended, Timer
from services.kernel.gather import all_of
from services.kernel.inbox import Inbox
from services.kernel.measure import Meter
from services.kernel.seen import fired, step_of
from services.kernel.service import Service
from services.kernel.states import States
from services.kernel.store import LostOwnership, Store, StoreUnavailable, TimerRow
from services.kernel.telemetry import TraceContext
from services.kernel.watermarks import Proof

log = logging.getLogger("hotline.timers")
Proven = tuple[int, str, datetime]  # bucket, sources, until when they are silent
TICK_S = 0.1
GATHER_S = 0.02  # several promises and commits that come at once are looked at together
LIMIT = 500
AGAIN_S = 10.0  # until a timer of which no fact was made is asked again
LANES = 6  # while the store works for some of the buckets, we decide for others


class Timers:
    """A timer goes in the transaction of its facts, which a former owner's batch rolls back.

    One of which no fact was made stays, for a fact that was not read back yet to set or clear it,
    and is asked again after a while.
    """

    def __init__(
        self,
        service: Service,
        store: Store,
        clock: Clock,
        states: States,
        inbox: Inbox,
        proof: Proof,
        meter: Meter,
        kept: Callable[[list[tuple[Draft, Appended]]], None],
    ) -> None:
        self._service, self._store, self._clock = service, store, clock
        self._states, self._inbox, self._proof = states, inbox, proof
        self._meter, self._kept = meter, kept
        self._sources: list[tuple[str, ...]] = []
        self._sources_at = datetime.min.replace(tzinfo=UTC)
        self._quiet: dict[tuple[str, str, datetime], datetime] = {}  # when each was asked
        self._looked_for: list[Proven] = []
        self._ticked_at = self._sources_at

    async def run(self) -> None:
        """Until cancelled: when more is proven, and ten times a second for what was set since."""
        while True:
            await self._told()
            try:
                proven, buckets = await self._news(), self._inbox.buckets()
                if proven and await self._some(buckets, proven) >= LIMIT:
                    await all_of(self.drain(lane, proven) for lane in range(LANES))
            except (StoreUnavailable, LostOwnership) as error:
                log.warning("no timer fired: %s", error)
                self._quiet.clear()

    async def _told(self) -> None:
        """Something may have been proven, or a while has passed."""
        waits = [
            asyncio.create_task(self._clock.sleep(TICK_S)),
            asyncio.create_task(self._proof.news.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        await self._clock.sleep(GATHER_S)
        self._proof.news.clear()

    async def _news(self) -> list[Proven]:
        """What is proven; empty where the store would answer as before."""
        proven = await self.proven()
        is_later = (self._clock.now() - self._ticked_at).total_seconds() >= TICK_S
        if proven == self._looked_for and not is_later:
            return []
        self._looked_for, self._ticked_at = proven, self._clock.now()
        return proven

    async def tick(self) -> int:
        """Fire what is due and proven by now, LIMIT of it; how many."""
        return await self._some(self._inbox.buckets(), await self.proven())

    async def drain(self, lane: int, proven: Sequence[Proven]) -> int:
        """Fire all that is due in every LANES-th bucket, batch after batch; how many."""
        count, found = 0, LIMIT
        while found >= LIMIT:
            mine = {bucket for bucket in self._inbox.buckets() if bucket % LANES == lane}
            found = await self._some(mine, proven)
            count += found
        return count

    async def _some(self, buckets: Collection[int], proven: Sequence[Proven]) -> int:
        """Fire the oldest LIMIT of these buckets beside those known as quiet; how many."""
        if not buckets:
            return 0
        mine = [place for place in proven if place[0] in buckets]
        long_ago = self._clock.now() - timedelta(seconds=AGAIN_S)
        self._quiet = {key: at for key, at in self._quiet.items() if at > long_ago}
        due = await self._store.due_timers(mine, sorted(buckets), LIMIT + len(self._quiet))
        fresh = [t for t in due if (t.ticket, t.name, t.due_at) not in self._quiet]
        if fresh:
            await self._fire(fresh)
        return len(fresh)

    async def proven(self) -> list[Proven]:
        """How far each bucket's timers are proven, by the sources that they wait for."""
        now = self._clock.now()
        if (now - self._sources_at).total_seconds() > 1.0:
            self._sources, self._sources_at = await self._store.timer_sources(), now
        expected = {
            p: row.expected for (t, p), row in self._inbox.rows.items() if t == self._inbox.tickets
        }
        return [
            (bucket, ",".join(sources), self._proof.all_until(sources, bucket, expected[bucket]))
            for sources in self._sources
            for bucket in sorted(expected)
        ]

    async def _fire(self, timers: list[Timer]) -> None:
        service = self._service
        assert service.decider is not None
        assert service.expire is not None
        states = await self._states.at({(t.bucket, t.ticket) for t in timers})
        drafts = {t.ticket: Draft(t.bucket, t.ticket, *states[t.ticket]) for t in timers}
        moving: list[Timer] = []
        steps: list[TraceContext | None] = []
        quiet: list[Timer] = []
        began = time.perf_counter()
        for timer in timers:
            command, step = service.expire(timer.name, timer.due_at), step_of(timer)
            meta = metadata(
                import_id=timer.import_id,
                causation=f"timer/{timer.name}",
                traceparent=step.format() if step else timer.traceparent,
            )
            try:
                events = drafts[timer.ticket].decide(
                    command, service.decider, service.codec, meta, live=False
                )
            except Rejection as rejection:
                what = timer.name, rejection.message
                log.error("timer %s was rejected: %s", *what, extra={"ticket": timer.ticket})
                events = ()
            if events:
                moving.append(timer)
                steps.append(step)
            else:
                quiet.append(timer)
        undone = await self._write([d for d in drafts.values() if d.facts], moving)
        now = self._clock.now()
        self._quiet |= {(t.ticket, t.name, t.due_at): now for t in quiet if t.ticket not in undone}
        for timer, step in zip(moving, steps, strict=True):
            if step is not None and timer.ticket not in undone:
                fired(timer, step, time.perf_counter() - began)

    async def _write(self, drafts: list[Draft], timers: list[Timer]) -> set[str]:
        """Tickets that moved on, or went to another owner, meanwhile: still to be fired."""
        drafts.sort(key=lambda d: (d.bucket, d.ticket))
        epochs = self._inbox.epochs()
        mine = {d.bucket: epochs[d.bucket] for d in drafts if d.bucket in epochs}
        undone = {d.ticket for d in drafts}
        drafts = [d for d in drafts if d.bucket in mine]
        if not drafts:
            return undone
        async with self._store.transaction() as tx:
            await tx.still_owner(self._inbox.tickets, mine)
            outcomes = await tx.append([d.append() for d in drafts])
            pairs = list(zip(drafts, outcomes, strict=True))
            written = [(d, o) for d, o in pairs if isinstance(o, Appended)]
            undone -= {d.ticket for d, _ in written}
            done = [t for t in timers if t.ticket not in undone]
            await tx.change_timers([_cleared(timer) for timer in done])
        self._states.evict(undone)
        self._kept(written)
        now = self._clock.now()
        for timer in done:
            if not timer.import_id:
                self._meter.lateness_s.observe(max(0.0, (now - timer.due_at).total_seconds()))
        return undone


def _cleared(timer: Timer) -> TimerRow:
    return TimerRow(timer.bucket, timer.ticket, timer.import_id, ClearTimer(timer.name))
