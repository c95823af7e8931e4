"""Open clocks counted again by the calendar in effect, a page of tickets at once (R27)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from services.deadline.domain.events import ClockReplanned
from services.deadline.domain.replan import ReplanClocks
from services.kernel.codec import metadata
from services.kernel.draft import Draft
from services.kernel.facts import Appended
from services.kernel.names import bucket_of
from services.kernel.service import Service
from services.kernel.states import States
from services.kernel.store import Store

ATTEMPTS = 3
Moved = tuple[str, ClockReplanned]  # ticket, what moved


class Replanner:
    """In somebody's name. It needs no ownership: an append is held to the version it decided on."""

    def __init__(
        self, service: Service, store: Store, states: States, buckets: int, by: str, trace: str = ""
    ) -> None:
        self._service, self._store, self._states = service, store, states
        self._buckets, self._by = buckets, by
        self._meta = metadata(by=by, traceparent=trace)

    async def replan(
        self, tickets: Sequence[str], now: Callable[[], datetime]
    ) -> tuple[list[Moved], list[str]]:
        """What moved, and the tickets that went on moving meanwhile: for another call.

        States of a page in one query; only those that move are written. Each attempt has its own
        time: one that took longer than the grace is late for ever. Raises StoreUnavailable.
        """
        moved: list[Moved] = []
        left = list(tickets)
        for _ in range(ATTEMPTS):
            if left:
                left = await self._once(left, now, moved)
        return moved, left

    async def _once(
        self, tickets: Sequence[str], now: Callable[[], datetime], moved: list[Moved]
    ) -> list[str]:
        decider, codec = self._service.decider, self._service.codec
        assert decider is not None
        self._states.evict(tickets)  # another process may have written meanwhile
        known = await self._states.of(tickets)
        command = ReplanClocks(now(), self._by)
        drafts, said = [], {}
        for ticket in tickets:
            draft = Draft(bucket_of(ticket, self._buckets), ticket, *known[ticket])
            if events := draft.decide(command, decider, codec, self._meta, live=True):
                drafts.append(draft)
                said[ticket] = [
                    e for e in events if isinstance(e, ClockReplanned) and e.due_at != e.old_due_at
                ]
        drafts.sort(key=lambda draft: (draft.bucket, draft.ticket))
        outcomes = await self._store.append([d.append() for d in drafts]) if drafts else []
        self._states.evict(said)
        left = []
        for draft, outcome in zip(drafts, outcomes, strict=True):
            if isinstance(outcome, Appended):
                moved += [(draft.ticket, event) for event in said[draft.ticket]]
            else:
                left.append(draft.ticket)
        return left
