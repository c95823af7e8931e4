"""Between domain dataclasses, protobuf and CloudEvents headers.

Fields are matched by name, once, when a codec is built: a mismatch is an error at start, never
at run time. Envelope fields (`at`, `by`, `unit`, `ticket`, `import_id`, `event_id`, `source`)
are filled from the envelope and never stand in a body.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from hotline.kernel.v1 import options_pb2
from services.kernel.facts import Fact, NewFact

ENVELOPE = frozenset({"at", "by", "unit", "ticket", "import_id", "event_id", "source"})
PROTOBUF = "application/protobuf"
JSON = "application/json"

Getter = Callable[[Message], Any]
Setter = Callable[[Message, Any], None]


class BadBody(ValueError):
    """The body is not of the message's form; the text says where."""


def to_datetime(stamp: Any) -> datetime:
    """An aware UTC datetime from a protobuf Timestamp, exact to the microsecond."""
    return datetime.fromtimestamp(stamp.seconds, UTC).replace(microsecond=stamp.nanos // 1000)


def put_datetime(stamp: Any, value: datetime) -> None:
    """Write an aware datetime into a protobuf Timestamp."""
    stamp.seconds = int(value.timestamp() // 1)
    stamp.nanos = value.microsecond * 1000


def rfc3339(value: datetime) -> str:
    """UTC, six digits, `Z`: one form for every instant that we write."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _enum_prefix(descriptor: Any) -> str:
    return str(descriptor.enum_type.values[0].name.removesuffix("UNSPECIFIED"))


def _enum(descriptor: Any, hint: type[StrEnum]) -> tuple[Getter, Setter]:
    prefix, name = _enum_prefix(descriptor), descriptor.name
    numbers = {v.name: v.number for v in descriptor.enum_type.values}
    to_number = {member: numbers[prefix + member.value.upper()] for member in hint}
    to_member = {number: member for member, number in to_number.items()}

    def get(message: Message) -> Any:
        number = getattr(message, name)
        if number not in to_member:
            raise BadBody(f"{name}: {number or 'nothing'} is not one of {sorted(to_number)}")
        return to_member[number]

    return get, lambda message, value: setattr(message, name, to_number[value])


def _nested(descriptor: Any, hint: type, optional: bool) -> tuple[Getter, Setter]:
    name = descriptor.name
    mapping = FieldMap(hint, descriptor.message_type, frozenset())

    def get(message: Message) -> Any:
        if optional and not message.HasField(name):
            return None
        return hint(**mapping.read(getattr(message, name)))

    def put(message: Message, value: Any) -> None:
        if value is not None:
            part = getattr(message, name)
            part.SetInParent()
            mapping.write(part, value)

    return get, put


def _stamp(name: str, optional: bool) -> tuple[Getter, Setter]:
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


def _repeated(descriptor: Any) -> tuple[Getter, Setter]:
    name = descriptor.name
    if descriptor.type == FieldDescriptor.TYPE_MESSAGE:
        raise TypeError(f"{descriptor.full_name}: repeated messages have no domain form")
    return (
        lambda message: tuple(getattr(message, name)),
        lambda message, value: getattr(message, name).extend(value),
    )


def _scalar(name: str, optional: bool) -> tuple[Getter, Setter]:
    if optional:

        def put(message: Message, value: Any) -> None:
            if value is not None:
                setattr(message, name, value)

        return (lambda message: getattr(message, name) if message.HasField(name) else None), put
    return (lambda message: getattr(message, name)), lambda m, value: setattr(m, name, value)


def _plain(hint: Any) -> tuple[Any, bool]:
    """The hint without None, and whether None was in it."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        rest = [a for a in typing.get_args(hint) if a is not type(None)]
        return rest[0], True
    return hint, False


def _accessors(descriptor: Any, hint: Any) -> tuple[Getter, Setter]:
    plain, optional = _plain(hint)
    if descriptor.is_repeated:
        return _repeated(descriptor)
    if descriptor.type == FieldDescriptor.TYPE_ENUM:
        if isinstance(plain, type) and issubclass(plain, StrEnum):
            return _enum(descriptor, plain)
        raise TypeError(f"{descriptor.full_name} needs a StrEnum, not {plain!r}")
    if descriptor.type == FieldDescriptor.TYPE_MESSAGE:
        if descriptor.message_type.full_name == "google.protobuf.Timestamp":
            return _stamp(descriptor.name, optional)
        return _nested(descriptor, plain, optional)
    return _scalar(descriptor.name, optional and descriptor.has_presence)


class FieldMap:
    """One dataclass and one message: which fields go where."""

    def __init__(self, cls: type, descriptor: Any, envelope: frozenset[str]) -> None:
        hints = typing.get_type_hints(cls)
        names = [f.name for f in dataclasses.fields(cls)]
        self.envelope = tuple(n for n in names if n in envelope and n not in self._body(descriptor))
        self.getters: list[tuple[str, Getter]] = []
        self.setters: list[tuple[str, Setter]] = []
        for name in names:
            if name in self.envelope:
                continue
            field = descriptor.fields_by_name.get(name)
            if field is None:
                raise TypeError(f"{cls.__name__}.{name} is no field of {descriptor.full_name}")
            get, put = _accessors(field, hints[name])
            self.getters.append((name, get))
            self.setters.append((name, put))

    @staticmethod
    def _body(descriptor: Any) -> frozenset[str]:
        return frozenset(descriptor.fields_by_name)

    def read(self, message: Message) -> dict[str, Any]:
        return {name: get(message) for name, get in self.getters}

    def write(self, message: Message, value: Any) -> None:
        for name, put in self.setters:
            put(message, getattr(value, name))


class _Entry:
    """A dataclass bound to its generated message class."""

    def __init__(self, cls: type, message: type[Message]) -> None:
        self.cls, self.message = cls, message
        self.name: str = message.DESCRIPTOR.full_name
        self.mapping = FieldMap(cls, message.DESCRIPTOR, ENVELOPE)

    def parse(self, data: bytes, envelope: Mapping[str, Any]) -> Any:
        try:
            body = self.message.FromString(data)
        except DecodeError as error:
            raise BadBody(f"{self.name}: not a protobuf message: {error}") from None
        return self.build(body, envelope)

    def build(self, body: Message, envelope: Mapping[str, Any]) -> Any:
        values = self.mapping.read(body)
        for name in self.mapping.envelope:
            values[name] = envelope[name]
        return self.cls(**values)

    def serialize(self, event: Any) -> bytes:
        message = self.message()
        self.mapping.write(message, event)
        return message.SerializeToString(deterministic=True)


def stage_of(message: type[Message]) -> str:
    """`dispatch` for STAGE_DISPATCH; empty for a message that names no stage."""
    options: Any = message.DESCRIPTOR.GetOptions()
    number = options.Extensions[options_pb2.stage]
    return options_pb2.Stage.Name(number).removeprefix("STAGE_").lower() if number else ""


Pairs = Iterable[tuple[type, type[Message]]]


class Codec:
    """Everything that one service reads and writes, by type name."""

    def __init__(self, source: str, own: Pairs, foreign: Pairs = (), commands: Pairs = ()) -> None:
        self.source = source
        own_entries = [_Entry(*pair) for pair in own]
        self._by_class = {entry.cls: entry for entry in own_entries}
        self._facts = {e.name: e for e in [*own_entries, *(_Entry(*pair) for pair in foreign)]}
        self._commands = {e.name: e for e in (_Entry(*pair) for pair in commands)}
        self.stages = {e.name: stage_of(e.message) for e in own_entries}

    def knows(self, type_name: str) -> bool:
        """Whether a fact of that type means anything to this service."""
        return type_name in self._facts

    @property
    def commands(self) -> Mapping[str, _Entry]:
        return self._commands

    def encode(self, event: Any, metadata: bytes) -> NewFact:
        """The fact of a domain event; its `at` becomes the fact's time."""
        entry = self._by_class[type(event)]
        return NewFact(entry.name, entry.serialize(event), event.at, metadata)

    def decode(self, fact: Fact) -> Any:
        """The domain event of a fact that `knows` accepts. Raises BadBody."""
        entry = self._facts[fact.type]
        return entry.parse(fact.data, _Envelope(fact))

    def command(
        self, type_name: str, body: bytes, content_type: str, envelope: Mapping[str, Any]
    ) -> Any:
        """The domain command of a record. Raises KeyError for an unknown type, BadBody."""
        entry = self._commands[type_name]
        if content_type == JSON:
            return entry.build(parse_json(entry.message, body), envelope)
        return entry.parse(body, envelope)


def parse_json(message: type[Message], body: bytes) -> Message:
    """A protobuf message from its JSON form, unknown fields refused. Raises BadBody."""
    try:
        return json_format.ParseDict(orjson.loads(body), message())
    except (json_format.ParseError, orjson.JSONDecodeError, RecursionError, ValueError) as error:
        raise BadBody(f"{message.DESCRIPTOR.full_name}: {error}") from None


class _Envelope(Mapping[str, Any]):
    """The envelope fields of a fact, read only when a dataclass asks for them."""

    __slots__ = ("_fact",)

    def __init__(self, fact: Fact) -> None:
        self._fact = fact

    def __getitem__(self, name: str) -> Any:
        return self._fact.time if name == "at" else getattr(self._fact, name)

    def __iter__(self) -> Any:
        return iter(ENVELOPE)

    def __len__(self) -> int:
        return len(ENVELOPE)


def metadata(
    *,
    import_id: str = "",
    command_id: str = "",
    causation: str = "",
    by: str = "",
    traceparent: str = "",
) -> dict[str, str]:
    """What the ledger keeps beside an event, without the empty ones."""
    values = {
        "import_id": import_id,
        "command_id": command_id,
        "causation": causation,
        "by": by,
        "traceparent": traceparent,
    }
    return {k: v for k, v in values.items() if v}
