"""Domain values to bytes and back: what is refused at start, and what a body gives."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
import pytest
from google.protobuf.message import Message

from hotline.dispatch.v1 import commands_pb2 as dispatch_commands
from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import measures_pb2
from hotline.intake.v1 import commands_pb2, events_pb2
from services.kernel.codec import (
    JSON,
    PROTOBUF,
    BadBody,
    Codec,
    metadata,
    parse_json,
    put_datetime,
    stage_of,
)
from services.kernel.facts import Fact

AT = datetime(2011, 3, 16, 9, 30, 0, 123456, tzinfo=UTC)
DUE = datetime(2011, 3, 17, tzinfo=UTC)


class Kind(StrEnum):
    CONSULTATION = "consultation"
    HELP = "help"


class Urgency(StrEnum):
    NORMAL = "normal"


@dataclass(frozen=True)
class TicketReceived:
    """Some fields only, as a tolerant reader has them."""

    at: datetime
    event_id: str
    kind: Kind
    latitude: float | None
    stated_due_at: datetime | None
    contact: bytes
    confidential: bool


@dataclass(frozen=True)
class TicketDispatched:
    at: datetime
    unit: str
    co_handlers: tuple[str, ...]
    round: int


@dataclass(frozen=True)
class ReplyApproved:
    at: datetime
    replied_at: datetime


@dataclass(frozen=True)
class HistoryClosed:
    """`import_id` stands in the body here, so the envelope's does not count."""

    at: datetime
    import_id: str
    until: datetime


@dataclass(frozen=True)
class MatterFacts:
    duty: str = ""


@dataclass(frozen=True)
class SubmitMatter:
    at: datetime
    by: str
    title: str
    facts: MatterFacts | None


@dataclass(frozen=True)
class RecordContact:
    at: datetime
    by: str
    unit: str
    ticket: str
    import_id: str
    note: str


SUBMIT = commands_pb2.SubmitMatter.DESCRIPTOR.full_name
CONTACT = dispatch_commands.RecordContact.DESCRIPTOR.full_name
CODEC = Codec(
    "intake",
    own=[(TicketReceived, events_pb2.TicketReceived), (HistoryClosed, events_pb2.HistoryClosed)],
    foreign=[
        (TicketDispatched, dispatch.TicketDispatched),
        (ReplyApproved, dispatch.ReplyApproved),
    ],
    commands=[
        (SubmitMatter, commands_pb2.SubmitMatter),
        (RecordContact, dispatch_commands.RecordContact),
    ],
)
ENVELOPE = {"at": AT, "by": "web", "unit": "u1", "ticket": "T1", "import_id": "i1"}


def fact(message: Message, import_id: str = "") -> Fact:
    """A fact as it was read, with the body of `message`."""
    name, data = message.DESCRIPTOR.full_name, message.SerializeToString()
    return Fact("intake", 3, 7, "T1", 2, name, data, AT, AT, import_id=import_id)


def received(**changes: Any) -> Fact:
    return fact(events_pb2.TicketReceived(**{"kind": events_pb2.KIND_HELP, **changes}))


# At construction


def test_a_field_that_the_message_lacks_is_an_error_at_start() -> None:
    @dataclass
    class WithDrawn:
        at: datetime
        why: str

    with pytest.raises(TypeError, match=r"WithDrawn\.why is no field of .*TicketWithdrawn"):
        Codec("x", own=[(WithDrawn, events_pb2.TicketWithdrawn)])


def test_an_enum_that_may_be_left_out_is_none_where_it_is_unspecified() -> None:
    made: Any = make_dataclass("Filed", [("at", datetime), ("kind", Kind | None)])
    codec = Codec("x", own=[(made, events_pb2.TicketReceived)])
    for kind in (Kind.HELP, None):
        data = codec.encode(made(AT, kind), b"").data
        assert events_pb2.TicketReceived.FromString(data).kind == (2 if kind else 0)
        assert codec.decode(replace(received(), data=data)).kind is kind
    with pytest.raises(BadBody, match="99 is not one of consultation, help"):
        codec.decode(received(kind=99))


def test_an_enum_that_is_left_out_is_the_default_where_there_is_one() -> None:
    made: Any = make_dataclass("Filed", [("at", datetime), ("kind", Kind, Kind.HELP)])
    codec = Codec("x", own=[(made, events_pb2.TicketReceived)])
    assert codec.decode(received(kind=0)).kind is Kind.HELP


@pytest.mark.parametrize(
    ("field", "hint", "message"),
    [
        ("reason", int, events_pb2.TicketWithdrawn),
        ("reason", str | None, events_pb2.TicketWithdrawn),
        ("number", str, events_pb2.TicketRefused),
        ("contact", str, events_pb2.TicketReceived),
        ("latitude", int, events_pb2.TicketReceived),
        ("confidential", str, events_pb2.TicketReceived),
        ("stated_due_at", str, events_pb2.TicketReceived),
        ("kind", str, events_pb2.TicketReceived),
        ("facts", dict, commands_pb2.SubmitMatter),
        ("co_handlers", list[str], dispatch.TicketDispatched),
        ("co_handlers", tuple[int, ...], dispatch.TicketDispatched),
        ("hours", tuple[str, ...], measures_pb2.Windows),
    ],
)
def test_a_field_of_another_type_is_an_error_at_start(
    field: str, hint: Any, message: type[Message]
) -> None:
    with pytest.raises(TypeError, match=field):
        Codec("x", own=[(make_dataclass("Wrong", [(field, hint)]), message)])


