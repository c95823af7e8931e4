"""What a process remembers of its own commits never says anything else than the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from hotline.datasync.proof import verify_chain
from services.datasync.adapters.events import to_fact
from services.datasync.adapters.recent import Recent
from services.datasync.adapters.store import FeedTx, Filters
from services.datasync.adapters.store import Kept as KeptFact
from services.datasync.adapters.view import SharingView
from services.datasync.domain.feed import Entry, Head
from services.datasync.domain.ticket_file import ticket_file
from services.datasync.domain.views import Summary, summary
from services.kernel.facts import Fact
from tests.integration.datasync.stores import ALL_BUCKETS, Kept
from tests.unit.datasync.test_feed import as_received
from tests.unit.datasync.tickets import BUCKETS, Topic, accepted, dispatched, received, replied

FROM_START = dict.fromkeys(range(BUCKETS), 0)
TICKETS = [f"T{n}" for n in range(6)]
ALL = 3 * 5 * 6  # each of three subscriptions is given every fact, early or late


def loops() -> Topic:
    topic = Topic()
    for message in (received(), accepted(), dispatched("DOT"), replied("DOT"), dispatched("DPR")):
        for ticket in TICKETS:
            topic.say(ticket, message)
    return topic


async def commit(kept: Kept, view: SharingView, facts: Sequence[Fact]) -> None:
    """As the worker does, but for telling the view."""
    async with kept.kernel.transaction() as tx:
        await view.apply(tx, facts)


async def roll_back(kept: Kept, view: SharingView, facts: Sequence[Fact]) -> None:
    async with kept.kernel.transaction() as tx:
        await view.apply(tx, facts)
        raise ZeroDivisionError


async def proven(kept: Kept) -> int:
    """All feeds are whole and all rows those of the facts; how many entries."""
    count = 0
    for subscription in ("dot", "dpr", "oem"):
        entries = await kept.feeds.entries(subscription, FROM_START, 500)
        heads = await kept.feeds.heads(subscription)
        proof = verify_chain(
            map(as_received, entries),
            {(subscription, b): (h.sequence, h.chain) for b, h in heads.items()},
        )
        assert proof.ok, proof
        count += proof.entries
    rows = await kept.feeds.tickets(Filters(), None, None, 50)
    files = [await kept.feeds.ticket(bucket, t) for t in TICKETS for bucket in range(BUCKETS)]
    assert sorted(rows, key=repr) == sorted((ticket_file(f).summary for f in files if f), key=repr)
    return count


async def test_one_view_over_many_batches_gives_what_one_batch_gives(kept: Kept) -> None:
    view = kept.view()
    for fact in loops().facts:
        await commit(kept, view, [fact])
        await view.committed([fact])
    assert await proven(kept) == ALL


async def test_what_was_rolled_back_is_not_remembered(kept: Kept) -> None:
    view = kept.view()
    for fact in loops().facts:
        with pytest.raises(ZeroDivisionError):
            await roll_back(kept, view, [fact])
        await commit(kept, view, [fact])
        await view.committed([fact])
    assert await proven(kept) == ALL


async def test_a_commit_that_the_view_is_not_told_of_is_read_from_the_store(kept: Kept) -> None:
    view = kept.view()
    for number, fact in enumerate(loops().facts):
        await commit(kept, view, [fact])
        if number % 3:
            await view.committed([fact])
    assert await proven(kept) == ALL


async def test_what_another_owner_wrote_in_between_is_read_from_the_store(kept: Kept) -> None:
    view, other = kept.view(), kept.view()
    for number, fact in enumerate(loops().facts):
        owner = (view, other)[number // 5 % 2]
        if number % 5 == 0:
            await owner.owned(ALL_BUCKETS)
        await commit(kept, owner, [fact])
        await owner.committed([fact])
    assert await proven(kept) == ALL


def rows_of(topic: Topic) -> dict[str, Summary]:
    rows = {ticket: summary(topic.of(ticket)) for ticket in TICKETS}
    return {ticket: row for ticket, row in rows.items() if row is not None}


class Unasked:
    """A transaction in which nothing is read."""

    async def summaries(self, keys: object) -> dict[str, object]:
        raise AssertionError(keys)

    heads = summaries


async def test_the_store_is_not_asked_for_what_was_just_committed() -> None:
    recent, inside = Recent(limit=6), cast(FeedTx, Unasked())
    topic = loops()
    batch = [KeptFact(fact, to_fact(fact)) for fact in topic.facts[:6]]
    assert await recent.rows(inside, batch) == {}
    rows = rows_of(topic)
    ends = [Entry("dot", bucket, 7, "1/lead", b"c", batch[0].fact) for bucket in range(BUCKETS)]
    recent.keep(rows, ends)
    assert await recent.heads(inside, [("dot", 1), ("dot", 3)]) == {
        ("dot", 1): Head(7, b"c"),
        ("dot", 3): Head(7, b"c"),
    }
    assert await recent.rows(inside, batch) == rows


async def test_what_is_remembered_is_bounded() -> None:
    recent, inside = Recent(limit=2), cast(FeedTx, Unasked())
    topic = loops()
    recent.keep(rows_of(topic), [])
    later = [KeptFact(fact, to_fact(fact)) for fact in topic.facts[6:12]]
    with pytest.raises(AssertionError):
        await recent.rows(inside, later[:4])
    assert sorted(await recent.rows(inside, later[4:])) == TICKETS[4:]
