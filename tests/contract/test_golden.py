"""Records written long ago are read as they were meant: golden bytes of every published message.

The files under `golden/` were written once, by `python -m hotline.contracts.golden`, and no test
writes them. A field that a message got later reads as its default.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.message import DecodeError, Message

import services.deadline.service as deadline
import services.dispatch.service as dispatch
import services.evaluation.service as evaluation
from hotline.contracts import golden
from hotline.contracts.golden import FOLDER, Golden
from hotline.intake.v1 import events_pb2 as intake
from services.datasync.adapters.events import Fields, event_types
from services.datasync.adapters.json_form import as_json
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load
from services.deadline.domain.reactions import Happened
from services.deadline.domain.rulebook import always
from services.dispatch.adapters import registry as dispatch_registry
from services.evaluation.adapters import registry as evaluation_registry
from services.evaluation.adapters.codec import COUNTED
from services.kernel.cloudevents import fact_headers
from services.kernel.codec import ENVELOPE, Codec, to_datetime
from services.kernel.imports import Frontier, frontier_of

TYPES = golden.covered()
RECORDS = {name: list(golden.goldens(name)) for name in TYPES}
FACTS = {name: records for name, records in RECORDS.items() if records and records[0].headers}
READERS: list[Codec] = [*golden.codecs().values(), COUNTED, PolicyCodec(load("nyc")[0])]


each_type = pytest.mark.parametrize("name", TYPES)
each_fact = pytest.mark.parametrize("name", FACTS)


def agree(written: dict[str, Any], read: dict[str, Any]) -> bool:
    """As written; a field that is newer than the record is at its default."""
    newer = {name: value for name, value in read.items() if name not in written}
    return {name: read.get(name) for name in written} == written and not any(newer.values())


# All are there, and stay as they are


def test_every_field_of_every_published_message_is_in_golden_bytes() -> None:
    missing = {name: sorted(golden.unset(name)) for name in TYPES if golden.unset(name)}
    assert not missing, "run `python -m hotline.contracts.golden`"
    assert all(golden.files(name) for name in TYPES)
    services = {"intake", "dispatch", "deadline", "evaluation", "datasync", "kernel"}
    assert {golden.service_of(name) for name in TYPES} == services


def test_a_message_without_golden_bytes_gets_them_and_a_written_file_stays(tmp_path: Path) -> None:
    written = golden.add(tmp_path)
    assert len(written) == len(TYPES)
    kept = written[0]
    kept.write_text(kept.read_text("utf-8") + "\n", "utf-8")
    written[1].unlink()
    assert golden.add(tmp_path) == [written[1]]
    assert kept.read_text("utf-8").endswith("\n\n")


def test_a_message_with_a_new_field_gets_another_file(tmp_path: Path) -> None:
    name = "hotline.dispatch.v1.TicketArchived"
    old = FOLDER / "dispatch" / "TicketArchived.v1.json"
    content = json.loads(old.read_text("utf-8"))
    content["records"] = {"least": content["records"]["least"]}
    (tmp_path / "dispatch").mkdir()
    (tmp_path / "dispatch" / old.name).write_text(json.dumps(content), "utf-8")
    assert golden.unset(name, tmp_path) == {"unit", "reason", "withdrawn_at"}
    assert tmp_path / "dispatch" / "TicketArchived.v1.2.json" in golden.add(tmp_path)
    assert golden.unset(name, tmp_path) == set()


def test_every_golden_file_is_of_a_message_that_is_still_published() -> None:
    known = {path for name in TYPES for path in golden.files(name)}
    states = set(FOLDER.glob("*/states.json"))
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == known | states


@each_type
def test_the_values_of_a_full_record_are_told_apart(name: str) -> None:
    full = next(record for record in RECORDS[name] if record.variant.endswith("/full"))
    values = [v for v in full.message.values() if not isinstance(v, bool | list | dict)]
    assert len(values) == len(set(values))


# The bytes mean what they meant


@each_type
def test_the_bytes_are_the_message_and_the_message_gives_the_bytes(name: str) -> None:
    for record in RECORDS[name]:
        message = golden.message_class(name).FromString(record.value)
        assert agree(record.message, golden.message_json(message)), record.variant
        assert message.SerializeToString(deterministic=True) == record.value


@each_fact
def test_the_headers_are_the_fact_and_the_fact_gives_the_headers(name: str) -> None:
    for record in FACTS[name]:
        fact = record.fact()
        assert (fact.type, fact.data, fact.ticket) == (name, record.value, golden.TICKET)
        assert (fact.version, fact.position, fact.time) == (12, 1234567, golden.AT)
        assert {name: value.decode() for name, value in fact_headers(fact)} == record.headers


def own(name: str) -> Codec | None:
    return golden.codecs().get(golden.service_of(name))


@each_fact
def test_the_service_itself_reads_the_event_and_writes_the_bytes_again(name: str) -> None:
    codec = own(name)
    if codec is None:
        assert name == "hotline.kernel.v1.TicketParked"
        return
    for record in FACTS[name]:
        event = codec.decode(record.fact())
        assert agree(record.event, golden.readable(event)), record.variant
        assert codec.encode(event, b"").data == record.value


FOREIGN = [
    (name, codec)
    for name in FACTS
    for codec in READERS
    if codec is not own(name) and codec.knows(name)
]


@pytest.mark.parametrize(
    ("name", "codec"), FOREIGN, ids=[f"{name} by {codec.source}" for name, codec in FOREIGN]
)
def test_other_services_read_the_same_in_it(name: str, codec: Codec) -> None:
    for record in FACTS[name]:
        event = codec.decode(record.fact())
        if isinstance(event, Happened):
            assert (event.source, event.at) == (record.headers["ce_source"], golden.AT)
        read = golden.readable(event.values if isinstance(event, Happened) else event)
        expected = {field: record.event[field] for field in read if field in record.event}
        newer = golden.message_class(name).DESCRIPTOR.fields_by_name.keys() - record.message.keys()
        assert read.keys() - expected.keys() <= ENVELOPE | newer
        assert {field: read[field] for field in expected} == expected
        assert not any(read[field] for field in newer & read.keys() - expected.keys())


def test_every_fact_that_others_react_to_was_read_by_them() -> None:
    read = {(name.rpartition(".")[2], codec.source) for name, codec in FOREIGN}
    assert {
        ("TicketAccepted", "dispatch"),
        ("TicketAccepted", "deadline"),
        ("TicketAccepted", "evaluation"),
        ("TicketWithdrawn", "dispatch"),
        ("TicketDispatched", "deadline"),
        ("TicketCompleted", "evaluation"),
        ("TicketArchived", "evaluation"),
        ("VisitCompleted", "dispatch"),
        ("ReturnWindowClosed", "dispatch"),
        ("DeadlineMissed", "evaluation"),
        ("MissWithdrawn", "evaluation"),
    } <= read


def test_the_frontier_of_an_import_is_read_by_all_that_wait_for_it() -> None:
    name = "hotline.intake.v1.HistoryClosed"
    for record in FACTS[name]:
        told = intake.HistoryClosed.FromString(record.value)
        found = frontier_of(intake.HistoryClosed, record.fact())
        assert found == Frontier(told.import_id, to_datetime(told.until), told.final)
    policy, calendar = load("nyc")
    waiting = [
        dispatch.service(lambda _: dispatch_registry.load("nyc")),
        deadline.service(always(policy, calendar), PolicyCodec(policy)),
        evaluation.service(lambda _: evaluation_registry.load("nyc").formula),
    ]
    assert [service.frontier for service in waiting] == [intake.HistoryClosed] * 3


@each_fact
def test_datasync_reads_every_field_of_it(name: str) -> None:
    for record in FACTS[name]:
        assert agree(record.message, as_json(event_types()[name].FromString(record.value)))
        fields = Fields(name, record.value)
        for field_name, value in record.message.items():
            assert fields[field_name] == value


# A proto that means something else is noticed


def changed(name: str, part: str, change: Callable[[DescriptorProto], None]) -> type[Message]:
    """The message's class after a change of `part`, itself or a message within it."""
    pool = descriptor_pool.DescriptorPool()
    descriptor = golden.message_class(name).DESCRIPTOR
    for needed in _needed(descriptor.file):
        proto = FileDescriptorProto()
        needed.CopyToProto(proto)
        for message in proto.message_type:
            if f"{proto.package}.{message.name}" == part:
                change(message)
        pool.Add(proto)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def _needed(file: Any) -> Iterator[Any]:
    seen = set()
    waiting = [file]
    order = []
    while waiting:
        found = waiting.pop()
        if found.name not in seen:
            seen.add(found.name)
            order.append(found)
            waiting += found.dependencies
    yield from reversed(order)


