"""`python -m hotline.contracts.golden`: bytes of every published message, written once.

A file is written for a message that has none, and one more for a message that has got new fields
since; none is ever written again. Whoever still holds a record of then must be able to read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from hotline.contracts.channels import elsewhere, facts
from hotline.contracts.codecs import codecs
from hotline.contracts.distinct import AT, filled
from hotline.contracts.protos import ROOT
from services.kernel.bus_memory import MemoryRecord
from services.kernel.cloudevents import attributes, fact_headers, to_fact
from services.kernel.codec import rfc3339, stage_of
from services.kernel.facts import Fact
from services.kernel.fields import BadBody
from services.kernel.members import members
from services.kernel.names import TICKETS

FOLDER = ROOT / "tests" / "contract" / "golden"
TICKET = "20261102000017-5"
Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Golden:
    """One record as it was written, and what it must be read as.

    `message` is its proto3 JSON form, `event` the domain event; `headers` and `event` are empty
    for what is no fact of a service's own.
    """

    type: str
    variant: str
    value: bytes
    headers: Mapping[str, str]
    message: Tree
    event: Tree

    def record(self) -> MemoryRecord:
        """As a consumer gets it."""
        headers = [(name, value.encode()) for name, value in self.headers.items()]
        return MemoryRecord(TICKETS, 3, 0, 0, TICKET.encode(), self.value, headers)

    def fact(self) -> Fact:
        """As the kernel reads it."""
        record = self.record()
        return to_fact(record, attributes(record.headers))


def covered() -> tuple[str, ...]:
    """Full names of all messages that must have golden bytes."""
    return (*facts(), *elsewhere())


def service_of(type_name: str) -> str:
    """`dispatch` of `hotline.dispatch.v1.TicketReplied`."""
    return type_name.split(".")[1]


@cache
def message_class(type_name: str) -> type[Message]:
    """The generated class."""
    package, _, name = type_name.rpartition(".")
    for module in ("events", "feed", "measures", "answer", "registry", "watermark"):
        try:
            found: type[Message] = getattr(import_module(f"{package}.{module}_pb2"), name)
        except (ImportError, AttributeError):
            continue
        return found
    raise LookupError(f"no module of {package} has {name}")


def files(type_name: str, folder: Path = FOLDER) -> list[Path]:
    """What was written of a message, the first file first."""
    name = type_name.rpartition(".")[2]
    return sorted((folder / service_of(type_name)).glob(f"{name}.v1*.json"))


def goldens(type_name: str, folder: Path = FOLDER) -> Iterator[Golden]:
    """Every golden record of a message."""
    for file in files(type_name, folder):
        content = json.loads(file.read_text("utf-8"))
        for variant, part in content["records"].items():
            yield Golden(
                content["type"],
                f"{file.stem}/{variant}",
                bytes.fromhex(part["hex"]),
                part.get("headers", {}),
                part["message"],
                part.get("event", {}),
            )


def unset(type_name: str, folder: Path = FOLDER) -> set[str]:
    """Fields that no golden record of the message sets."""
    cls = message_class(type_name)
    seen = {
        field.name
        for golden in goldens(type_name, folder)
        for field, _ in cls.FromString(golden.value).ListFields()
    }
    return {field.name for field in cls.DESCRIPTOR.fields} - seen


def add(folder: Path = FOLDER) -> list[Path]:
    """Write a file for each message that has none or has a field in none; the files written."""
    written = []
    for type_name in covered():
        known = files(type_name, folder)
        if not known or unset(type_name, folder):
            end = f".{len(known) + 1}" if known else ""
            name = type_name.rpartition(".")[2]
            path = folder / service_of(type_name) / f"{name}.v1{end}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(json.dumps(_content(type_name), ensure_ascii=False, indent=2) + "\n")
            written.append(path)
    return written


def message_json(message: Message) -> Tree:
    """Proto3 JSON under the proto's own field names, defaults included."""
    found: Tree = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return found


