"""Messages in proto3 JSON form (https://protobuf.dev/programming-guides/json).

Under the proto's own field names and with defaults, as the library has it; but made once of a
type's descriptor, which the library looks through again for every message.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

Form = Callable[[Any], Any]
Forms = Mapping[str, Form | None]  # of a field by name, given the message; None: as it is
_AS_THEY_ARE = {
    FieldDescriptor.CPPTYPE_STRING,
    FieldDescriptor.CPPTYPE_BOOL,
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_UINT32,
}
_AS_TEXT = {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}


def as_json(message: Message) -> dict[str, Any]:
    """A field that is not set is left out where its presence is known."""
    return read(message, forms_of(message.DESCRIPTOR))


def read(message: Message, forms: Forms) -> dict[str, Any]:
    """All fields of a message whose forms these are."""
    found = {}
    for name, form in forms.items():
        value = getattr(message, name) if form is None else form(message)
        if value is not None:
            found[name] = value
    return found


@cache
def forms_of(descriptor: Descriptor) -> Forms:
    """Raises TypeError for a field of a type that no event has."""
    return {field.name: _form(field) for field in descriptor.fields}


def _form(field: FieldDescriptor) -> Form | None:
    """None for a field that is not set."""
    name, value = field.name, _value(field)
    if field.is_repeated:
        if value is None:
            return lambda message: list(getattr(message, name))
        return lambda message: [value(each) for each in getattr(message, name)]
    if field.has_presence:
        of = value or _itself
        return lambda message: of(getattr(message, name)) if message.HasField(name) else None
    return None if value is None else lambda message: value(getattr(message, name))


def _value(field: FieldDescriptor) -> Form | None:
    """Of one value of the field."""
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda value: b64encode(value).decode()
    if field.cpp_type in _AS_THEY_ARE:
        return None
    if field.cpp_type in _AS_TEXT:
        return str
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return _number
    if field.enum_type is not None:
        names = {value.number: value.name for value in field.enum_type.values}
        return lambda number: names.get(number, number)
    inner = field.message_type
    if inner is None or inner.GetOptions().map_entry:
        raise TypeError(f"{field.full_name} has no form in JSON here")
    if inner.full_name == Timestamp.DESCRIPTOR.full_name:
        return Timestamp.ToJsonString
    if inner.file.package.startswith("google."):
        raise TypeError(f"{field.full_name} has no form in JSON here")
    return as_json


def _itself(value: Any) -> Any:
    return value


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
