"""Commands by Kafka: who may send them, and that no record can do more than be refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from hotline.client.commands import Import, Signer
from hotline.dispatch.v1 import commands_pb2
from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel.bus import Outgoing
from services.kernel.bus_memory import MemoryRecord
from services.kernel.cloudevents import attributes
from services.kernel.imports import Imports
from services.kernel.kafka_commands import KafkaCommands, Request
from services.kernel.names import COMMANDS, bucket_of, replies_of, topic_of
from services.kernel.senders import Sender, Senders
from services.kernel.service import CommandRule, Service
from services.kernel.signing import Signed, sign
from services.kernel.store_memory import MemoryStore
from services.kernel.topics import replies_topic
from tests.support.desks import NoteProgress, desk
from tests.support.loops import BUCKETS, Loop, memory_loop

NOW = datetime.now(UTC)
KEY, STRANGER = SigningKey.generate(), SigningKey.generate()
TICKET = "20260302-1"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOTE = commands_pb2.NoteProgress(note="called")
TYPE = NOTE.DESCRIPTOR.full_name


class Known(Senders):
    """Senders of the test's own, all with one key."""

    def __init__(self) -> None:
        super().__init__(None)
        keys = {"k": KEY.verify_key}
        self.listed = {
            "dot": Sender("dot", "unit", "DOT", keys),
            "web": Sender("web", "channel", "", keys),
            "importer": Sender("importer", "importer", "", keys),
        }

    def get(self, name: str) -> Sender | None:
        return self.listed.get(name)


def noting() -> Service:
    """The desk of the kernel's tests; units may note."""
    return replace(desk(), commands=(CommandRule("note", NoteProgress, frozenset({"unit"})),))


def signer(name: str = "dot", namespace: str = "") -> Signer:
    return Signer(name, "k", KEY, namespace, BUCKETS)


def command(
    name: str = "dot", message: Any = NOTE, ticket: str = TICKET, stated: Import | None = None
) -> Outgoing:
    return signer(name).command(ticket, message, "c-1", NOW, stated)


def record(sent: Outgoing, **changes: bytes | None) -> MemoryRecord:
    """As the broker holds it; `changes` are headers, by names with _ for -."""
    headers = [(n, changes.get(n.replace("-", "_"), v)) for n, v in sent.headers]
    stamp = int(NOW.timestamp() * 1000)
    partition = sent.partition or 0
    return MemoryRecord(sent.topic, partition, 0, stamp, sent.key, sent.value, headers)  # type: ignore[arg-type]


async def read(given: MemoryRecord) -> Request:
    imports = Imports(MemoryStore("dispatch", BUCKETS, lambda: NOW))
    commands = KafkaCommands(
        noting(), Known(), namespace="", buckets=BUCKETS, answers_unknown=True, imports=imports
    )
    (found,) = await commands.read([(given, attributes(given.headers))])
    return found


async def refused(given: MemoryRecord) -> tuple[int, str]:
    found = await read(given)
    assert found.problem is not None
    assert found.command is None
    return found.problem[:2]


async def test_a_signed_command_of_a_unit_is_read_with_its_envelope() -> None:
    found = await read(record(command()))
    assert found.problem is None
    at = datetime.fromtimestamp(int(NOW.timestamp() * 1000) / 1000, UTC)
    assert found.command == NoteProgress(at, "dot", "called")
    assert (found.ticket, found.live) == (TICKET, True)
    assert found.meta == {"command_id": "dot/c-1", "by": "dot"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"signature": b""}, (401, "missing-signature")),
        ({"signaturekeyid": None}, (401, "missing-signature")),
        ({"signaturekeyid": b"old"}, (401, "unknown-key")),
        ({"signature": b"AAAA"}, (401, "bad-signature")),
        ({"ce_time": b"2011-03-16T09:00:00Z"}, (401, "bad-signature")),
        ({"ce_time": None}, (401, "bad-signature")),
        ({"ce_id": b"c-2"}, (401, "bad-signature")),
        ({"ce_id": b""}, (400, "command-id-missing")),
        ({"ce_id": b"a\0b"}, (400, "command-id-missing")),
        ({"ce_id": b"x" * 201}, (400, "command-id-missing")),
        ({"ce_source": b"web"}, (403, "role-missing")),
        ({"ce_source": b"nobody"}, (401, "unknown-sender")),
        ({"ce_source": None}, (401, "unknown-sender")),
        ({"ce_type": None}, (401, "bad-signature")),
        ({"ce_type": b"\xff"}, (400, "bad-body")),
        ({"content_type": b"application/json"}, (401, "bad-signature")),
    ],
)
async def test_a_record_that_is_not_as_signed_is_refused_with_its_reason(
    changes: dict[str, bytes | None], problem: tuple[int, str]
) -> None:
    assert await refused(record(command(), **changes)) == problem


