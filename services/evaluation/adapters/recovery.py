"""Recovery of the tables that loses no event: what Faust reads too early it throws away.

At the end of a recovery Faust lets the source's partitions in, seeks them, and only then clears
the queues in which events wait. Its reader runs meanwhile: what it has brought in is cleared, and
dropped when it comes again, for its place counts as read. So here nothing is read in between.
"""

from __future__ import annotations

from typing import cast

from faust.tables import TableManager
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer


class LosslessRecovery(Recovery):
    """Faust's, whose last step stands still until the queues are clear."""

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """The flow goes on with the last line of it. A read that is under way was given the set of
        partitions itself, so the set that grows now is another one."""
        consumer = cast(Consumer, self.app.consumer)
        consumer.stop_flow()
        consumer._active_partitions = set(consumer._get_active_partitions())
        await super().on_recovery_completed(generation_id)


class Tables(TableManager):
    """Faust's, with that recovery."""

    _recovery: Recovery | None

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = LosslessRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
