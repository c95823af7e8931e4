"""Messages in which every field has a value of its own, so that a mistaken field shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from services.kernel.codec import put_datetime

AT = datetime(2026, 11, 2, 8, 15, 0, 250000, tzinfo=UTC)


def filled(message: Message, more: int = 0) -> Any:
    """With every field set to a value of its own, which its number can be read from."""
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated:
            _repeat(getattr(message, field.name), field, more)
        elif field.message_type is None:
            setattr(message, field.name, _value(field, field.number + more))
        else:
            _part(getattr(message, field.name), field.message_type, field.number + more)
    return message


def _repeat(values: Any, field: Any, more: int) -> None:
    for n in (field.number + more, field.number + more + 100):
        if field.message_type is None:
            values.append(_value(field, n))
        else:
            _part(values.add(), field.message_type, n)


def _part(part: Any, descriptor: Any, number: int) -> None:
    if descriptor.full_name == "google.protobuf.Timestamp":
        put_datetime(part, AT.replace(second=number % 60, microsecond=number))
    else:
        filled(part, number)


def _value(field: Any, number: int) -> Any:
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return f"{field.name} {number} 号"
        case FieldDescriptor.TYPE_BYTES:
            return bytes([number, 0, 255])
        case FieldDescriptor.TYPE_BOOL:
            return True
        case FieldDescriptor.TYPE_DOUBLE:
            return number + 0.125
        case FieldDescriptor.TYPE_SINT32 | FieldDescriptor.TYPE_SINT64:
            return -1000 - number
        case FieldDescriptor.TYPE_UINT32:
            return 1000 + number
        case FieldDescriptor.TYPE_UINT64:
            return (1 << 40) + number
        case FieldDescriptor.TYPE_ENUM:
            return field.enum_type.values[-1].number
    raise TypeError(f"{field.full_name}: no golden value for its type; name one in _value.")