async def test_a_stale_command_is_refused() -> None:
    sent = signer().command(TICKET, NOTE, "c-1", NOW - timedelta(minutes=6))
    assert await refused(record(sent)) == (401, "stale-signature")


async def test_a_command_on_another_topic_is_refused() -> None:
    moved = replace(record(command()), topic="hotline.submissions.v1")
    assert await refused(moved) == (401, "bad-signature")


async def test_a_command_in_a_wrong_partition_is_told_the_right_one() -> None:
    given = record(command())
    wrong = (bucket_of(TICKET, BUCKETS) + 1) % BUCKETS
    found = await read(replace(given, partition=wrong))
    assert found.problem is not None
    assert found.problem[1] == "wrong-partition"
    assert f"partition {given.partition}, not {wrong}" in found.problem[2]


@pytest.mark.parametrize("ticket", ["a\0b", "", "x" * 65, "a b", "é" * 3])
async def test_a_key_that_is_no_ticket_id_is_refused(ticket: str) -> None:
    assert await refused(record(command(ticket=ticket))) == (400, "bad-ticket")


async def test_an_unknown_command_is_told_so() -> None:
    other = commands_pb2.ArchiveTicket()
    assert await refused(record(command(message=other))) == (404, "unknown-command")


async def test_a_trace_is_kept_where_it_is_of_the_form() -> None:
    sent = command()
    for came, kept in ((TRACE.encode(), TRACE), (b"x" * 9_000, ""), (b"\xff", "")):
        found = await read(record(replace(sent, headers=[*sent.headers, ("traceparent", came)])))
        assert found.meta.get("traceparent", "") == kept


# Imports

STATED = Import("old", NOW - timedelta(days=365), "DPR")


async def test_an_importer_states_time_and_unit_and_signs_both() -> None:
    found = await read(record(command("importer", stated=STATED)))
    assert found.problem is None
    assert found.command.at == STATED.at
    assert (found.live, found.meta["import_id"]) == (False, "old")


@pytest.mark.parametrize(
    "changes",
    [
        {"ce_importid": b"new"},
        {"ce_importtime": b"2011-03-16T09:00:00Z"},
        {"ce_actingfor": b"DOT"},
    ],
)
async def test_a_changed_statement_is_refused(changes: dict[str, bytes | None]) -> None:
    given = record(command("importer", stated=STATED), **changes)
    assert await refused(given) == (401, "bad-signature")


async def test_a_statement_that_was_added_is_refused() -> None:
    sent = command()
    for name in ("ce_importid", "ce_importtime", "ce_actingfor"):
        more = replace(sent, headers=[*sent.headers, (name, b"x")])
        assert await refused(record(more)) == (401, "bad-signature")


async def test_only_an_importer_may_state_anything() -> None:
    assert await refused(record(command(stated=STATED))) == (403, "not-an-importer")
    ahead = Import("old", NOW + timedelta(minutes=1))
    assert await refused(record(command("importer", stated=ahead))) == (400, "bad-time")


