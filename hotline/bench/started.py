"""Clocks that were started: facts in deadline's ledger and rows of its timer view."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hotline.bench.site import BUCKETS, CITY
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load
from services.deadline.domain.events import ClockStarted
from services.deadline.domain.lengths import length_to_text
from services.kernel.decider import SetTimer
from services.kernel.facts import Append
from services.kernel.names import bucket_of
from services.kernel.store import TimerRow
from services.kernel.store_pg import PostgresStore

AT_ONCE = 500


class Starter:
    """Writes them as deadline would, without the facts of others that start them."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        self._policy, _ = load(CITY)
        self._codec = PolicyCodec(self._policy)

    def sources(self, clock: str) -> tuple[str, ...]:
        """Whose silence such a clock waits for."""
        return self._policy.sources[clock]

    async def start_each(
        self, prefix: str, dues: Sequence[datetime], clock: str, started_at: datetime
    ) -> list[str]:
        """One clock of a ticket of its own for each due instant; the tickets."""
        tickets = [f"{prefix}-{n}" for n in range(len(dues))]
        for begin in range(0, len(dues), AT_ONCE):
            part = zip(tickets[begin : begin + AT_ONCE], dues[begin : begin + AT_ONCE], strict=True)
            rows = sorted((bucket_of(ticket, BUCKETS), ticket, due) for ticket, due in part)
            facts = {
                d: self._codec.encode(self._started(clock, d, started_at), b"{}")
                for _, _, d in rows
            }
            timers = [TimerRow(b, t, "", self._timer(clock, due)) for b, t, due in rows]
            async with self._store.transaction() as tx:
                await tx.append([Append(b, t, 0, [facts[due]]) for b, t, due in rows])
                await tx.change_timers(timers)
        return tickets

    def _started(self, clock: str, due: datetime, at: datetime) -> ClockStarted:
        length = length_to_text(self._policy.length(clock))
        return ClockStarted(
            at, clock, 1, "DOT", at, due, False, self._policy.version, "",
            "dispatch/1", "length", None, length=length,
        )  # fmt: skip

    def _timer(self, clock: str, due: datetime) -> SetTimer:
        return SetTimer(f"{clock}/1", due, self._policy.sources[clock])
