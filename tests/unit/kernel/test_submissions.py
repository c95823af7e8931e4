"""Submissions by Kafka, read a batch at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.kernel.cloudevents import attributes
from services.kernel.kafka_commands import KafkaCommands
from services.kernel.service import CommandRule, Submission
from tests.support.desks import NoteProgress, desk
from tests.support.loops import BUCKETS
from tests.unit.kernel.test_kafka_commands import NOTE, NOW, TICKET, Known, record, signer


async def test_submissions_of_a_batch_wait_for_the_store_together() -> None:
    together = asyncio.Barrier(3)

    async def submit(body: bytes, *_: Any, at: datetime, import_id: str) -> Submission:
        async with asyncio.timeout(10):
            await together.wait()
        return Submission(TICKET, NoteProgress(at, "web", "called"))

    rule = CommandRule("note", NoteProgress, frozenset({"channel"}))
    service = replace(desk(), commands=(rule,), submit=submit)
    commands = KafkaCommands(service, Known(), namespace="", buckets=BUCKETS, answers_unknown=True)
    sent = [signer("web").submission(str(n), NOTE, f"c-{n}", NOW) for n in range(3)]
    found = await commands.read([(r, attributes(r.headers)) for r in map(record, sent)])
    assert [request.command_id for request in found] == ["c-0", "c-1", "c-2"]
    assert [request.problem for request in found] == [None] * 3
