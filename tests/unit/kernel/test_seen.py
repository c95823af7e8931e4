"""One line per command, however it came, with nothing personal and at next to no cost."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.kernel.names import replies_of, topic_of
from services.kernel.seen import CommandLog, command_log
from services.kernel.telemetry import TraceContext
from services.kernel.topics import replies_topic
from tests.support.loops import memory_loop
from tests.support.web import TICKET, Web, on_the_web
from tests.unit.kernel.test_kafka_commands import NOTE, Known, noting, signer

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PHONE = "13800138000"
FIELDS = {"time", "level", "service", "message", "way", "command", "ticket", "outcome", "status",
          "duration_ms", "trace_id"}  # fmt: skip


class Written:
    """What the log wrote."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def lines(self) -> list[dict[str, Any]]:
        command_log.flush()
        return [json.loads(line) for line in "".join(self.texts).splitlines()]


WRITTEN = Written()


@pytest.fixture(autouse=True)
def written() -> Iterator[Written]:
    WRITTEN.texts.clear()
    command_log.open("dispatch", WRITTEN.texts.append)
    yield WRITTEN
    command_log.close()


@on_the_web
async def test_a_command_by_http_is_one_line(web: Web) -> None:
    answer = await web.note(PHONE, traceparent=TRACE)
    [line] = WRITTEN.lines()
    assert line.keys() == FIELDS
    assert (line["level"], line["service"], line["way"]) == ("info", "dispatch", "http")
    assert (line["command"], line["ticket"]) == ("NoteProgress", TICKET)
    assert (line["outcome"], line["status"]) == ("done", 201)
    assert line["duration_ms"] >= 0
    sent = TraceContext.parse(answer.headers["traceparent"])
    assert sent is not None
    assert line["trace_id"] == sent.trace_id == TRACE[3:35]
    assert abs(datetime.fromisoformat(line["time"]).timestamp() - time.time()) < 60
    assert PHONE not in "".join(WRITTEN.texts)


@on_the_web
async def test_what_is_refused_and_what_fails_are_lines_too(web: Web) -> None:
    await web.note("")
    await web.note("x", key="")
    await web.note("x", ticket="a b")
    await web.client.get("/livez")
    told = [(line["command"], line["status"], line["outcome"]) for line in WRITTEN.lines()]
    assert told == [
        ("NoteProgress", 422, "refused"),
        ("NoteProgress", 400, "refused"),
        ("NoteProgress", 400, "refused"),
    ], "and a question is none"


async def test_a_command_by_kafka_is_one_line(namespace: str) -> None:
    async with memory_loop(namespace) as loop:
        assert loop.memory is not None
        loop.memory.create(topic_of(namespace, replies_of("dot")), replies_topic("dot").partitions)
        await loop.run(noting(), senders=Known())
        real = signer(namespace=namespace).command(TICKET, NOTE, "c-1", datetime.now(UTC))
        real = replace(real, headers=[*real.headers, ("traceparent", TRACE.encode())])
        forged = [(n, b"AAAA" if n == "signature" else v) for n, v in real.headers]
        await loop.bus().publish([real, replace(real, headers=forged)])
        give_up = time.monotonic() + 10.0
        while len(lines := WRITTEN.lines()) < 2:
            assert time.monotonic() < give_up
            await asyncio.sleep(0.02)
    done, refused = lines
    assert done.keys() == refused.keys() == FIELDS
    assert (done["way"], done["command"], done["ticket"]) == ("kafka", "NoteProgress", TICKET)
    assert (done["status"], done["outcome"], done["trace_id"]) == (201, "done", TRACE[3:35])
    assert (refused["command"], refused["status"]) == ("unknown", 401), "nothing of it is proven"
    assert refused["ticket"] == ""


async def test_lines_are_written_together_and_none_waits_long() -> None:
    texts: list[str] = []
    log = CommandLog()
    log.add("http", "X", "t", 200, 0.001, "")
    log.open("x", texts.append)
    for _ in range(600):
        log.add("http", "X", "t", 200, 0.001, "")
    assert [text.count("\n") for text in texts] == [500], "before it was opened nothing was kept"
    give_up = time.monotonic() + 5.0
    while len(texts) < 2:
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)
    assert texts[1].count("\n") == 100
