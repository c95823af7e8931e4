"""The port to the rows of clocks. `store_pg` is the real one, `store_memory` its twin."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.deadline.domain.desk_views import ApplicationView, MovedView, Waiting
from services.deadline.domain.shares import Moment
from services.deadline.domain.views import ClockView
from services.kernel.facts import NEVER
from services.kernel.store import Tx

Open = tuple[ApplicationView, datetime | None]  # and when its clock is due; None while paused
Key = tuple[int, str, str, int]  # bucket, ticket, clock, run
Passed = tuple[int, str, str, Moment]  # bucket, ticket, `<service>/<id of the fact>`, what it says


class ClocksTx(Protocol):
    """The part inside the worker's transaction; only the buckets' owner writes."""

    async def rows(self, keys: Collection[Key]) -> dict[Key, ClockView]:
        """Those that are there already."""

    async def put(self, rows: Sequence[tuple[int, ClockView]]) -> None:
        """(bucket, row): as they are after a batch; nothing waits any more of those that ended."""

    async def applications(self, keys: Collection[Key]) -> dict[Key, Waiting]:
        """Those that wait, of these runs of clocks."""

    async def put_applications(self, rows: Mapping[Key, Waiting]) -> None:
        """All that wait after a batch, of these runs."""

    async def put_moved(self, rows: Sequence[tuple[int, MovedView]]) -> None:
        """(bucket, row): clocks that a calendar moved in a batch."""

    async def pass_on(self, rows: Sequence[Passed]) -> None:
        """Moments that passed tickets on."""


class ClocksStore(Protocol):
    """Reads of clocks. Every method but `inside` raises StoreUnavailable."""

    def inside(self, tx: Tx) -> ClocksTx: ...

    async def of_ticket(self, bucket: int, ticket: str) -> list[ClockView]:
        """All runs of a ticket's clocks, in the order of their starts."""

    async def moments(self, bucket: int, ticket: str, limit: int) -> list[Moment]:
        """All that passed a ticket on, the earliest first."""

    async def due(
        self, unit: str | None, before: datetime, limit: int, *, since: datetime = NEVER
    ) -> list[ClockView]:
        """Running clocks due before an instant, the earliest first; of all units for None."""

    async def open_applications(self, limit: int) -> list[Open]:
        """Those of clocks that are open, the earliest due first; of clocks that stand last."""

    async def count_applications(self) -> int:
        """How many wait."""

    async def moved(self, calendar: str, limit: int) -> tuple[int, list[MovedView]]:
        """How many clocks that calendar was the last to move, and so many of them."""

    async def by_hour(
        self, unit: str | None, start: datetime, end: datetime
    ) -> list[tuple[datetime, int]]:
        """How many running clocks become due in each hour from `start` on; none, no entry."""

    async def open_tickets(self, after: tuple[int, str], limit: int) -> list[tuple[int, str]]:
        """(bucket, ticket) of those with a running clock, the next ones behind `after`."""

    async def planned_by(self) -> dict[int, int]:
        """By which published version of the calendar each bucket was planned last."""

    async def set_planned_by(self, bucket: int, version: int) -> None:
        """Its open clocks are planned by that version now."""
