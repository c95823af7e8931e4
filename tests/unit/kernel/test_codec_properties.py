"""Every service's codec: each own event comes back as it was, and no bytes break a reader."""

from __future__ import annotations

import typing
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from services.deadline.adapters import codec as deadline
from services.deadline.adapters.registry import load
from services.dispatch.adapters import codec as dispatch
from services.evaluation.adapters import codec as evaluation
from services.intake.adapters import codec as intake
from services.kernel.codec import JSON, PROTOBUF, BadBody, Codec
from services.kernel.facts import Fact
from services.kernel.members import members

AT = datetime(2026, 11, 2, 8, 15, 0, 250000, tzinfo=UTC)
CODECS: dict[str, Codec] = {
    "intake": intake.CODEC,
    "dispatch": dispatch.CODEC,
    "deadline": Codec("deadline", deadline.OWN),
    "evaluation": evaluation.CODEC,
    "evaluation's counts": evaluation.COUNTED,
}
READERS = {**CODECS, "deadline": deadline.PolicyCodec(load("nyc")[0])}
ENVELOPE = {"at": AT, "by": "web", "unit": "u1", "ticket": "T1", "import_id": ""}
OWN = [(codec, entry) for codec in CODECS.values() for entry in codec._by_class.values()]
FACTS = [(codec, entry) for codec in READERS.values() for entry in codec._facts.values()]
COMMANDS = [(codec, entry) for codec in CODECS.values() for entry in codec.commands.values()]

_SCALARS: dict[type, st.SearchStrategy[Any]] = {
    str: st.text(max_size=40),
    bytes: st.binary(max_size=40),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    datetime: st.datetimes(timezones=st.just(UTC)),
    int: st.integers(0, (1 << 32) - 1),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value that a field of that type may have."""
    parts = typing.get_args(hint)
    if type(None) in parts:
        return st.none() | values(next(p for p in parts if p is not type(None)))
    if typing.get_origin(hint) is tuple:
        return st.lists(values(parts[0]), max_size=3).map(tuple)
    if issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    return instances(hint) if members(hint) else _SCALARS[hint]


def instances(cls: Any) -> st.SearchStrategy[Any]:
    """Any instance of a domain value."""
    return st.builds(cls, **{member.name: values(member.type) for member in members(cls)})


def named(pairs: list[Any]) -> list[Any]:
    return [pytest.param(*pair, id=f"{pair[0].source}-{pair[1].cls.__name__}") for pair in pairs]


def broken(entry: Any) -> st.SearchStrategy[bytes]:
    """Bytes that nearly are such a message: good ones, cut, changed or followed by others."""
    made = st.binary(max_size=60) | instances(entry.cls).map(entry.serialize)

    def spoil(data: bytes, at: int, cut: int, other: bytes) -> bytes:
        place = at % (len(data) + 1)
        return data[:place] + other + data[place + cut :]

    return st.builds(spoil, made, st.integers(0, 400), st.integers(0, 9), st.binary(max_size=9))


@pytest.mark.parametrize(("codec", "entry"), named(OWN))
def test_an_own_event_comes_back_as_it_was(codec: Codec, entry: Any) -> None:
    @settings(max_examples=40)
    @given(instances(entry.cls))
    def check(event: Any) -> None:
        new = codec.encode(event, b"{}")
        read = Fact(codec.source, 0, 1, "T1", 1, new.type, new.data, new.time, AT)
        assert codec.decode(read) == event
        assert codec.encode(codec.decode(read), b"{}") == new

    check()


@pytest.mark.parametrize(("codec", "entry"), named(FACTS))
def test_no_bytes_of_a_fact_raise_anything_but_bad_body(codec: Codec, entry: Any) -> None:
    @settings(max_examples=100)
    @given(broken(entry))
    def check(data: bytes) -> None:
        try:
            codec.decode(Fact("any", 0, 1, "T1", 1, entry.name, data, AT, AT))
        except BadBody:
            return

    check()


@pytest.mark.parametrize(("codec", "entry"), named(COMMANDS))
def test_no_bytes_of_a_command_raise_anything_but_bad_body(codec: Codec, entry: Any) -> None:
    @settings(max_examples=60)
    @given(broken(entry), st.sampled_from([PROTOBUF, JSON, "text/plain"]))
    def check(data: bytes, content_type: str) -> None:
        try:
            codec.command(entry.name, data, content_type, ENVELOPE)
        except BadBody:
            return

    check()


@pytest.mark.parametrize(("codec", "entry"), named(COMMANDS))
def test_no_json_of_a_command_raises_anything_but_bad_body(codec: Codec, entry: Any) -> None:
    @settings(max_examples=60)
    @given(documents(entry.message))
    def check(document: Any) -> None:
        try:
            codec.command(entry.name, orjson.dumps(document), JSON, ENVELOPE)
        except BadBody:
            return

    check()


def documents(message: type[Message]) -> st.SearchStrategy[Any]:
    """JSON under the message's own field names, its values of any type."""
    names = [field.name for field in message.DESCRIPTOR.fields] or ["any"]
    keys = st.sampled_from(names) | st.text(max_size=5)
    word = st.sampled_from(
        ["KIND_HELP", "NaN", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+99:99"]
    )
    leaf = st.none() | st.booleans() | st.integers(-(1 << 63), 1 << 63) | st.floats() | word
    inner = st.recursive(
        leaf | st.text(max_size=9),
        lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=4),
        max_leaves=8,
    )
    return st.dictionaries(keys, inner, max_size=6)
