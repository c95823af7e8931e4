"""One domain value and one protobuf message: which field goes where.

Fields are matched by name and checked by type, once, when a mapping is built: a mismatch is a
TypeError at start, never an error at run time.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from services.kernel.members import members

Getter = Callable[[Message], Any]
Setter = Callable[[Message, Any], None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOS = 1_000_000_000  # of a second
_PYTHON: dict[int, type] = {
    FieldDescriptor.CPPTYPE_INT32: int,
    FieldDescriptor.CPPTYPE_INT64: int,
    FieldDescriptor.CPPTYPE_UINT32: int,
    FieldDescriptor.CPPTYPE_UINT64: int,
    FieldDescriptor.CPPTYPE_DOUBLE: float,
    FieldDescriptor.CPPTYPE_FLOAT: float,
    FieldDescriptor.CPPTYPE_BOOL: bool,
}


class BadBody(ValueError):
    """The body is not of the message's form; the text says where."""


def to_datetime(stamp: Any) -> datetime:
    """An aware UTC datetime from a protobuf Timestamp, exact to the microsecond.

    Raises BadBody for one outside the years 1 to 9999.
    """
    seconds, nanos = stamp.seconds, stamp.nanos
    try:
        if 0 <= nanos < _NANOS:
            return _EPOCH + timedelta(0, seconds, nanos // 1000)
    except OverflowError:
        pass
    raise BadBody(f"{seconds} s and {nanos} ns are no time")


def put_datetime(stamp: Any, value: datetime) -> None:
    """Write an aware datetime into a protobuf Timestamp. Raises TypeError for a naive one."""
    passed = value - _EPOCH  # whole numbers: a float is wrong by a second from the year 2514 on
    stamp.seconds = passed.days * 86_400 + passed.seconds
    stamp.nanos = passed.microseconds * 1000


class FieldMap:
    """Reads and writes the body fields of `cls`; `envelope` names those that stand elsewhere. An
    enum that the sender left out is the default of `cls`, where it has one.

    What has one form on both sides is copied in one go; only the rest is converted field by field.
    """

    def __init__(self, cls: type, descriptor: Any, envelope: frozenset[str]) -> None:
        found = members(cls)
        hints = {member.name: member.type for member in found}
        defaults = {member.name: member.default for member in found}
        names = [*defaults]
        body = descriptor.fields_by_name
        inside = [name for name in names if name in body or name not in envelope]
        self._cls = cls
        self._envelope = [(k, name) for k, name in enumerate(names) if name not in inside]
        self._read: list[tuple[int, Getter]] = []
        self._written: list[tuple[str, Setter]] = []
        same: list[str] = []
        for place, name in enumerate(inside):
            if name not in body:
                raise TypeError(f"{cls.__name__}.{name} is no field of {descriptor.full_name}")
            accessors = _accessors(body[name], hints[name], defaults[name])
            if accessors is None:
                same.append(name)
            else:
                self._read.append((place, accessors[0]))
                self._written.append((name, accessors[1]))
        self._same = tuple(same)
        self._body_values, self._same_values = _values(inside), _values(same)

    def read(self, message: Message, envelope: Mapping[str, Any]) -> Any:
        """An instance of `cls`. Raises BadBody."""
        values = [*self._body_values(message)]
        for place, get in self._read:
            values[place] = get(message)
        for place, name in self._envelope:
            values.insert(place, envelope[name])
        return self._cls(*values)

    def write(self, message: Message, value: Any) -> None:
        for name, found in zip(self._same, self._same_values(value), strict=True):
            setattr(message, name, found)
        for name, put in self._written:
            put(message, getattr(value, name))


def _values(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """All attributes of those names at once."""
    if not names:
        return lambda value: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda value: (get(value),)


def _accessors(descriptor: Any, hint: Any, default: Any) -> tuple[Getter, Setter] | None:
    """None for a field that is the same on both sides."""
    plain, optional = _plain(hint)
    if descriptor.is_repeated:
        return _repeated(descriptor, plain)
    if descriptor.type == FieldDescriptor.TYPE_ENUM:
        return _enum(descriptor, plain, optional, default)
    if descriptor.type == FieldDescriptor.TYPE_MESSAGE:
        if descriptor.message_type.full_name == "google.protobuf.Timestamp":
            return _stamp(descriptor, plain, optional)
        return _nested(descriptor, plain, optional)
    return _scalar(descriptor, plain, optional)


def _plain(hint: Any) -> tuple[Any, bool]:
    """The hint without None, and whether None was in it."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        rest = [a for a in typing.get_args(hint) if a is not type(None)]
        return rest[0], True
    return hint, False


def _enum(descriptor: Any, hint: Any, optional: bool, default: Any) -> tuple[Getter, Setter]:
    name = descriptor.name
    if not (isinstance(hint, type) and issubclass(hint, StrEnum)):
        raise _mismatch(descriptor, "a StrEnum", hint)
    values = {v.name: v.number for v in descriptor.enum_type.values}
    prefix = descriptor.enum_type.values[0].name.removesuffix("UNSPECIFIED")
    unknown = [m.value for m in hint if prefix + m.value.upper() not in values]
    if unknown:
        raise TypeError(f"{descriptor.full_name} knows no {', '.join(unknown)}")
    to_number: dict[Any, int] = {m: values[prefix + m.value.upper()] for m in hint}
    to_member = {number: member for member, number in to_number.items()}
    known = ", ".join(hint)
    if optional:  # what is left out is UNSPECIFIED on the wire
        to_number[None], to_member[0] = 0, None
    elif isinstance(default, hint):
        to_member[0] = default

    def get(message: Message) -> Any:
        number = getattr(message, name)
        if number not in to_member:
            raise BadBody(f"{name}: {number or 'nothing'} is not one of {known}")
        return to_member[number]

    return get, lambda message, value: setattr(message, name, to_number[value])


def _nested(descriptor: Any, hint: Any, optional: bool) -> tuple[Getter, Setter]:
    name = descriptor.name
    if not (isinstance(hint, type) and members(hint)):
        raise _mismatch(descriptor, "a struct or a dataclass", hint)
    mapping = FieldMap(hint, descriptor.message_type, frozenset())

    def get(message: Message) -> Any:
        if optional and not message.HasField(name):
            return None
        return mapping.read(getattr(message, name), {})

    def put(message: Message, value: Any) -> None:
        if value is not None:
            part = getattr(message, name)
            part.SetInParent()
            mapping.write(part, value)

    return get, put


def _stamp(descriptor: Any, hint: Any, optional: bool) -> tuple[Getter, Setter]:
    name = descriptor.name
    if hint is not datetime:
        raise _mismatch(descriptor, "a datetime", hint)

    def get(message: Message) -> datetime | None:
        if not message.HasField(name):
            if optional:
                return None
            raise BadBody(f"{name}: a time is missing")
        return to_datetime(getattr(message, name))

    def put(message: Message, value: datetime | None) -> None:
        if value is not None:
            put_datetime(getattr(message, name), value)

    return get, put


def _repeated(descriptor: Any, hint: Any) -> tuple[Getter, Setter]:
    name = descriptor.name
    if descriptor.type in (FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_ENUM):
        raise TypeError(f"{descriptor.full_name}: only repeated scalars have a domain form")
    wanted = types.GenericAlias(tuple, (_python(descriptor), ...))
    if hint != wanted:
        raise _mismatch(descriptor, str(wanted), hint)
    return (
        lambda message: tuple(getattr(message, name)),
        lambda message, value: getattr(message, name).extend(value),
    )


def _scalar(descriptor: Any, hint: Any, optional: bool) -> tuple[Getter, Setter] | None:
    name = descriptor.name
    if hint is not _python(descriptor):
        raise _mismatch(descriptor, _python(descriptor).__name__, hint)
    if not optional:
        return None
    if not descriptor.has_presence:
        raise TypeError(f"{descriptor.full_name} is not optional, so it is never None")

    def put(message: Message, value: Any) -> None:
        if value is not None:
            setattr(message, name, value)

    return (lambda message: getattr(message, name) if message.HasField(name) else None), put


def _python(descriptor: Any) -> type:
    if descriptor.type == FieldDescriptor.TYPE_BYTES:
        return bytes
    return _PYTHON.get(descriptor.cpp_type, str)


def _mismatch(descriptor: Any, wanted: str, hint: Any) -> TypeError:
    return TypeError(f"{descriptor.full_name} needs {wanted}, not {hint!r}")
