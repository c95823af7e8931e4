"""Notices that the store is another server, and that a bucket is forked."""

from __future__ import annotations

import logging

from services.kernel.bus import BusUnavailable
from services.kernel.clock import Clock
from services.kernel.healing import Healer
from services.kernel.measure import Meter
from services.kernel.store import LostOwnership, StoreUnavailable
from services.kernel.worker import Worker

log = logging.getLogger("hotline.watching")
TICK_S = 0.5


class Watch:
    """Twice a second: is this still the server that the ledger was healed on? Else heal it.

    The worker is kept still meanwhile, and claims everything again. `healed`: as it was last seen.
    """

    def __init__(self, healer: Healer, clock: Clock, worker: Worker, meter: Meter) -> None:
        self._healer, self._clock = healer, clock
        self._worker, self._meter = worker, meter
        self._forked: list[int] = []
        self.healed = False
        meter.healed.set_function(lambda: float(self.healed))

    async def start(self) -> None:
        """Before anything is read or written. Raises what `Healer.heal` does."""
        await self._healer.heal()
        self.healed = True
        self._note(await self._healer.forked())

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(TICK_S)
            try:
                await self.tick()
            except (StoreUnavailable, BusUnavailable, LostOwnership) as error:
                log.warning("the ledger is not healed yet: %s", error)

    async def tick(self) -> None:
        """One look."""
        moved = not await self._healer.is_healed()
        if moved:
            self.healed = False
            log.error("the store is another server, or was started again: nothing is appended now")
            async with self._worker.alone:
                await self._healer.heal()
        self.healed = True
        forked = await self._healer.forked()
        if moved or forked != self._forked:
            self._note(forked)
            self._worker.healed.set()

    def _note(self, forked: list[int]) -> None:
        self._forked = forked
        self._meter.forked.set(len(forked))