def test_a_member_that_the_enum_lacks_is_an_error_at_start() -> None:
    class Wish(StrEnum):
        HELP = "help"
        PRAISE = "praise"

    wrong = make_dataclass("Wrong", [("kind", Wish)])
    with pytest.raises(TypeError, match="kind knows no praise"):
        Codec("x", own=[(wrong, events_pb2.TicketReceived)])


# What a body gives


def test_a_reader_takes_the_fields_that_it_names_and_the_envelope() -> None:
    found = CODEC.decode(received(latitude=40.5, contact=b"\x01", confidential=True, title="x"))
    assert found == TicketReceived(AT, "intake/T1/2", Kind.HELP, 40.5, None, b"\x01", True)


def test_a_field_of_the_body_goes_before_the_envelopes() -> None:
    message = events_pb2.HistoryClosed(import_id="body")
    put_datetime(message.until, DUE)
    assert CODEC.decode(fact(message, import_id="envelope")) == HistoryClosed(AT, "body", DUE)


def test_repeated_fields_are_tuples() -> None:
    message = dispatch.TicketDispatched(unit="u1", co_handlers=["a", "b"], round=2)
    assert CODEC.decode(fact(message)) == TicketDispatched(AT, "u1", ("a", "b"), 2)


def test_an_optional_field_knows_none_from_zero() -> None:
    assert CODEC.decode(received()).latitude is None
    assert CODEC.decode(received(latitude=0.0)).latitude == 0.0


@pytest.mark.parametrize("kind", [0, 5, 99, -1])
def test_an_enum_number_without_a_member_is_a_bad_body(kind: int) -> None:
    with pytest.raises(BadBody, match=r"kind: .* is not one of consultation, help"):
        CODEC.decode(received(kind=kind))


def test_a_missing_time_is_a_bad_body() -> None:
    with pytest.raises(BadBody, match="replied_at: a time is missing"):
        CODEC.decode(fact(dispatch.ReplyApproved(unit="u1")))


@pytest.mark.parametrize(
    ("seconds", "nanos"), [(1 << 62, 0), (-(1 << 62), 0), (0, -1), (0, 1_000_000_000)]
)
def test_a_time_that_is_none_is_a_bad_body(seconds: int, nanos: int) -> None:
    found = received(stated_due_at={"seconds": seconds, "nanos": nanos})
    with pytest.raises(BadBody, match="are no time"):
        CODEC.decode(found)


def test_a_message_inside_is_a_dataclass_or_none() -> None:
    with_facts = commands_pb2.SubmitMatter(title="x", facts={"duty": "local"})
    for message, facts in ((with_facts, MatterFacts("local")), (type(with_facts)(), None)):
        found = CODEC.command(SUBMIT, message.SerializeToString(), PROTOBUF, ENVELOPE)
        assert found == SubmitMatter(AT, "web", message.title, facts)


def test_a_command_takes_its_envelope_never_from_the_body() -> None:
    body = b'{"note": "called"}'
    found = CODEC.command(CONTACT, body, f"{JSON}; charset=utf-8", ENVELOPE)
    assert found == RecordContact(AT, "web", "u1", "T1", "i1", "called")
    with pytest.raises(BadBody, match="unit"):
        CODEC.command(CONTACT, b'{"note": "", "unit": "u2"}', JSON, ENVELOPE)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"1", b"[]", b"[1]", b'"note"', b"{", b'{"note": 1}', b'{"note": {}}',
        b'{"notes": "x"}', b'{"note": "\\ud800"}', b'{"note": "\xff"}',
    ],
)  # fmt: skip
def test_json_that_is_not_of_the_message_is_a_bad_body(body: bytes) -> None:
    with pytest.raises(BadBody, match="RecordContact"):
        parse_json(dispatch_commands.RecordContact, body)


def test_json_nested_without_end_is_a_bad_body() -> None:
    deep = b'{"facts":' * 100_000
    with pytest.raises(BadBody):
        parse_json(commands_pb2.SubmitMatter, deep)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-protobuf"])
def test_another_content_type_is_a_bad_body(content_type: str) -> None:
    with pytest.raises(BadBody, match="content type"):
        CODEC.command(CONTACT, b"", content_type, ENVELOPE)


def test_an_unknown_command_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        CODEC.command("hotline.dispatch.v1.Sing", b"", PROTOBUF, ENVELOPE)


# Beside the body


def test_a_fact_knows_its_stage_and_the_codec_its_types() -> None:
    assert CODEC.stages == {
        "hotline.intake.v1.TicketReceived": "acceptance",
        "hotline.intake.v1.HistoryClosed": "acceptance",
    }
    assert stage_of(commands_pb2.WithdrawTicket) == ""
    assert CODEC.knows("hotline.dispatch.v1.ReplyApproved")
    assert not CODEC.knows("hotline.dispatch.v1.TicketArchived")


def test_the_events_time_is_the_facts() -> None:
    event = TicketReceived(AT, "", Kind.HELP, None, None, b"", False)
    new = CODEC.encode(event, orjson.dumps(metadata(by="web")))
    assert (new.type, new.time, new.metadata) == (
        "hotline.intake.v1.TicketReceived", AT, b'{"by":"web"}',
    )  # fmt: skip
