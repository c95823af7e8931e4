"""The owner of a bucket does what operators ask of its parked tickets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from services.kernel.clock import Clock
from services.kernel.parking import UNDONE, reason_of

log = logging.getLogger("hotline.releasing")
TICK_S = 0.5
LIMIT = 20


@dataclass(frozen=True, slots=True)
class Order:
    """An operator's word: `retry` what waits of the ticket, or `drop` it."""

    id: int
    ticket: str
    action: str
    by: str


class Orders(Protocol):
    """Where orders are found and answered."""

    async def orders(self, buckets: list[int], limit: int) -> list[Order]: ...

    async def done(self, order: Order, outcome: str) -> None: ...


class Release(Protocol):
    """`Worker.release`."""

    async def __call__(self, ticket: str, *, drop_by: str = "") -> int: ...


class Releaser:
    """Looks twice a second; what another owner must do, or the store cannot, stays open."""

    def __init__(
        self,
        orders: Orders,
        buckets: Callable[[], Collection[int]],
        release: Release,
        clock: Clock,
    ) -> None:
        self._orders, self._buckets = orders, buckets
        self._release, self._clock = release, clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(TICK_S)
            try:
                await self.tick()
            except UNDONE as error:
                log.warning("parked tickets wait on: %s", error)

    async def tick(self) -> None:
        """Do what is asked for the buckets that are ours now."""
        buckets = sorted(self._buckets())
        for order in await self._orders.orders(buckets, LIMIT) if buckets else []:
            await self._orders.done(order, await self._done(order))

    async def _done(self, order: Order) -> str:
        drop_by = order.by if order.action == "drop" else ""
        count = 0
        try:
            while released := await self._release(order.ticket, drop_by=drop_by):
                count += released
        except UNDONE:
            raise
        except Exception as error:  # the record still makes the code fail: the operator is told
            log.exception("ticket %s stays parked", order.ticket, extra={"ticket": order.ticket})
            return f"it still fails: {reason_of(error)}"
        word = "dropped" if drop_by else "applied"
        log.warning("ticket %s: %d records %s for %s", order.ticket, count, word, order.by)
        return f"{count} records {word}" if count else "nothing waits of this ticket"
