"""Events in JSON are what the protobuf library makes of them, field by field too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from services.datasync.adapters.events import Fields, event_types
from services.datasync.adapters.json_form import as_json

_SCALARS: dict[int, list[Any]] = {
    1: [1.5, -0.0, math.inf, -math.inf],  # double
    4: [7, 2**64 - 1],  # uint64
    8: [True],
    9: ["x", "市民"],
    12: [b"x", b"\xff\x00\xfe"],
    13: [7, 2**32 - 1],  # uint32
    14: [1, 99],  # enum, and a number that nobody knows yet
}
_STAMPS = [(0, 0), (1_773_050_400, 123_000_000), (1_773_050_400, 1_000), (-1, 999_999_999)]


def filled(cls: type[Message], turn: int) -> Message:
    """A message with something in every field, in that turn's form."""
    message = cls()
    for field in cls.DESCRIPTOR.fields:
        if (
            field.message_type is not None
            and field.message_type.full_name == "google.protobuf.Timestamp"
        ):
            seconds, nanos = _STAMPS[turn]
            getattr(message, field.name).CopyFrom(Timestamp(seconds=seconds, nanos=nanos))
        elif field.message_type is not None:
            part = getattr(message, field.name)
            part.CopyFrom(filled(type(part), turn))
        elif field.is_repeated:
            getattr(message, field.name).extend(_SCALARS[field.type])
        else:
            values = _SCALARS[field.type]
            setattr(message, field.name, values[turn % len(values)])
    return message


def forms(cls: type[Message]) -> Iterator[Message]:
    yield cls()
    for turn in range(len(_STAMPS)):
        yield filled(cls, turn)


def by_the_library(message: Message) -> dict[str, Any]:
    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


@pytest.mark.parametrize("name", sorted(event_types()))
def test_an_event_is_what_the_library_makes_of_it(name: str) -> None:
    cls = event_types()[name]
    for message in forms(cls):
        whole = by_the_library(message)
        assert as_json(message) == whole
        assert repr(as_json(message)) == repr({n: whole[n] for n in as_json(message)})
        fields = Fields(name, message.SerializeToString())
        assert {f.name: fields.get(f.name) for f in cls.DESCRIPTOR.fields} == {
            f.name: whole.get(f.name) for f in cls.DESCRIPTOR.fields
        }
        assert dict(fields) == whole


def test_what_is_no_number_is_a_word() -> None:
    message = event_types()["hotline.intake.v1.TicketReceived"](latitude=math.nan)
    assert as_json(message)["latitude"] == by_the_library(message)["latitude"] == "NaN"


@pytest.mark.parametrize("cls", [Struct, Value])
def test_a_type_that_no_event_has_is_refused(cls: type[Message]) -> None:
    with pytest.raises(TypeError, match="has no form in JSON here"):
        as_json(cls())
