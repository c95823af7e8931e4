"""Folds a service's views and timers over the topic again, and decides nothing.

Used where the ledger holds the outcome already: after a restore, and when a service is rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from prometheus_client import CollectorRegistry

from services.kernel.bus import Bus, Record
from services.kernel.facts import InboxRow
from services.kernel.healing_pg import HealingLedger, Parked
from services.kernel.inbox import Inbox
from services.kernel.measure import Meter
from services.kernel.parking import waiting
from services.kernel.planner import Planner
from services.kernel.scanning import scan
from services.kernel.service import Service

Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Nobody waits for progress."""


class Replay:
    """Owns the partitions of the topic while it runs: whoever had them lets go.

    `inbox` false: only the views are folded again, up to where the inbox stands, and it stays.
    """

    def __init__(
        self, service: Service, ledger: HealingLedger, bus: Bus, topic: str, *, inbox: bool = True
    ) -> None:
        self._service = replace(service, decider=None, announce=None, commands=(), submit=None)
        self._ledger, self._store, self._bus = ledger, ledger.store, bus
        self._topic, self._moves = topic, inbox
        self._inbox = Inbox(topic, lambda source, _: True)
        self._planner = Planner(self._service, None, None, 1, Meter(CollectorRegistry()))
        self._parked: dict[int, Parked] = {}

    async def run(self, until: Mapping[int, int], progress: Progress = silent) -> None:
        """Apply each partition below the offset `until`, from where the inbox stands.

        Raises BusUnavailable, LogHole, LostOwnership, StoreUnavailable.
        """
        await self._own(sorted(until))
        begin = {p: row.next_offset for (_, p), row in self._inbox.rows.items()}
        left = {p: at for p, at in begin.items() if at < until[p]}
        total = sum(until[p] - at for p, at in left.items())
        read = 0
        async for records in scan(self._bus, self._topic, left):
            mine = [r for r in records if r.offset < until[r.partition]]
            await self._apply(mine)
            read += len(mine)
            progress(read, total)
        for view in self._service.views:
            await view.owned(frozenset())

    async def _own(self, partitions: Sequence[int]) -> None:
        rows = [InboxRow(self._topic, p) for p in partitions]
        if self._moves:
            rows = await self._store.claim([(self._topic, p) for p in partitions])
        self._inbox.own(rows)
        self._parked = await self._ledger.parked(self._topic)
        for view in self._service.views:
            await view.owned(frozenset(partitions))

    async def _apply(self, records: Sequence[Record]) -> None:
        batch = self._inbox.sort(records)
        if not batch:
            return
        by_place = {(r.partition, r.offset): r for r in records}
        later = [
            (f.bucket, waiting(by_place[f.bucket, f.offset], f.ticket, "waits again"))
            for f in batch.facts
            if self._waits(f.bucket, f.ticket, f.offset)
        ]
        put_back = {(bucket, record.offset) for bucket, record in later}
        batch.facts = [
            f
            for f in batch.facts
            if (f.bucket, f.offset) not in put_back and f.offset not in self._skipped(f.bucket)
        ]
        plan = await self._planner.plan(batch, {})
        async with self._store.transaction() as tx:
            if self._moves:
                await tx.advance(batch.advances)
                if later:
                    await tx.park(later)
            await plan.fold(tx, self._service.views, batch.facts)
        self._inbox.applied(batch.advances)
        for view in self._service.views:
            await view.committed(batch.facts)

    def _skipped(self, bucket: int) -> set[int]:
        parked = self._parked.get(bucket)
        return parked.offsets if parked else set()

    def _waits(self, bucket: int, ticket: str, offset: int) -> bool:
        """Behind a record of its ticket that waits, and not in the vault itself."""
        parked = self._parked.get(bucket)
        if parked is None or offset in parked.offsets:
            return False
        return offset > parked.tickets.get(ticket, offset)
