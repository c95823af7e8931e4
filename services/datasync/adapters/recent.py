"""What this process committed last, so that the store need not be asked for it again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping

from services.datasync.adapters.store import FeedTx, Kept, Key
from services.datasync.domain.feed import Entry, Head
from services.datasync.domain.views import Summary, begins

Feed = tuple[str, int]  # subscription, bucket


class Recent:
    """Rows of tickets at work and ends of feeds; nobody but the owner of a bucket moves them.

    What a batch touches is taken out and comes back with its commit: whatever else becomes of
    the batch, the store is asked again.
    """

    def __init__(self, *, limit: int = 10_000) -> None:
        self._limit = limit
        self._rows: OrderedDict[str, Summary] = OrderedDict()
        self._heads: dict[Feed, Head] = {}

    def forget(self) -> None:
        """The buckets may have had another owner."""
        self._rows.clear()
        self._heads.clear()

    def keep(self, rows: Mapping[str, Summary], entries: Iterable[Entry]) -> None:
        """A batch was committed: the rows of its tickets, and what its feeds were given."""
        self._rows.update(rows)
        while len(self._rows) > self._limit:
            self._rows.popitem(last=False)
        last = {(entry.subscription, entry.bucket): entry for entry in entries}
        for feed, entry in last.items():
            self._heads[feed] = Head(entry.sequence, entry.chain)

    async def rows(self, inside: FeedTx, batch: Iterable[Kept]) -> dict[str, Summary]:
        """The rows of a batch's tickets before it; one that begins in it has none."""
        first = {item.fact.ticket: item for item in reversed(list(batch))}
        known = {ticket: self._rows.pop(ticket) for ticket in first.keys() & self._rows.keys()}
        missing: set[Key] = {
            (item.record.bucket, ticket)
            for ticket, item in first.items()
            if ticket not in known and not begins(item.fact)
        }
        return known | await inside.summaries(missing) if missing else known

    async def heads(self, inside: FeedTx, feeds: Collection[Feed]) -> dict[Feed, Head]:
        """The ends of these feeds; one without entries has none."""
        known = {feed: self._heads.pop(feed) for feed in feeds if feed in self._heads}
        missing = [feed for feed in feeds if feed not in known]
        return known | await inside.heads(missing) if missing else known
