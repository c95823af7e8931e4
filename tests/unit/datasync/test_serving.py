"""What leaves the house: masked by its rule, whatever the way."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from google.protobuf.message import Message

from hotline.datasync.proof import Received, verify_chain
from hotline.datasync.v1.feed_pb2 import FeedEntry
from hotline.dispatch.v1.events_pb2 import TicketReplied
from hotline.intake.v1.events_pb2 import TicketReceived
from services.datasync.adapters.events import Fields, to_fact
from services.datasync.adapters.serving import Sealed, Serving, Unopened
from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import Entry, Given, Head, chained
from services.datasync.domain.sharing import (
    DEFAULT_FIELDS,
    FieldClass,
    Role,
    Rule,
    Sharing,
    Shown,
)
from services.datasync.domain.ticket_file import ticket_file
from services.kernel import decider
from tests.unit.datasync.tickets import LEAD, Topic, received, replied, subscriber

EVERYTHING = dict.fromkeys(FieldClass, Shown.SEALED)
PUBLIC_ONLY = {FieldClass.PUBLIC: Shown.PLAIN}


def served(rule: Rule, *messages: Message) -> tuple[Serving, list[Entry]]:
    topic, subscription = Topic(), subscriber("DOT", rule)
    sharing = Sharing("test/1", (subscription,))
    given = [
        (Given(subscription, rule, to_fact(topic.say("T1", m))), sharing.rule_version(rule))
        for m in messages
    ]
    return Serving(sharing), chained(Head(), 3, given)


def message_of(serving: Serving, entry: Entry) -> FeedEntry:
    return FeedEntry.FromString(serving.message(entry))


def received_of(serving: Serving, entry: Entry) -> TicketReceived:
    return TicketReceived.FromString(message_of(serving, entry).data)


def test_the_envelope_says_what_the_chain_needs() -> None:
    serving, (entry,) = served(LEAD, received())
    message = message_of(serving, entry)
    assert (message.subscription, message.bucket, message.sequence) == ("dot", 3, 1)
    assert (message.event_id, message.ticket_id) == ("intake/T1/1", "T1")
    assert message.rule_version == "test/1/lead-unit"
    assert message.digest == hashlib.sha256(entry.fact.body).digest()
    assert message.time.ToDatetime() == entry.fact.time.replace(tzinfo=None)
    assert verify_chain([Received.from_message(message)]).ok


def test_what_hides_nothing_is_passed_on_as_it_is() -> None:
    serving, (entry,) = served(Rule("all", Role.LEAD, fields=EVERYTHING), received())
    assert message_of(serving, entry).data == entry.fact.body


def test_personal_fields_stay_sealed_on_the_topic_even_where_a_rule_says_plain() -> None:
    plain = dict.fromkeys(FieldClass, Shown.PLAIN)
    serving, (entry,) = served(Rule("all", Role.LEAD, fields=plain), received())
    assert received_of(serving, entry).contact == b"sealed contact"


def test_absent_fields_are_left_out_and_the_proof_still_holds() -> None:
    fields = {**DEFAULT_FIELDS, FieldClass.PERSONAL: Shown.ABSENT}
    serving, entries = served(Rule("less", Role.LEAD, fields=fields), received(), replied())
    seen = received_of(serving, entries[0])
    assert (seen.contact, seen.description, seen.title) == (b"", b"", "Pothole")
    messages = [message_of(serving, entry) for entry in entries]
    assert verify_chain(map(Received.from_message, messages)).entries == 2


def test_a_rule_for_public_fields_shows_the_public_answer_and_no_note() -> None:
    serving, (entry,) = served(Rule("public", Role.LEAD, fields=PUBLIC_ONLY), replied())
    seen = TicketReplied.FromString(message_of(serving, entry).data)
    assert (seen.public_answer, seen.internal_note, seen.unit) == ("Filled.", "", "")


def test_a_caller_who_asked_to_stay_unnamed_stays_unnamed() -> None:
    serving, (entry,) = served(LEAD, received(confidential=True))
    seen = received_of(serving, entry)
    assert (seen.contact, seen.description, seen.title) == (b"", b"", "Pothole")


def test_a_single_field_can_be_left_out() -> None:
    rule = Rule("untitled", Role.LEAD, omit=frozenset({"title"}))
    serving, (entry,) = served(rule, received())
    assert received_of(serving, entry).title == ""


def test_fields_that_nobody_here_knows_are_not_passed_on_by_a_masking_rule() -> None:
    serving, (entry,) = served(Rule("public", Role.LEAD, fields=PUBLIC_ONLY), replied())
    body = entry.fact.body + b"\x9a\x3f\x06secret"
    newer = replace(entry, fact=replace(entry.fact, body=body))
    assert b"secret" not in serving.message(newer)


def test_nothing_of_an_unknown_kind_of_event_is_shown() -> None:
    serving, (entry,) = served(LEAD, received())
    strange = replace(entry, fact=replace(entry.fact, type="x.v1.Strange", data={}))
    assert message_of(serving, strange).data == b""


def test_r35_tickets_on_the_same_matter_are_shown_to_who_may_see_internal_fields() -> None:
    for fields, shown in ((DEFAULT_FIELDS, ["T8"]), (PUBLIC_ONLY, [])):
        rule = Rule("one", Role.LEAD, fields=fields)
        serving, (entry,) = served(rule, received(related=["T8"]))
        given = Given(subscriber("DOT", rule), rule, entry.fact)
        (fact,) = serving.given_facts([given])
        assert received_of(serving, entry).related == shown
        assert list(ticket_file([fact]).related) == shown


async def test_a_body_that_is_not_of_its_type_is_served_as_an_empty_event() -> None:
    serving, (entry,) = served(Rule("public", Role.LEAD, fields=PUBLIC_ONLY), replied())
    body = b"\xff\xff"
    data = Fields(entry.fact.type, body)
    broken = replace(entry, fact=replace(entry.fact, body=body, data=data))
    assert message_of(serving, broken).data == b""
    (document,) = await serving.json([broken])
    assert document["data"] == {}


async def test_a_rule_that_was_withdrawn_leaves_the_envelope_only() -> None:
    _, (entry,) = served(LEAD, received())
    later = Serving(Sharing("test/2", (subscriber("DOT", Rule("other", Role.LEAD)),)))
    assert message_of(later, entry).data == b""
    (document,) = await later.json([entry])
    assert (document["data"], document["event_id"]) == ({}, "intake/T1/1")


async def test_a_rule_that_was_tightened_masks_what_was_given_before() -> None:
    _, (entry,) = served(LEAD, received())
    masked = decider.replace(LEAD, fields=PUBLIC_ONLY)
    tight = Serving(Sharing("test/2", (subscriber("DOT", masked),)))
    assert received_of(tight, entry).title == ""


async def test_the_json_form_has_the_same_envelope_and_mask() -> None:
    fields = {**DEFAULT_FIELDS, FieldClass.PERSONAL: Shown.ABSENT}
    serving, (entry,) = served(Rule("less", Role.LEAD, fields=fields), received())
    (document,) = await serving.json([entry])
    assert Received.from_json(document) == Received.from_message(message_of(serving, entry))
    data = document["data"]
    assert (data["title"], data["kind"]) == ("Pothole", "KIND_COMPLAINT")
    assert "contact" not in data
    assert (document["stage"], document["time"]) == ("acceptance", "2011-03-01T09:00:00.000000Z")


class Intake:
    """The twin of intake's opening of sealed fields."""

    def __init__(self) -> None:
        self.asked: list[Sealed] = []

    async def open(self, fields: Sequence[Sealed], purpose: str) -> list[str | None]:
        assert purpose == "sharing with dot"
        self.asked += fields
        return [None if f.field == "description" else f.data.decode().upper() for f in fields]


