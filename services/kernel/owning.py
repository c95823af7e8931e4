"""Whose a partition is: given by the group, proven by the epoch in the store.

Nobody claims by himself what a newer owner has: two would take it from each other in turns. What
was lost is let go, and claimed again only if the group still says so after it must have noticed
that a member is gone.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence

from services.kernel.bus import Consumer, Place
from services.kernel.clock import Clock
from services.kernel.facts import InboxRow
from services.kernel.inbox import Inbox
from services.kernel.names import SUBMISSIONS
from services.kernel.relay import Relay
from services.kernel.service import Service
from services.kernel.states import States
from services.kernel.store import Mark, Store, StoreUnavailable

log = logging.getLogger("hotline.owning")
RETAKE_S = 8.0  # a session is 6 s


class Owning:
    """The part of the worker that takes partitions and lets them go."""

    def __init__(
        self,
        service: Service,
        store: Store,
        clock: Clock,
        relay: Relay,
        states: States | None,
        inbox: Inbox,
    ) -> None:
        self._service, self._store, self._clock = service, store, clock
        self._relay, self._states, self._inbox = relay, states, inbox
        self._lost: dict[Place, float] = {}
        self._taking = asyncio.Lock()  # one at a time asks the store what is ours
        self.consumer: Consumer | None = None
        self.joined = asyncio.Event()
        self.healed = asyncio.Event()  # the ledger was healed: every claim is to be made again

    async def assigned(self, places: Sequence[Place]) -> Mapping[Place, int]:
        """Raise the epochs, then say where each partition goes on, however long the store takes:
        the group asks once, and a partition without an answer would be read by nobody."""
        async with self._taking:
            while True:
                try:
                    rows = await self._store.claim(places) if places else []
                    return await self._own(rows, await self._store.marks())
                except StoreUnavailable as error:
                    log.warning("the store cannot be reached: %s", error)
                    await self._clock.sleep(1.0)

    async def _own(
        self, rows: Sequence[InboxRow], marks: Mapping[int, Mark]
    ) -> Mapping[Place, int]:
        """A forked bucket is read by nobody; its facts would rest on others than everybody's."""
        offsets = {(r.topic, r.partition): r.next_offset for r in rows}
        for place in offsets:
            self._lost.pop(place, None)
        whole = [r for r in rows if not _is_forked(r, marks)]
        forked = [(r.topic, r.partition) for r in rows if _is_forked(r, marks)]
        self._lost.update(dict.fromkeys(forked, math.inf))  # until `adopt`
        self._inbox.own(whole)
        if self._states is not None:
            self._states.evict()
        source = self._service.name
        tickets = {
            r.partition: r.expected.get(source, 1) for r in whole if r.topic == self._inbox.tickets
        }
        self._relay.own(tickets, {b: mark.incarnation for b, mark in marks.items()})
        await self._let_go(forked)
        mine = self._inbox.buckets()
        self._inbox.parked = await self._store.parked_tickets(mine)
        self._inbox.early = set(await self._store.early_tickets(mine))
        for view in self._service.views:
            await view.owned(self._inbox.buckets())
        self.joined.set()
        return offsets

    async def revoked(self, places: Sequence[Place]) -> None:
        for place in places:
            self._lost.pop(place, None)
        await self._let_go(places)

    async def _let_go(self, places: Sequence[Place]) -> None:
        self._inbox.let_go(places)
        self._relay.let_go([p for t, p in places if t == self._inbox.tickets])
        for view in self._service.views:
            await view.owned(self._inbox.buckets())

    async def reclaim(self) -> None:
        """After a lost or unknown commit: nothing in memory counts, ask the store what is ours
        still. Where a newer owner exists we let go."""
        async with self._taking:
            before = dict(self._inbox.rows)
            held = await self._store.held([(*place, row.epoch) for place, row in before.items()])
            kept = {(r.topic, r.partition) for r in held}
            lost = [place for place in before if place in self._inbox.rows and place not in kept]
            if lost:
                log.warning("newer owners have %d partitions of ours", len(lost))
                self._lost.update(dict.fromkeys(lost, asyncio.get_running_loop().time()))
                await self._let_go(lost)
            await self._go_on(held)

    async def retake(self) -> None:
        """Claim again what was lost and is ours by the group's word all the same: after the time in
        which a member that is gone would have heard so, or at once where the ledger was healed."""
        async with self._taking:
            due = asyncio.get_running_loop().time() - RETAKE_S
            places = [place for place, since in self._lost.items() if since <= due]
            if self.healed.is_set():
                self.healed.clear()
                places = list(self._inbox.rows | self._lost)
            if places:
                await self._go_on(await self._store.claim(places))

    async def _go_on(self, rows: Sequence[InboxRow]) -> None:
        """Without what the group took meanwhile: there is nothing to seek in it any more."""
        marks = await self._store.marks()
        ours = self._inbox.rows.keys() | self._lost.keys()
        offsets = await self._own([r for r in rows if (r.topic, r.partition) in ours], marks)
        assert self.consumer is not None
        for place, offset in offsets.items():
            if place in self._inbox.rows or place in self._lost:
                self.consumer.seek(place, offset)


def _is_forked(row: InboxRow, marks: Mapping[int, Mark]) -> bool:
    """Any partition of the submissions brings facts into any bucket; the others belong to one."""
    mark = None if row.topic.endswith(SUBMISSIONS) else marks.get(row.partition)
    return mark is not None and mark.forked
