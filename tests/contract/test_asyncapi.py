"""The checked-in AsyncAPI document is what the code and the protos say, and a valid one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from hotline.contracts import asyncapi
from hotline.contracts.channels import COMMANDED, SUBMISSIONS, buckets
from hotline.contracts.codecs import codecs
from hotline.contracts.protos import published
from services.kernel.topics import ticket_topics
from tests.support.documents import Document, references, resolved

SCHEMA = Path(__file__).parent / "schemas" / "asyncapi-3.0.0.json"


@pytest.fixture(scope="module")
def document() -> Document:
    loaded: Document = yaml.safe_load(asyncapi.DOCUMENT.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA.read_text("utf-8")))


def test_the_checked_in_document_is_what_is_generated_now() -> None:
    stale = asyncapi.DOCUMENT.read_text("utf-8") != asyncapi.text()
    assert not stale, "run `make contracts`"


def test_the_document_is_valid(document: Document, validator: Draft7Validator) -> None:
    assert [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(document)] == []


def without_an_action(document: Document) -> None:
    del document["operations"]["send.tickets"]["action"]


def of_another_version(document: Document) -> None:
    document["asyncapi"] = "2.6.0"


def without_partitions(document: Document) -> None:
    document["channels"]["tickets"]["bindings"]["kafka"]["partitions"] = 0


def with_another_protocol(document: Document) -> None:
    document["channels"]["tickets"]["bindings"] = {"amqp": {"is": "queue"}}


def with_a_word_of_its_own(document: Document) -> None:
    document["channels"]["tickets"]["adress"] = "hotline.tickets.v1"


def with_a_payload_of_no_type(document: Document) -> None:
    document["components"]["schemas"]["hotline.intake.v1.Kind"]["type"] = "word"


@pytest.mark.parametrize(
    "spoil",
    [
        without_an_action,
        of_another_version,
        without_partitions,
        with_another_protocol,
        with_a_word_of_its_own,
        with_a_payload_of_no_type,
    ],
)
def test_the_schema_finds_a_seeded_defect(
    document: Document, validator: Draft7Validator, spoil: Callable[[Document], None]
) -> None:
    spoiled = copy.deepcopy(document)
    spoil(spoiled)
    assert not validator.is_valid(spoiled)


def test_every_reference_leads_somewhere(document: Document) -> None:
    found = list(references(document))
    assert len(found) > 100
    for reference in found:
        assert resolved(document, reference), reference


def test_every_topic_is_described_as_it_is_made(document: Document) -> None:
    bound = [channel["bindings"]["kafka"] for channel in document["channels"].values()]
    made = {b["topic"]: (b["partitions"], b["topicConfiguration"]["retention.ms"]) for b in bound}
    for topic in ticket_topics(buckets()):
        assert made.pop(topic.name) == (topic.partitions, topic.retention_ms)
    assert made.keys() == {"hotline.replies.{sender}.v1", "hotline.department.{department}.v1"}


def test_every_published_message_stands_on_one_channel(document: Document) -> None:
    channels = document["channels"].values()
    standing = [name for channel in channels for name in channel["messages"]]
    read = {name for name in standing if "x-roles" in message(document, name)}
    internal = {"hotline.evaluation.v1.Windows"}
    assert sorted(set(standing) - read) == sorted(set(published()) - internal)
    assert len(standing) == len(set(standing))


def message(document: Document, name: str) -> Document:
    found: Document = document["components"]["messages"][name]
    return found


def test_every_command_of_a_service_stands_there_with_its_roles(document: Document) -> None:
    on = {*document["channels"]["commands"]["messages"], *SUBMISSIONS}
    for service in COMMANDED:
        assert set(codecs()[service].commands) <= on
        for rule in import_module(f"services.{service}.service").COMMANDS:
            name = f"hotline.{service}.v1.{rule.command.__name__}"
            assert message(document, name)["x-roles"] == sorted(rule.roles)


def test_a_fact_is_told_with_its_stage_and_its_comments(document: Document) -> None:
    replied = message(document, "hotline.dispatch.v1.TicketReplied")
    assert replied["x-stage"] == "reply"
    schemas = document["components"]["schemas"]
    clock = schemas["hotline.deadline.v1.ClockStarted"]["properties"]["due_at"]
    assert clock == {
        "type": "string",
        "format": "date-time",
        "description": "Exclusive: the first instant that is too late (R21).",
        "x-field-number": 5,
    }
    sealed = schemas["hotline.intake.v1.TicketReceived"]["properties"]["contact"]
    assert sealed["x-classification"] == "personal"