async def opened(rule: Rule, **fields: Any) -> tuple[dict[str, Any], Intake]:
    intake = Intake()
    _, (entry,) = served(rule, received(**fields))
    serving = Serving(Sharing("test/1", (subscriber("DOT", rule),)), intake)
    (document,) = await serving.json([entry])
    return document["data"], intake


PLAIN = Rule("plain", Role.LEAD, fields={**DEFAULT_FIELDS, FieldClass.PERSONAL: Shown.PLAIN})


async def test_a_rule_may_have_personal_fields_opened() -> None:
    data, intake = await opened(PLAIN)
    assert data["contact"] == "SEALED CONTACT"
    assert intake.asked[0] == Sealed("T1", "p1", "contact", b"sealed contact")


async def test_the_fields_of_a_forgotten_person_are_null() -> None:
    data, _ = await opened(PLAIN)
    assert data["description"] is None


async def test_what_intake_does_not_open_now_stays_sealed() -> None:
    class Away:
        async def open(self, fields: Sequence[Sealed], purpose: str) -> list[str | None]:
            raise Unopened

    _, (entry,) = served(PLAIN, received())
    (document,) = await Serving(Sharing("test/1", (subscriber("DOT", PLAIN),)), Away()).json(
        [entry]
    )
    assert document["data"]["contact"] == "c2VhbGVkIGNvbnRhY3Q="


async def test_nothing_is_opened_where_the_rule_says_sealed() -> None:
    data, intake = await opened(LEAD)
    assert intake.asked == []
    assert data["contact"] == "c2VhbGVkIGNvbnRhY3Q="


async def test_nothing_of_an_unnamed_caller_is_opened() -> None:
    data, intake = await opened(PLAIN, confidential=True)
    assert (intake.asked, "contact" in data) == ([], False)


def test_a_fact_keeps_bytes_and_digest_of_the_ledger() -> None:
    fact = to_fact(Topic().say("T1", received()))
    assert isinstance(fact, Fact)
    assert fact.digest == hashlib.sha256(fact.body).digest()
    assert fact.event_id == "intake/T1/1"
