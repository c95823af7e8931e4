"""The view that the kernel's worker drives: facts in, ticket files, lists and feeds out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from services.datasync.adapters.events import to_fact
from services.datasync.adapters.recent import Feed, Recent
from services.datasync.adapters.store import FeedStore, FeedTx, Kept, Key
from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import (
    Entry,
    Given,
    Head,
    catch_up,
    chained,
    give,
    granted,
    widens,
)
from services.datasync.domain.sharing import FORGOTTEN, REDACTION, Granted, Grants, Sharing
from services.datasync.domain.views import Summary, summarise
from services.kernel import facts as kernel
from services.kernel.store import Tx

_Step = tuple[Kept, Granted, Granted]  # a fact, with who was entitled before and after it
_UNCOMMITTED = 8


class Listener(Protocol):
    """Who wants to know of new entries: the deliveries, and readers by SSE."""

    def added(self, entries: Sequence[Entry]) -> None:
        """Committed just now, in order within each feed."""

    async def owned(self, buckets: frozenset[int]) -> None: ...


class _Outcome(NamedTuple):
    """What a batch comes to, once it is committed: rows by ticket, and what feeds are given."""

    rows: dict[str, Summary]
    entries: list[Entry]


class SharingView:
    """A fold over the topic: the same for every split of it into batches."""

    def __init__(
        self, sharing: Sharing, store: FeedStore, listeners: Sequence[Listener] = ()
    ) -> None:
        self._grants, self._store = Grants(sharing), store
        self._listeners = listeners
        rules = [REDACTION, *(rule for s in sharing.subscriptions for rule in s.rules)]
        self._versions = {rule.id: sharing.rule_version(rule) for rule in rules}
        self._recent = Recent()
        self._uncommitted: OrderedDict[tuple[str, int, int], _Outcome] = OrderedDict()

    async def apply(self, tx: Tx, facts: Sequence[kernel.Fact]) -> None:
        """Six statements at most, however many facts."""
        if not facts:
            return
        inside = self._store.inside(tx)
        kept = [Kept(fact, to_fact(fact)) for fact in facts]
        rows = await self._recent.rows(inside, kept)
        steps, changed = self._fold(kept, rows)
        given = self._given(steps, await self._earlier(inside, steps))
        entries = await self._chain(inside, given)
        await inside.write(kept, changed, entries)
        self._uncommitted[_name(facts)] = _Outcome(rows, entries)
        while len(self._uncommitted) > _UNCOMMITTED:  # batches that were rolled back
            self._uncommitted.popitem(last=False)

    async def committed(self, facts: Sequence[kernel.Fact]) -> None:
        """Hand the new entries on from memory; who misses them finds them in the store."""
        outcome = self._uncommitted.pop(_name(facts), None) if facts else None
        if outcome is None:
            return
        self._recent.keep(*outcome)
        if outcome.entries:
            for listener in self._listeners:
                listener.added(outcome.entries)

    async def owned(self, buckets: frozenset[int]) -> None:
        self._uncommitted.clear()
        self._recent.forget()
        for listener in self._listeners:
            await listener.owned(buckets)

    def _fold(
        self, kept: Sequence[Kept], rows: dict[str, Summary]
    ) -> tuple[list[_Step], list[tuple[int, Summary]]]:
        steps: list[_Step] = []
        now: dict[str, Granted] = {}
        changed: dict[str, int] = {}
        for item in kept:
            record, fact = item
            ticket = fact.ticket
            row = rows.get(ticket)
            before = now.get(ticket)
            if before is None or fact.type == FORGOTTEN:
                before = granted(self._grants, row, fact)
            new = summarise(row, fact)
            after = before
            if new is not row and new is not None:
                rows[ticket] = new
                changed[ticket] = record.bucket
                after = granted(self._grants, new, fact)
            if fact.type == FORGOTTEN:  # of that alone everybody is told
                now.pop(ticket, None)
            else:
                now[ticket] = after
            steps.append((item, before, after))
        return steps, [(bucket, rows[ticket]) for ticket, bucket in changed.items()]

    async def _earlier(self, inside: FeedTx, steps: Sequence[_Step]) -> dict[str, list[Fact]]:
        """Earlier facts of the tickets that somebody becomes entitled to in this batch."""
        keys: set[Key] = {
            (kept.record.bucket, kept.fact.ticket)
            for kept, before, after in steps
            if after is not before and widens(before, after)
        }
        if not keys:
            return {}
        stored = await inside.facts(keys)
        return {ticket: stored.get(ticket, []) for _, ticket in keys}

    def _given(
        self, steps: Sequence[_Step], earlier: dict[str, list[Fact]]
    ) -> dict[Feed, list[Given]]:
        """What goes into which feed, in order."""
        feeds: dict[Feed, list[Given]] = {}
        for (record, fact), before, after in steps:
            so_far = earlier.get(fact.ticket)
            late: list[Given] = []
            if so_far is not None and after is not before:
                late = catch_up(self._grants, before, after, so_far)
            bucket = record.bucket
            for item in give(before, after, fact, late):
                feeds.setdefault((item.subscription.id, bucket), []).append(item)
            if so_far is not None:
                so_far.append(fact)
        return feeds

    async def _chain(self, inside: FeedTx, feeds: dict[Feed, list[Given]]) -> list[Entry]:
        if not feeds:
            return []
        heads = await self._recent.heads(inside, feeds.keys())
        entries: list[Entry] = []
        for (subscription, bucket), given in feeds.items():
            head = heads.get((subscription, bucket), Head())
            named = [(item, self._versions[item.rule.id]) for item in given]
            entries.extend(chained(head, bucket, named))
        return entries


def _name(facts: Sequence[kernel.Fact]) -> tuple[str, int, int]:
    first = facts[0]
    return first.source, first.bucket, first.position
