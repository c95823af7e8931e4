"""What a feed holds, in which order, and its chain."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.datasync.proof import Received, verify_chain
from hotline.datasync.v1.feed_pb2 import FeedEntry
from hotline.deadline.v1.events_pb2 import ClockStopped
from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1.events_pb2 import PersonForgotten
from hotline.kernel.v1.answer_pb2 import TicketParked
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store_memory import MemoryFeedStore
from services.datasync.adapters.view import SharingView
from services.datasync.domain.feed import GENESIS, Entry, feed_of, link
from services.datasync.domain.sharing import FORGOTTEN, Grants, Role, Rule, Sharing
from services.kernel import facts as kernel
from services.kernel.decider import replace
from tests.unit.datasync.tickets import (
    LEAD,
    SHARING,
    START,
    Topic,
    accepted,
    dispatched,
    received,
    replied,
    subscriber,
)

GRANTS = Grants(SHARING)


def names(subscription: str, topic: Topic, grants: Grants = GRANTS) -> list[str]:
    given_facts = feed_of(grants, subscription, topic.of("T1"))
    return [g.fact.type.rpartition(".")[2] for g in given_facts]


def say(*messages: Message) -> Topic:
    topic = Topic()
    for message in messages:
        topic.say("T1", message)
    return topic


def test_a_lead_unit_gets_the_earlier_facts_first_and_then_the_dispatch() -> None:
    topic = say(received(), accepted(), dispatched("DOT"), replied())
    assert names("dot", topic) == [
        "TicketReceived",
        "TicketAccepted",
        "TicketDispatched",
        "TicketReplied",
    ]


def forgotten() -> Message:
    return PersonForgotten(person_id="p1", basis="request 7 of 2026")


async def test_that_a_person_was_forgotten_reaches_every_subscriber() -> None:
    topic = say(received(), accepted(), dispatched("DOT"))
    topic.say("person-p1", TicketParked(reason="made the code fail"))
    topic.say("person-p1", forgotten())
    topic.say("person-p1", TicketParked(reason="made the code fail"))
    feeds = await feeds_of([topic.facts[:3], topic.facts[3:]])
    assert feeds.keys() == {"dot", "dpr", "oem"}
    for subscription, entries in feeds.items():
        given = feed_of(GRANTS, subscription, topic.of("person-p1"))
        assert [(g.fact.type, g.rule.id) for g in given] == [(FORGOTTEN, "redaction")]
        (told,) = [e for e in entries if e.fact.ticket == "person-p1"]
        assert (told.fact.type, told.rule_version) == (FORGOTTEN, "test/1/redaction")
        event = FeedEntry.FromString(Serving(SHARING).message(told))
        assert PersonForgotten.FromString(event.data) == forgotten()


def test_who_handles_nothing_of_it_gets_nothing() -> None:
    assert names("dpr", say(received(), accepted(), dispatched("DOT"), replied())) == []


def test_a_department_of_the_same_level_gets_its_categories_without_handling_them() -> None:
    topic = say(received("DOHMH/Mold"), accepted("DOHMH/Mold"), dispatched("DOHMH"))
    assert names("oem", topic) == ["TicketReceived", "TicketAccepted", "TicketDispatched"]


def test_a_department_of_the_same_level_gets_nothing_of_other_categories() -> None:
    topic = say(received("DOHMHX/Mold"), accepted("DOHMHX/Mold"), dispatched("DOHMH"))
    assert names("oem", topic) == []


def test_a_ticket_of_another_level_stays_there() -> None:
    assert names("oem", say(received(), accepted(), dispatched("DOT", level="county"))) == []


def test_nobody_learns_of_a_complaint_about_itself_as_a_bystander() -> None:
    topic = say(received(about_unit="OEM"), accepted(), dispatched("DOT"))
    assert names("oem", topic) == []


def test_a_co_handler_gets_the_whole_ticket() -> None:
    topic = say(received(), accepted(), dispatched("DOT", ["DPR"]), replied())
    assert len(names("dpr", topic)) == 4


def test_a_unit_that_gave_the_ticket_back_gets_the_fact_that_ends_it_and_no_more() -> None:
    topic = say(
        received(),
        dispatched("DOT"),
        dispatch.ReturnGranted(unit="DOT", next_unit="DPR"),
        dispatched("DPR"),
        replied("DPR"),
    )
    assert names("dot", topic)[-1] == "TicketDispatched"
    assert len(names("dot", topic)) == 4
    assert len(names("dpr", topic)) == 5


def test_a_unit_that_gets_the_ticket_again_gets_what_it_missed() -> None:
    topic = say(
        received(),
        dispatched("DOT"),
        dispatched("DPR"),
        dispatch.DispatchConfirmed(unit="DPR"),
        dispatched("DOT"),
    )
    assert [g.fact.event_id for g in feed_of(GRANTS, "dot", topic.of("T1"))] == [
        f.event_id for f in topic.of("T1")
    ]


def test_a_rule_for_one_stage_gives_that_stage_only() -> None:
    rule = Rule("replies", Role.SAME_LEVEL, stages=frozenset({"reply"}))
    grants = Grants(Sharing("v", (subscriber("OEM", rule),)))
    assert names("oem", say(received(), dispatched(), replied()), grants) == ["TicketReplied"]


def test_a_wider_rule_that_comes_later_gives_what_the_narrow_one_held_back() -> None:
    narrow = Rule("replies", Role.SAME_LEVEL, stages=frozenset({"reply"}))
    grants = Grants(Sharing("v", (subscriber("DPR", LEAD, narrow),)))
    topic = say(received(), dispatched("DOT"), replied(), dispatched("DPR"))
    assert names("dpr", topic, grants) == [
        "TicketReplied",
        "TicketReceived",
        "TicketDispatched",
        "TicketDispatched",
    ]


def test_a_subscription_gets_nothing_from_before_it_began() -> None:
    late = replace(subscriber("DOT"), since=START + timedelta(minutes=2))
    grants = Grants(Sharing("v", (late,)))
    assert names("dot", say(received(), accepted(), dispatched(), replied()), grants) == [
        "TicketDispatched",
        "TicketReplied",
    ]


def test_the_first_rule_of_a_subscription_counts() -> None:
    topic = say(received(), dispatched("DOT", ["DOT"]))
    assert {g.rule.id for g in feed_of(GRANTS, "dot", topic.of("T1"))} == {"lead-unit"}


def test_the_chain_is_sha256_over_length_prefixed_parts() -> None:
    digest = hashlib.sha256(b"event").digest()
    parts = [bytes(32), (1).to_bytes(8, "big"), b"intake/T1/1", digest, "测试/1/lead".encode()]
    joined = b"".join(len(p).to_bytes(4, "big") + p for p in parts)
    expected = hashlib.sha256(joined).digest()
    assert link(GENESIS, 1, "intake/T1/1", digest, "测试/1/lead") == expected


async def test_that_a_person_was_forgotten_is_all_that_everybody_is_told() -> None:
    """R35: what follows in the same batch goes to those whom it concerns, and to them for sure."""
    topic = say(received(), accepted(), dispatched("DOT"), forgotten(), ClockStopped(clock="x"))
    feeds = await feeds_of([topic.facts])
    assert feeds == await feeds_of([[fact] for fact in topic.facts])
    last = {name: entries[-1].fact.type.rpartition(".")[2] for name, entries in feeds.items()}
    assert last == {"dot": "ClockStopped", "oem": "ClockStopped", "dpr": "PersonForgotten"}


# Any split of the topic into batches gives the same feed.

MESSAGES = (
    received(),
    accepted("DOHMH/Mold"),
    accepted("DOT/Street Condition"),
    dispatched("DOT"),
    dispatched("DPR"),
    dispatched("DOT", ["DPR"]),
    dispatched("DPR", level="county"),
    dispatch.DispatchConfirmed(unit="DOT"),
    dispatch.ReturnGranted(unit="DOT"),
    replied(),
    forgotten(),
    ClockStopped(clock="confirm"),  # moves no row
)
SAYINGS = st.lists(
    st.tuples(st.sampled_from(["T1", "T2", "T3", "T4"]), st.sampled_from(MESSAGES)), max_size=40
)


class _Tx:
    def __init__(self, connection: dict[str, object]) -> None:
        self.connection = connection


async def feeds_of(batches: Sequence[Sequence[kernel.Fact]]) -> dict[str, list[Entry]]:
    views: dict[str, object] = {}
    store = MemoryFeedStore(lambda: views)
    view = SharingView(SHARING, store)
    for batch in batches:
        await view.apply(_Tx(views), batch)  # type: ignore[arg-type]
    return {
        s.id: await store.entries(s.id, dict.fromkeys(range(4), 0), 1000)
        for s in SHARING.subscriptions
    }


@settings(max_examples=60)
@given(SAYINGS, st.data())
async def test_any_split_into_batches_gives_the_same_feeds(
    sayings: list[tuple[str, Message]], data: st.DataObject
) -> None:
    topic = Topic()
    for ticket, message in sayings:
        topic.say(ticket, message)
    cuts = data.draw(st.lists(st.integers(0, len(topic.facts)), max_size=5).map(sorted))
    edges = [0, *cuts, len(topic.facts)]
    batches = [topic.facts[a:b] for a, b in pairwise(edges)]
    assert await feeds_of(batches) == await feeds_of([[fact] for fact in topic.facts])


@settings(max_examples=60)
@given(SAYINGS)
async def test_a_feed_is_what_the_facts_of_each_ticket_say_and_its_chain_holds(
    sayings: list[tuple[str, Message]],
) -> None:
    topic = Topic()
    for ticket, message in sayings:
        topic.say(ticket, message)
    for subscription, entries in (await feeds_of([topic.facts])).items():
        for ticket in ("T1", "T2", "T3", "T4"):
            fed = [e.fact.event_id for e in entries if e.fact.ticket == ticket]
            alone = feed_of(GRANTS, subscription, topic.of(ticket))
            assert fed == [g.fact.event_id for g in alone]
            assert len(set(fed)) == len(fed)
        assert verify_chain(map(as_received, entries)).ok


def as_received(e: Entry) -> Received:
    return Received(
        e.subscription, e.bucket, e.sequence, e.fact.event_id, e.fact.digest, e.rule_version,
        e.chain,
    )  # fmt: skip
