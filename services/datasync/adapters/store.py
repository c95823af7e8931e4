"""The port to what datasync keeps. `store_pg` is the real one, `store_memory` its twin."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import Entry, Head
from services.datasync.domain.sharing import Way
from services.datasync.domain.views import Summary
from services.datasync.domain.webhook import EndpointState, Waiting
from services.kernel import facts as kernel
from services.kernel.store import Tx

Key = tuple[int, str]  # bucket, ticket
EVER = datetime.min.replace(tzinfo=UTC)


class Kept(NamedTuple):
    """A fact as it was read, with what the views made of it."""

    record: kernel.Fact
    fact: Fact


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of tickets is narrowed to; empty means all. A category covers its subtree."""

    state: str = ""
    kind: str = ""
    category: str = ""
    area: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """One line of what a department may see in lists: a rule, for one category and one area.

    Tickets received before `since` are left out.
    """

    role: str
    department: str
    level: str
    since: datetime = EVER
    category: str = ""
    area: str = ""


class FeedTx(Protocol):
    """The part inside the worker's transaction; only the buckets' owner writes."""

    async def summaries(self, keys: Collection[Key]) -> dict[str, Summary]: ...

    async def facts(self, keys: Collection[Key]) -> dict[str, list[Fact]]:
        """All facts of each ticket so far, in the order of the topic."""

    async def heads(self, feeds: Collection[tuple[str, int]]) -> dict[tuple[str, int], Head]: ...

    async def write(
        self,
        facts: Sequence[Kept],
        summaries: Sequence[tuple[int, Summary]],
        entries: Sequence[Entry],
    ) -> None: ...


class FeedStore(Protocol):
    """Reads of facts, tickets and feeds, and the delivery state in the vault.

    Every method but `inside` raises StoreUnavailable.
    """

    def inside(self, tx: Tx) -> FeedTx: ...

    async def ticket(self, bucket: int, ticket: str) -> list[Fact]:
        """All facts of one ticket in the order of the topic; empty where it is unknown."""

    async def tickets(
        self,
        filters: Filters,
        reach: Sequence[Reach] | None,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Summary]:
        """The newest received first, from below `before`; `reach` None sees everything."""

    async def entries(self, subscription: str, after: Mapping[int, int], limit: int) -> list[Entry]:
        """Entries behind the given sequences, dense in each bucket, all buckets in turn."""

    async def ticket_entries(
        self, subscription: str, bucket: int, ticket: str, first: int, last: int, limit: int
    ) -> list[Entry]:
        """One ticket's entries with first <= sequence <= last, in order."""

    async def heads(self, subscription: str) -> dict[int, Head]:
        """The end of the feed in each bucket that has entries."""

    async def cursors(
        self, way: Way, subscription: str, buckets: Collection[int]
    ) -> dict[int, int]:
        """Up to where each bucket was delivered; 0 where nothing was."""

    async def put_cursors(self, way: Way, subscription: str, delivered: Mapping[int, int]) -> None:
        """Forward only: an earlier owner that is late changes nothing."""

    async def waiting(self, subscription: str, buckets: Collection[int]) -> list[Waiting]: ...

    async def put_waiting(self, rows: Sequence[Waiting]) -> None: ...

    async def drop_waiting(self, subscription: str, bucket: int, ticket: str) -> None: ...

    async def endpoint(self, subscription: str) -> EndpointState: ...

    async def put_endpoint(self, subscription: str, state: EndpointState) -> None: ...

    async def release(self, subscription: str, now: datetime) -> int:
        """An operator's word: the endpoint may be asked again, parked tickets too; how many."""