def noticed(name: str, part: str, change: Callable[[DescriptorProto], None]) -> bool:
    """Whether some golden record is read as something else after the change."""
    cls = changed(name, part, change)
    return any(_differs(cls, record) for record in RECORDS[name])


def _differs(cls: type[Message], record: Golden) -> bool:
    try:
        return not agree(record.message, golden.message_json(cls.FromString(record.value)))
    except DecodeError:
        return True


def parts(name: str) -> list[str]:
    """The message and those that it holds."""
    fields = golden.message_class(name).DESCRIPTOR.fields
    held = [f.message_type.full_name for f in fields if f.message_type is not None]
    return [name, *(h for h in held if h.startswith("hotline."))]


def fields_of(part: str) -> list[str]:
    pool = descriptor_pool.Default()
    return [field.name for field in pool.FindMessageTypeByName(part).fields]


def field(message: DescriptorProto, name: str) -> Any:
    return next(f for f in message.field if f.name == name)


@each_type
def test_an_unchanged_proto_is_not_noticed(name: str) -> None:
    assert not noticed(name, name, lambda message: None)


@each_type
def test_a_changed_field_number_is_noticed(name: str) -> None:
    for part in parts(name):
        for moved in fields_of(part):

            def renumber(message: DescriptorProto, moved: str = moved) -> None:
                field(message, moved).number = 900

            assert noticed(name, part, renumber), moved


@each_type
def test_two_fields_that_change_places_are_noticed(name: str) -> None:
    for part in parts(name):
        for one, other in combinations(fields_of(part), 2):

            def swap(message: DescriptorProto, one: str = one, other: str = other) -> None:
                a, b = field(message, one), field(message, other)
                a.number, b.number = b.number, a.number

            assert noticed(name, part, swap), f"{one} and {other}"


def test_a_changed_type_is_noticed() -> None:
    def signed(message: DescriptorProto) -> None:
        field(message, "round").type = FieldDescriptorProto.TYPE_SINT32

    name = "hotline.dispatch.v1.TicketDispatched"
    assert noticed(name, name, signed)
