"""One suite for both stores: what is kept of the topic, and how far departments have been told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hotline.datasync.proof import verify_chain
from hotline.dispatch.v1 import events_pb2 as dispatch
from services.datasync.adapters.reading import reach_of
from services.datasync.adapters.store import EndpointState, Filters, Waiting
from services.datasync.domain.feed import Head
from services.datasync.domain.sharing import FieldClass, Grants, Role, Rule, Sharing, Shown, Way
from services.datasync.domain.ticket_file import ticket_file
from services.datasync.domain.views import State
from services.kernel.decider import replace
from services.kernel.names import bucket_of
from tests.integration.datasync.stores import ALL_BUCKETS, Kept, Told
from tests.unit.datasync.test_feed import as_received
from tests.unit.datasync.tickets import (
    BUCKETS,
    OVERSIGHT,
    START,
    Topic,
    accepted,
    dispatched,
    received,
    replied,
    subscriber,
)

FROM_START = dict.fromkeys(range(BUCKETS), 0)


def loops(count: int) -> Topic:
    """Tickets that are received one after another and then dispatched to DOT and DPR in turn."""
    topic = Topic()
    for n in range(count):
        topic.say(f"T{n}", received())
        topic.say(f"T{n}", accepted())
    for n in range(count):
        topic.say(f"T{n}", dispatched(("DOT", "DPR")[n % 2]))
        topic.say(f"T{n}", replied(("DOT", "DPR")[n % 2]))
    return topic


async def test_a_ticket_is_read_back_in_the_order_of_the_topic(kept: Kept) -> None:
    topic = loops(3)
    await kept.read(topic.facts)
    assert await kept.feeds.ticket(bucket_of("T1", BUCKETS), "T1") == topic.of("T1")
    assert await kept.feeds.ticket(0, "unknown") == []


async def test_a_listed_row_is_the_header_of_the_ticket_file(kept: Kept) -> None:
    topic = loops(3)
    for fact in topic.facts:
        await kept.read([fact])
    rows = await kept.feeds.tickets(Filters(), None, None, 10)
    assert rows == [ticket_file(topic.of(f"T{n}")).summary for n in (2, 1, 0)]


async def test_feeds_do_not_depend_on_the_batches(kept: Kept) -> None:
    topic = loops(4)
    for start in range(0, len(topic.facts), 3):
        await kept.read(topic.facts[start : start + 3])
    for subscription in ("dot", "dpr", "oem"):
        entries = await kept.feeds.entries(subscription, FROM_START, 100)
        heads = await kept.feeds.heads(subscription)
        proven = verify_chain(
            map(as_received, entries),
            {(subscription, b): (h.sequence, h.chain) for b, h in heads.items()},
        )
        assert proven.ok
    assert len(await kept.feeds.entries("dot", FROM_START, 100)) == 8
    assert len(await kept.feeds.entries("oem", FROM_START, 100)) == 16


async def test_a_batch_that_is_rolled_back_leaves_nothing(kept: Kept) -> None:
    topic, told = loops(2), Told()
    view = kept.view(told)

    async def fail() -> None:
        async with kept.kernel.transaction() as tx:
            await view.apply(tx, topic.facts)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await kept.feeds.tickets(Filters(), None, None, 10) == []
    assert await kept.feeds.heads("dot") == {}
    assert told.entries == []


async def test_listeners_are_told_the_entries_after_the_commit(kept: Kept) -> None:
    topic, told = loops(2), Told()
    await kept.read(topic.facts, told)
    stored = [
        entry
        for s in ("dot", "dpr", "oem")
        for entry in await kept.feeds.entries(s, FROM_START, 100)
    ]
    assert sorted(told.entries, key=repr) == sorted(stored, key=repr)


async def test_an_empty_batch_is_quiet(kept: Kept) -> None:
    await kept.read([])
    assert await kept.feeds.heads("dot") == {}


async def test_a_body_that_is_not_of_its_type_is_kept_and_stops_nobody(kept: Kept) -> None:
    topic = loops(1)
    topic.facts[1].data = b"\xff\xff\xff"
    await kept.read(topic.facts)
    (row,) = await kept.feeds.tickets(Filters(), None, None, 10)
    assert row.state is State.REPLIED


async def test_pages_of_a_feed_go_on_behind_the_cursor_in_each_bucket(kept: Kept) -> None:
    topic = loops(12)
    await kept.read(topic.facts)
    whole = await kept.feeds.entries("oem", FROM_START, 1000)
    assert {e.bucket for e in whole} == ALL_BUCKETS
    reached, pages = dict(FROM_START), []
    while page := await kept.feeds.entries("oem", reached, 7):
        for entry in page:
            assert entry.sequence == reached[entry.bucket] + 1
            reached[entry.bucket] = entry.sequence
        pages += page
    assert len(pages) == len(whole) == 48


async def test_no_bucket_starves_another(kept: Kept) -> None:
    topic = loops(12)
    await kept.read(topic.facts)
    first = await kept.feeds.entries("oem", FROM_START, BUCKETS)
    assert {e.bucket for e in first} == ALL_BUCKETS


async def test_one_tickets_entries_are_found(kept: Kept) -> None:
    await kept.read(loops(6).facts)
    bucket = bucket_of("T2", BUCKETS)
    found = await kept.feeds.ticket_entries("oem", bucket, "T2", 1, 1000, 100)
    assert [e.fact.ticket for e in found] == ["T2"] * 4
    first, last = found[1].sequence, found[2].sequence
    assert await kept.feeds.ticket_entries("oem", bucket, "T2", first, last, 100) == found[1:3]
    assert await kept.feeds.ticket_entries("oem", bucket, "T2", 1, 1000, 2) == found[:2]


async def test_lists_are_filtered_and_paged(kept: Kept) -> None:
    topic = loops(5)
    topic.say("T9", received("DOHMH/Mold", area="QUEENS"))
    await kept.read(topic.facts)
    list_ = kept.feeds.tickets
    assert [r.ticket for r in await list_(Filters(state="received"), None, None, 9)] == ["T9"]
    assert [r.ticket for r in await list_(Filters(unit="DPR"), None, None, 9)] == ["T3", "T1"]
    assert [r.ticket for r in await list_(Filters(category="DOHMH"), None, None, 9)] == ["T9"]
    assert await list_(Filters(category="DOHM"), None, None, 9) == []
    assert [r.ticket for r in await list_(Filters(area="QUEENS"), None, None, 9)] == ["T9"]
    assert len(await list_(Filters(kind="complaint"), None, None, 9)) == 6
    page = await list_(Filters(), None, None, 4)
    rest = await list_(Filters(), None, (page[-1].received_at, page[-1].ticket), 4)
    assert [r.ticket for r in page + rest] == ["T9", "T4", "T3", "T2", "T1", "T0"]


RULES = (
    Rule("lead", Role.LEAD),
    Rule("lead-here", Role.LEAD, areas=("BROOKLYN",), categories=("DOHMH", "DOT")),
    Rule("co", Role.CO_HANDLER),
    OVERSIGHT,
    Rule("level", Role.SAME_LEVEL),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
async def test_a_list_shows_exactly_what_the_rules_grant(kept: Kept, rule: Rule) -> None:
    subscription = subscriber("DPR", rule)
    grants = Grants(Sharing("v", (subscription,)))
    topic, ticket = Topic(), 0
    for category in ("DOT/Street Condition", "DOHMH/Mold", "DOHMHX"):
        for unit, others in (("DPR", []), ("DOT", ["DPR"]), ("DOT", [])):
            for level, about in (("city", ""), ("county", ""), ("city", "DPR")):
                ticket += 1
                topic.say(f"T{ticket}", received(category, about_unit=about))
                topic.say(f"T{ticket}", dispatched(unit, others, level))
    await kept.read(topic.facts)
    rows = await kept.feeds.tickets(Filters(), None, None, 100)
    assert len(rows) == ticket
    granted = [row for row in rows if grants.of(row.audience)]
    assert granted
    assert await kept.feeds.tickets(Filters(), reach_of([subscription]), None, 100) == granted


async def test_a_list_shows_nothing_from_before_a_subscription_began(kept: Kept) -> None:
    await kept.read(loops(4).facts)
    since = START + timedelta(minutes=4)
    late = replace(subscriber("DOT"), since=since)
    rows = await kept.feeds.tickets(Filters(), reach_of([late]), None, 10)
    assert [r.ticket for r in rows] == ["T2"]


@pytest.mark.parametrize(
    "narrow",
    [
        {"stages": frozenset({"reply"})},
        {"types": frozenset({"TicketReplied"})},
        {"omit": frozenset({"title"})},
        {"fields": {FieldClass.PUBLIC: Shown.PLAIN}},
    ],
)
async def test_a_rule_that_shares_a_part_lists_no_rows(narrow: dict[str, Any]) -> None:
    assert reach_of([subscriber("DOT", Rule("narrow", Role.LEAD, **narrow))]) == []


async def test_who_has_no_subscription_is_shown_nothing(kept: Kept) -> None:
    await kept.read(loops(2).facts)
    assert await kept.feeds.tickets(Filters(), [], None, 10) == []


async def test_a_ticket_that_goes_back_and_comes_again_is_given_whole(kept: Kept) -> None:
    topic = Topic()
    for message in (
        received(),
        dispatched("DOT"),
        dispatched("DPR"),
        dispatch.DispatchConfirmed(unit="DPR"),
        dispatched("DOT"),
    ):
        await kept.read([topic.say("T1", message)])
    entries = await kept.feeds.entries("dot", FROM_START, 100)
    assert [e.fact for e in entries] == topic.of("T1")


async def test_a_proof_is_the_end_of_each_feed(kept: Kept) -> None:
    await kept.read(loops(6).facts)
    entries = await kept.feeds.entries("oem", FROM_START, 1000)
    ends = {e.bucket: Head(e.sequence, e.chain) for e in entries}
    assert await kept.feeds.heads("oem") == ends
    assert await kept.feeds.heads("nobody") == {}


async def test_cursors_only_move_forward(kept: Kept) -> None:
    feeds = kept.feeds
    assert await feeds.cursors(Way.TOPIC, "dot", [0, 1]) == {0: 0, 1: 0}
    await feeds.put_cursors(Way.TOPIC, "dot", {0: 5, 1: 2})
    await feeds.put_cursors(Way.TOPIC, "dot", {0: 3, 1: 4})
    assert await feeds.cursors(Way.TOPIC, "dot", [0, 1, 2]) == {0: 5, 1: 4, 2: 0}
    assert await feeds.cursors(Way.WEBHOOK, "dot", [0]) == {0: 0}


async def test_a_waiting_ticket_is_found_by_the_next_owner(kept: Kept) -> None:
    feeds = kept.feeds
    one = Waiting("dot", 1, "T1", 7, 1, START, "503")
    two = Waiting("dot", 2, "T2", 9, 11, None, "500")
    await feeds.put_waiting([one, two, Waiting("dpr", 1, "T1", 1, 1, START, "x")])
    assert await feeds.waiting("dot", [1, 2]) == [one, two]
    assert await feeds.waiting("dot", [2]) == [two]
    later = Waiting("dot", 1, "T1", 8, 2, START + timedelta(minutes=1), "timed out")
    await feeds.put_waiting([later])
    await feeds.drop_waiting("dot", 2, "T2")
    assert await feeds.waiting("dot", [1, 2]) == [later]


async def test_an_endpoint_that_stopped_stays_stopped(kept: Kept) -> None:
    assert await kept.feeds.endpoint("dot") == EndpointState()
    stopped = EndpointState(START, START, "410 Gone")
    await kept.feeds.put_endpoint("dot", stopped)
    assert await kept.feeds.endpoint("dot") == stopped
    await kept.feeds.put_endpoint("dot", EndpointState())
    assert await kept.feeds.endpoint("dot") == EndpointState()