def readable(value: Any) -> Any:
    """A domain value as JSON: instants in RFC 3339, bytes in hex, sets in order."""
    if inside := members(type(value)):
        return {member.name: readable(getattr(value, member.name)) for member in inside}
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {name: readable(part) for name, part in value.items()}
    if isinstance(value, frozenset):
        return sorted((readable(part) for part in value), key=json.dumps)
    if hasattr(value, "_asdict"):  # a named tuple
        return readable(value._asdict())
    if isinstance(value, (tuple, list)):
        return [readable(part) for part in value]
    return value


def _content(type_name: str) -> Tree:
    return {"type": type_name, "records": dict(_records(type_name))}


def _records(type_name: str) -> Iterator[tuple[str, Tree]]:
    """`full`, one more for each bit of the booleans' numbers, and `least`."""
    full = filled(message_class(type_name)())
    yield "full", _record(full, full=True)
    switches = list(_switches(full))
    for bit in range((len(switches) - 1).bit_length() if switches else 0):
        mixed = type(full).FromString(full.SerializeToString())
        for n, (parent, name) in enumerate(switches):
            part = getattr(mixed, parent) if parent else mixed
            setattr(part, name, bool(n >> bit & 1))
        yield f"switches-{bit + 1}", _record(mixed, full=True)
    yield "least", _record(_least(full), full=False)


def _switches(full: Message) -> Iterator[tuple[str, str]]:
    """The booleans of the message and of those in it: (field that holds it or empty, name)."""
    for field, value in full.ListFields():
        if field.type == FieldDescriptor.TYPE_BOOL:
            yield "", field.name
        elif field.type == FieldDescriptor.TYPE_MESSAGE and not field.is_repeated:
            inner = value.DESCRIPTOR.fields
            yield from ((field.name, f.name) for f in inner if f.type == FieldDescriptor.TYPE_BOOL)


def _record(message: Message, *, full: bool) -> Tree:
    type_name = message.DESCRIPTOR.full_name
    value = message.SerializeToString(deterministic=True)
    if type_name not in facts():
        return {"hex": value.hex(), "message": message_json(message)}
    fact = _fact(message, value, full)
    found = {
        "headers": {name: text.decode() for name, text in fact_headers(fact)},
        "hex": value.hex(),
        "message": message_json(message),
    }
    codec = codecs().get(service_of(type_name))
    return found if codec is None else {**found, "event": readable(codec.decode(fact))}


def _fact(message: Message, value: bytes, full: bool) -> Fact:
    service = service_of(message.DESCRIPTOR.full_name)
    source = service if service in codecs() else "dispatch"
    stage, name = stage_of(type(message)), message.DESCRIPTOR.full_name
    recorded_at = AT.replace(microsecond=750000)
    fact = Fact(source, 3, 1234567, TICKET, 12, name, value, AT, recorded_at, stage)
    if full:
        fact.import_id, fact.command_id, fact.by = "nyc-2011", "dpr/9f3c", "dpr"
        fact.causation = f"intake/{TICKET}/2"
        fact.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    return fact


def _least(full: Message) -> Message:
    """With those fields only that its service cannot read it without."""
    least = type(full).FromString(full.SerializeToString())
    for field in full.DESCRIPTOR.fields:
        shorter = type(full).FromString(least.SerializeToString())
        shorter.ClearField(field.name)
        if _is_read(shorter):
            least = shorter
    return least


def _is_read(message: Message) -> bool:
    codec = codecs().get(service_of(message.DESCRIPTOR.full_name))
    fact = _fact(message, message.SerializeToString(), full=False)
    if codec is None or not codec.knows(fact.type):
        return True
    try:
        codec.decode(fact)
    except BadBody:
        return False
    return True


def _shown(paths: Iterable[Path]) -> Iterator[str]:
    return (path.relative_to(FOLDER).as_posix() for path in paths)


def main() -> None:
    """Add what is missing."""
    for line in _shown(add()):
        print(line)  # noqa: T201


if __name__ == "__main__":
    main()
