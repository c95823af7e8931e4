"""Submissions and imports by Kafka, read a batch at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from hotline.client.commands import Import
from hotline.intake.v1 import commands_pb2 as intake
from services.kernel.bus_memory import MemoryRecord
from services.kernel.cloudevents import attributes
from services.kernel.imports import Imports
from services.kernel.kafka_commands import KafkaCommands
from services.kernel.service import CommandRule, Submission
from services.kernel.store import Store, StoreUnavailable
from tests.support.desks import NoteProgress, desk
from tests.support.loops import BUCKETS
from tests.unit.kernel.test_kafka_commands import (
    NOTE,
    NOW,
    TICKET,
    Known,
    command,
    noting,
    record,
    signer,
)

IMPORT = Import("i1", NOW)


def submitting(submit: Any) -> KafkaCommands:
    """A desk to which channels submit so."""
    rule = CommandRule("note", NoteProgress, frozenset({"channel"}))
    service = replace(desk(), commands=(rule,), submit=submit)
    return KafkaCommands(service, Known(), namespace="", buckets=BUCKETS, answers_unknown=True)


def submissions(count: int) -> list[tuple[MemoryRecord, dict[str, bytes]]]:
    sent = [signer("web").submission(str(n), NOTE, f"c-{n}", NOW) for n in range(count)]
    return [(r, attributes(r.headers)) for r in map(record, sent)]


async def test_submissions_of_a_batch_wait_for_the_store_together() -> None:
    together = asyncio.Barrier(3)

    async def submit(body: bytes, *_: Any, at: datetime, import_id: str) -> Submission:
        async with asyncio.timeout(10):
            await together.wait()
        return Submission(TICKET, NoteProgress(at, "web", "called"))

    found = await submitting(submit).read(submissions(3))
    assert [request.command_id for request in found] == ["c-0", "c-1", "c-2"]
    assert [request.problem for request in found] == [None] * 3


async def test_a_fault_of_one_submission_is_told_when_the_others_have_ended() -> None:
    ended = list[str]()

    async def submit(body: bytes, *_: Any, at: datetime, import_id: str) -> Submission:
        if not ended:
            ended.append("failed")
            raise StoreUnavailable("gone")
        await asyncio.sleep(0)
        ended.append("done")
        return Submission(TICKET, NoteProgress(at, "web", "called"))

    with pytest.raises(StoreUnavailable):
        await submitting(submit).read(submissions(3))
    assert ended == ["failed", "done", "done"]  # nobody works on for a batch that is read again


async def test_the_store_is_asked_about_imports_of_this_services_commands_alone() -> None:
    commands = KafkaCommands(
        noting(), Known(), namespace="", buckets=BUCKETS, answers_unknown=False,
        imports=Imports(cast(Store, object())),
    )  # fmt: skip
    theirs = record(command("importer", intake.SubmitMatter(), stated=IMPORT))
    assert await commands.too_late([attributes(theirs.headers)]) == (set(), [])
    mine = record(command("importer", NOTE, stated=IMPORT))
    with pytest.raises(AttributeError, match="closed_imports"):
        await commands.too_late([attributes(mine.headers)])
