"""The feeds against the topic: every entry that the sharing rules give, in order, chained.

A feed is a function of the topic and the rules. So it is made again from the topic, in memory, one
bucket after the other, and what is stored has to be the same. It changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from typing import Any, cast

from hotline.datasync.proof import Received, verify_chain
from services.datasync.adapters.store import FeedStore, FeedTx, Kept, Key
from services.datasync.adapters.view import SharingView
from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import Entry, Head
from services.datasync.domain.sharing import Sharing
from services.datasync.domain.views import Summary
from services.kernel.bus import Bus
from services.kernel.facts import InboxRow
from services.kernel.inbox import Inbox
from services.kernel.names import TICKETS, topic_of
from services.kernel.store import Tx
from services.kernel.verify import BucketReport, LedgerReader

POLL, PAGE = 2_000, 2_000
NAME = "datasync"


class FeedVerifier:
    """`progress` as for the ledgers. Entries that came after a bucket was looked at are walked too,
    but nobody can say yet whether more were due."""

    def __init__(
        self,
        ledger: LedgerReader,
        feeds: FeedStore,
        sharing: Sharing,
        bus: Bus,
        namespace: str,
        buckets: int,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self._ledger, self._feeds, self._sharing, self._bus = ledger, feeds, sharing, bus
        self._topic, self._buckets, self._progress = topic_of(namespace, TICKETS), buckets, progress
        self.read = 0

    async def run(self) -> list[BucketReport]:
        """Raises BusUnavailable, LogHole, StoreUnavailable."""
        offsets = await self._ledger.offsets(self._topic)
        total = sum(offsets.values())
        reports = []
        for bucket in range(self._buckets):
            folded = await self._folded(bucket, offsets.get(bucket, 0), total)
            reports.append(await self._compared(bucket, folded))
        return reports

    async def _folded(self, bucket: int, end: int, total: int) -> _Folded:
        """What the topic up to `end` gives, parked records left out as the view did."""
        folded = _Folded()
        view = SharingView(self._sharing, cast(FeedStore, folded))
        inbox = Inbox(self._topic, lambda source, type_name: True)
        inbox.own([InboxRow(self._topic, bucket)])
        parked = await self._ledger.parked(self._topic, bucket)
        reader = await self._bus.reader([(self._topic, bucket)], from_end=False)
        try:
            while inbox.rows[self._topic, bucket].next_offset < end:
                records = await reader.fetch(POLL, 1.0)
                batch = inbox.sort([r for r in records if r.offset < end])
                facts = [f for f in batch.facts if f.offset not in parked]
                await view.apply(cast(Tx, None), facts)
                await view.committed(facts)
                inbox.applied(batch.advances)
                self.read += len(records)
                self._progress(self.read, total)
        finally:
            await reader.stop()
        return folded

    async def _compared(self, bucket: int, folded: _Folded) -> BucketReport:
        report = BucketReport(NAME, bucket, topic=sum(map(len, folded.chains.values())))
        for subscription in self._sharing.subscriptions:
            await self._walk(subscription.id, bucket, folded, report)
        return report

    async def _walk(
        self, subscription: str, bucket: int, folded: _Folded, report: BucketReport
    ) -> None:
        feed, after = (subscription, bucket), {(subscription, bucket): (0, bytes(32))}
        due = folded.chains.get(feed, [])
        done = 0
        while entries := await self._feeds.entries(subscription, {bucket: done}, PAGE):
            proof = verify_chain(map(_received, entries), after=after)
            if proof.first_broken is not None:
                report.found(f"feed {proof}")
                return
            after[feed] = proof.heads[feed]
            for entry in entries[: max(0, len(due) - done)]:
                if entry.chain != due[entry.sequence - 1]:
                    report.found(
                        f"feed {subscription} sequence {entry.sequence}: {entry.fact.event_id} is "
                        "not what the sharing rules of today give"
                    )
                    return
            done = entries[-1].sequence
            report.ledger += len(entries)
        if done < len(due):
            report.found(f"feed {subscription} ends at {done}, {len(due)} entries were due")


def _received(entry: Entry) -> Received:
    """With the digest made anew: an altered body breaks the chain."""
    return Received(
        entry.subscription,
        entry.bucket,
        entry.sequence,
        entry.fact.event_id,
        hashlib.sha256(entry.fact.body).digest(),
        entry.rule_version,
        entry.chain,
    )


class _Folded:
    """What the topic of one bucket gives; the part of a FeedStore that the view asks for."""

    def __init__(self) -> None:
        self.facts_of: dict[Key, list[Fact]] = {}
        self.rows: dict[Key, Summary] = {}
        self.chains: dict[tuple[str, int], list[bytes]] = {}

    def inside(self, tx: Any) -> FeedTx:
        return self

    async def summaries(self, keys: Collection[Key]) -> dict[str, Summary]:
        return {ticket: self.rows[b, ticket] for b, ticket in keys if (b, ticket) in self.rows}

    async def facts(self, keys: Collection[Key]) -> dict[str, list[Fact]]:
        return {ticket: list(self.facts_of.get((b, ticket), ())) for b, ticket in keys}

    async def heads(self, feeds: Collection[tuple[str, int]]) -> dict[tuple[str, int], Head]:
        known = self.chains
        return {feed: Head(len(known[feed]), known[feed][-1]) for feed in feeds if feed in known}

    async def write(
        self,
        facts: Sequence[Kept],
        summaries: Sequence[tuple[int, Summary]],
        entries: Sequence[Entry],
    ) -> None:
        for kept in facts:
            self.facts_of.setdefault((kept.record.bucket, kept.fact.ticket), []).append(kept.fact)
        self.rows.update({(bucket, row.ticket): row for bucket, row in summaries})
        for e in entries:
            self.chains.setdefault((e.subscription, e.bucket), []).append(e.chain)
