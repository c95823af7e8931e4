"""Recovery of the tables that loses no event: what Faust reads too early it throws away.

At the end of a recovery Faust lets the source's partitions in, seeks them, and only then clears
the queues in which events wait. Its reader runs meanwhile: what it has brought in is cleared, and
dropped when it comes again, for its place counts as read. So here nothing is read in between; and
what a read that was under way has brought is sought again, also where no offset was committed yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from faust.tables import TableManager
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver
from faust.types import TP


class Consumer(driver.Consumer):
    """Faust's, which goes back to the beginning where there is no committed offset."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Such a partition aiokafka leaves where it stands."""
        committed = await super().seek_to_committed()
        fresh = [tp for tp, at in committed.items() if not at and not self._is_changelog_tp(tp)]
        if fresh:
            await self.seek_wait(await self.earliest_offsets(*fresh))
        return committed


class Transport(driver.Transport):
    """Faust's, with that consumer."""

    Consumer = Consumer


class LosslessRecovery(Recovery):
    """Faust's, whose last step stands still until the queues are clear."""

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """The flow goes on near the end of it."""
        cast(Consumer, self.app.consumer).stop_flow()
        await super().on_recovery_completed(generation_id)


class Tables(TableManager):
    """Faust's, with that recovery."""

    _recovery: Recovery | None

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = LosslessRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