@given(
    st.dictionaries(
        st.sampled_from(["ce_id", "ce_source", "ce_type", "ce_time", "content_type", "signature"]),
        st.none() | st.binary(max_size=12),
        min_size=1,
    ),
    st.none() | st.binary(max_size=12),
)
@settings(max_examples=60)
async def test_no_record_makes_the_reader_fail(changes: Any, key: bytes | None) -> None:
    await read(replace(record(command(), **changes), key=key))


# In the loop: a sender's own id is not used up by another


@dataclass
class City:
    """A desk that runs on the twins, with a replies topic for the unit."""

    loop: Loop
    namespace: str

    async def send(self, *records: Outgoing) -> None:
        await self.loop.bus().publish(records)

    async def replies(self, count: int) -> list[CommandAnswered]:
        topic = topic_of(self.namespace, replies_of("dot"))
        places = [(topic, p) for p in range(replies_topic("dot").partitions)]
        found = await self.loop.read(places, lambda records: len(records) >= count)
        return [CommandAnswered.FromString(r.value or b"") for r in found]


@pytest.fixture
async def city(namespace: str) -> AsyncIterator[City]:
    async with memory_loop(namespace) as loop:
        assert loop.memory is not None
        topic = replies_topic("dot")
        loop.memory.create(topic_of(namespace, topic.name), topic.partitions)
        await loop.run(noting(), senders=Known())
        yield City(loop, namespace)


async def test_a_forged_command_does_not_use_up_the_id_of_the_real_one(city: City) -> None:
    real = signer(namespace=city.namespace).command(TICKET, NOTE, "c-1", datetime.now(UTC))
    headers = [(n, b"AAAA" if n == "signature" else v) for n, v in real.headers]
    await city.send(replace(real, headers=headers), real)
    replies = await city.replies(2)
    assert sorted(r.status for r in replies) == [201, 401]
    (fact,) = await city.loop.facts(lambda found: len(found) >= 1)
    assert fact.command_id == "dot/c-1"


async def test_a_command_that_stands_twice_in_a_batch_is_decided_once(city: City) -> None:
    real = signer(namespace=city.namespace).command(TICKET, NOTE, "c-1", datetime.now(UTC))
    other = signer(namespace=city.namespace).command(
        TICKET, commands_pb2.NoteProgress(note="wrote"), "c-2", datetime.now(UTC)
    )
    await city.send(real, real, other)
    assert sorted(r.status for r in await city.replies(2)) == [200, 201]
    facts = await city.loop.facts(lambda found: len(found) >= 2)
    assert [f.version for f in facts] == [1, 2]


async def test_the_first_answer_names_the_position_that_a_repeat_names(city: City) -> None:
    place = f"dispatch/{bucket_of(TICKET, BUCKETS)}"
    notes = {"c-1": "called", "c-2": "wrote", "c-3": "no text\0"}
    sent = [
        signer(namespace=city.namespace).command(
            TICKET, commands_pb2.NoteProgress(note=note), key, datetime.now(UTC)
        )
        for key, note in notes.items()
    ]
    await city.send(*sent)
    first = {r.command_id: r for r in await city.replies(3)}
    await city.send(*sent)
    assert {key: r.position for key, r in first.items()} == {
        "c-1": f"{place}/1", "c-2": f"{place}/2", "c-3": ""
    }  # fmt: skip
    assert all(r == first[r.command_id] for r in await city.replies(6))


def test_the_topic_that_is_signed_has_no_namespace() -> None:
    sent, named = command(), signer(namespace="city").command(TICKET, NOTE, "c-1", NOW)
    assert dict(sent.headers)["signature"] == dict(named.headers)["signature"]
    stamp = dict(sent.headers)["ce_time"].decode()
    body = NOTE.SerializeToString()
    covered = {"content-type": "application/protobuf"}
    again = sign(KEY, Signed(COMMANDS, TICKET.encode(), TYPE, "c-1", stamp, body, covered))
    assert dict(sent.headers)["signature"] == again.encode()
