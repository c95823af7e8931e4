"""Every kind of record that we write carries the headers that the AsyncAPI document tells of."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from jsonschema import Draft7Validator
from nacl.signing import SigningKey

from hotline.client.commands import Import, Signer
from hotline.contracts import asyncapi
from hotline.dispatch.v1 import commands_pb2
from hotline.intake.v1 import commands_pb2 as intake_commands
from services.datasync.adapters.topic import TopicDelivery
from services.datasync.domain.facts import Fact as SharedFact
from services.datasync.domain.feed import Entry
from services.evaluation.adapters.codec import CODEC as EVALUATION
from services.evaluation.adapters.figures import MeasuresFeed
from services.evaluation.domain.ticket import ScoreBooked
from services.kernel.bus import Outgoing
from services.kernel.bus_memory import MemoryBus, MemoryRecord
from services.kernel.clock import ManualClock
from services.kernel.cloudevents import to_record
from services.kernel.commands import Answer
from services.kernel.facts import Fact
from services.kernel.names import MEASURES
from services.kernel.parking import spoiled
from services.kernel.registry import Entry as Published
from services.kernel.registry_log import to_registry_fact
from services.kernel.replies import Reply, reply_record
from services.kernel.store import BucketClosed
from services.kernel.watermarks import Promiser

AT = datetime(2026, 11, 2, 8, 15, 0, 250000, tzinfo=UTC)
NOTHING: Any = None  # a port that the record does not need
SIGNER = Signer("dpr", "k1", SigningKey.generate())
STATED = Import("nyc-2011", AT, "DPR")


def a_fact(**more: str) -> Fact:
    name = "hotline.dispatch.v1.DispatchConfirmed"
    return Fact("dispatch", 3, 7, "T1", 2, name, b"", AT, AT, "dispatch", **more)  # type: ignore[arg-type]


def a_full_fact() -> Outgoing:
    more = {"command_id": "dpr/1", "causation": "intake/T1/1", "by": "dpr", "import_id": "i"}
    return to_record(a_fact(**more, traceparent="00-1-2-01"), "hotline.tickets.v1", 2)


def a_reply() -> Outgoing:
    reply = Reply("dpr", "c1", "T1", Answer(200, b"{}", 3, "dispatch/3/7"), True)
    return reply_record(reply, "dispatch", "")


def a_watermark() -> Outgoing:
    promiser = Promiser(
        "dispatch", "hotline.watermarks.v1", NOTHING, NOTHING, NOTHING, NOTHING,
        keyed=(), shared=(),
    )  # fmt: skip
    return promiser._record([BucketClosed(3, 8, AT)])


def a_parked_record() -> Outgoing:
    bad = MemoryRecord("hotline.tickets.v1", 3, 9, 0, b"T1", b"?", [])
    return spoiled(bad, "ce_type is missing", "", "dispatch")


def a_published_entry() -> Outgoing:
    entry = Published(1, "calendar/cn", 1, AT, "No. 7", b"{}", AT, "ann", "ann/k1", AT)
    return to_record(to_registry_fact(entry, "deadline"), "hotline.registry.v1")


def an_entry() -> Outgoing:
    serving = cast(Any, SimpleNamespace(message=lambda _: b""))
    delivery = TopicDelivery(
        "health-food", "hotline.department.health.v1", serving, NOTHING, NOTHING,
        ManualClock(AT), NOTHING,
    )  # fmt: skip
    name = "hotline.dispatch.v1.DispatchConfirmed"
    fact = SharedFact("dispatch", "T1", 2, 7, name, AT, "dispatch", {}, b"", b"")
    return delivery._record(Entry("health-food", 3, 1, "v1", b"", fact))


async def measures() -> list[Outgoing]:
    bus = MemoryBus(lambda: AT)
    bus.create(MEASURES, 8)
    score = ScoreBooked(
        AT, 1, "u1", "noise", "a", "city", True, True, True, True, True, True, "f/1", AT
    )
    new = EVALUATION.encode(score, b"{}")
    fact = Fact("evaluation", 3, 1, "T1", 1, new.type, new.data, new.time, AT)
    await MeasuresFeed(bus, "").announce([fact], released=False)
    found = [record for log in bus.logs.values() for record in log]
    return [Outgoing(r.topic, r.partition, r.key or b"", r.value or b"", r.headers) for r in found]


async def written() -> dict[str, list[Outgoing]]:
    """At least one record of every channel that we or our senders write to."""
    confirm = commands_pb2.ConfirmDispatch()
    return {
        "tickets": [to_record(a_fact(), "hotline.tickets.v1"), a_full_fact()],
        "commands": [
            SIGNER.command("T1", confirm, "c1", AT),
            SIGNER.command("T1", confirm, "c1", AT, STATED),
        ],
        "submissions": [SIGNER.submission("x1", intake_commands.SubmitMatter(), "c2", AT)],
        "replies": [a_reply()],
        "watermarks": [a_watermark()],
        "parked": [a_parked_record()],
        "department": [an_entry()],
        "measures": await measures(),
        "registry": [a_published_entry()],
    }


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(asyncapi.DOCUMENT.read_text("utf-8"))
    return loaded


async def test_every_record_has_the_headers_that_are_told_and_no_others(
    document: dict[str, Any],
) -> None:
    for channel, records in (await written()).items():
        told = document["components"]["schemas"][f"headers.{channel}"]
        assert records, channel
        for record in records:
            headers = {name: value.decode() for name, value in record.headers}
            assert not headers.keys() - told["properties"].keys(), channel
            assert [e.message for e in Draft7Validator(told).iter_errors(headers)] == [], channel
            if "ce_type" in headers:
                assert headers["ce_type"] in document["channels"][channel]["messages"], channel


async def test_every_header_that_is_told_is_written_by_someone(document: dict[str, Any]) -> None:
    read_only = {"traceparent"}  # a sender may add it; our own sends none
    for channel, records in (await written()).items():
        told = document["components"]["schemas"][f"headers.{channel}"]["properties"].keys()
        seen = {name for record in records for name, _ in record.headers}
        if channel in ("commands", "submissions"):
            told -= read_only | (STATED.headers().keys() if channel == "submissions" else set())
        assert told <= seen, channel


async def test_every_channel_that_is_written_is_compared(document: dict[str, Any]) -> None:
    empty = {name for name, channel in document["channels"].items() if not channel["messages"]}
    assert (await written()).keys() == document["channels"].keys() - empty
