"""Between domain values, protobuf and CloudEvents headers.

Fields are matched by name, once, when a codec is built: a mismatch is an error at start, never
at run time. Envelope fields (`at`, `by`, `unit`, `ticket`, `import_id`, `event_id`, `source`)
are filled from the envelope and never stand in a body.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from hotline.kernel.v1 import options_pb2
from services.kernel.facts import Fact, NewFact
from services.kernel.fields import BadBody, FieldMap, put_datetime, to_datetime

__all__ = [
    "ENVELOPE", "JSON", "PROTOBUF", "BadBody", "Codec", "metadata", "parse_json", "put_datetime",
    "rfc3339", "stage_in", "stage_of", "stamped", "to_datetime",
]  # fmt: skip

ENVELOPE = frozenset({"at", "by", "unit", "ticket", "import_id", "event_id", "source"})
PROTOBUF = "application/protobuf"
JSON = "application/json"


def rfc3339(value: datetime) -> str:
    """UTC, six digits, `Z`: one form for every instant that we write."""
    return stamped(value).decode()


def stamped(value: datetime) -> bytes:
    """As `rfc3339`, for a header."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    text = orjson.dumps(value, option=orjson.OPT_UTC_Z)[1:-1]
    return text if value.microsecond else text[:-1] + b".000000Z"


class _Entry:
    """A class of values bound to its generated message class."""

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
        return self.mapping.read(body, envelope)

    def serialize(self, event: Any) -> bytes:
        message = self.message()
        self.mapping.write(message, event)
        return message.SerializeToString(deterministic=True)


def stage_of(message: type[Message]) -> str:
    """`dispatch` for STAGE_DISPATCH; empty for a message that names no stage."""
    return stage_in(message.DESCRIPTOR)


def stage_in(descriptor: Any) -> str:
    """As `stage_of`, of a message's descriptor."""
    number: int = descriptor.GetOptions().Extensions[options_pb2.stage]
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
        self._by_command = {entry.cls: entry for entry in self._commands.values()}
        self.stages = {e.name: stage_of(e.message) for e in own_entries}

    @property
    def reads_others(self) -> bool:
        """Whether it knows facts of other services, to which this one may react."""
        return len(self._facts) > len(self._by_class)

    def knows(self, type_name: str) -> bool:
        """Whether a fact of that type means anything to this service."""
        return type_name in self._facts

    @property
    def commands(self) -> Mapping[str, _Entry]:
        return self._commands

    def packed(self, command: Any) -> tuple[str, bytes] | None:
        """Type and body of a command on the wire; None where it has no form there.

        Raises TypeError, ValueError for a value that no field can hold.
        """
        entry = self._by_command.get(type(command))
        return None if entry is None else (entry.name, entry.serialize(command))

    def encode(self, event: Any, metadata: bytes) -> NewFact:
        """The fact of a domain event; its `at` becomes the fact's time."""
        entry = self._by_class[type(event)]
        return NewFact(entry.name, entry.serialize(event), event.at, metadata)

    def decode(self, fact: Fact) -> Any:
        """The domain event of a fact that `knows` accepts. Raises BadBody."""
        if fact.decoded is None or fact.decoded[0] is not self:
            fact.decoded = (self, self.parse(fact))
        return fact.decoded[1]

    def parse(self, fact: Fact) -> Any:
        """As `decode`, afresh."""
        entry = self._facts[fact.type]
        return entry.parse(fact.data, _Envelope(fact))

    def command(
        self, type_name: str, body: bytes, content_type: str, envelope: Mapping[str, Any]
    ) -> Any:
        """The domain command of a record. Raises KeyError for an unknown type, BadBody."""
        entry = self._commands[type_name]
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type == JSON:
            return entry.build(parse_json(entry.message, body), envelope)
        if media_type != PROTOBUF:
            raise BadBody(f"{type_name}: the content type is neither {PROTOBUF} nor {JSON}")
        return entry.parse(body, envelope)


def parse_json(message: type[Message], body: bytes) -> Message:
    """A protobuf message from its JSON form, unknown fields refused. Raises BadBody."""
    name = message.DESCRIPTOR.full_name
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadBody(f"{name}: {error}") from None
    if not isinstance(found, dict):
        raise BadBody(f"{name}: not a JSON object")
    try:
        return json_format.ParseDict(found, message())
    except (json_format.ParseError, RecursionError, ValueError) as error:
        raise BadBody(f"{name}: {error}") from None


class _Envelope(Mapping[str, Any]):
    """The envelope fields of a fact, read only when a value asks for them."""

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
    values = {}
    if import_id:
        values["import_id"] = import_id
    if command_id:
        values["command_id"] = command_id
    if causation:
        values["causation"] = causation
    if by:
        values["by"] = by
    if traceparent:
        values["traceparent"] = traceparent
    return values
