"""A command is one trace, from HTTP through Kafka to the department, and one line of a log."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from tests.integration.ops.conftest import City
from tests.support.collector import Collector, Span

pytestmark = pytest.mark.asyncio(loop_scope="package")

CALLER = "00f067aa0ba902b7"
DEADLINE = "hotline-deadline"
SERVICES = {"hotline-intake", "hotline-dispatch", DEADLINE, "hotline-datasync"}


async def test_one_command_is_one_trace_through_all_services(city: City, spans: Collector) -> None:
    trace = "a" * 31 + "1"
    [ticket] = await city.post(1, traceparent=f"00-{trace}-{CALLER}-01")
    found = await delivered(spans, trace)
    assert {span.attributes["hotline.ticket"] for span in found} == {ticket}
    [root] = [span for span in found if span.parent == CALLER]
    assert (root.service, root.name) == ("hotline-intake", "POST /v1/tickets")
    by_id = {span.span_id: span for span in found}
    assert len(by_id) == len(found), "no step is recorded twice"
    path = [span.service for span in path_of(by_id, DEADLINE, "apply TicketDispatched")]
    assert path == ["hotline-intake", "hotline-dispatch", DEADLINE]


async def delivered(spans: Collector, trace: str) -> list[Span]:
    """The whole trace, up to the department that has the matter on its topic."""
    give_up = time.monotonic() + 20.0
    while True:
        found = await spans.until(trace, SERVICES)
        ids, names = {s.span_id for s in found} | {CALLER}, {(s.service, s.name) for s in found}
        arrived = {("hotline-datasync", "deliver to nypd"), (DEADLINE, "apply TicketDispatched")}
        if arrived <= names and all(span.parent in ids for span in found):
            return found
        assert time.monotonic() < give_up, sorted(names)
        await asyncio.sleep(0.05)


def path_of(by_id: dict[str, Span], service: str, name: str) -> list[Span]:
    """From the caller to this step of this service."""
    path = [span for span in by_id.values() if (span.service, span.name) == (service, name)]
    while path[0].parent in by_id:
        path.insert(0, by_id[path[0].parent])
    return path


async def test_a_trace_that_its_caller_does_not_sample_is_not_exported(
    city: City, spans: Collector
) -> None:
    quiet, loud = "b" * 31 + "1", "b" * 31 + "2"
    await city.post(1, traceparent=f"00-{quiet}-{CALLER}-00")
    await city.post(1)
    await city.post(1, traceparent=f"00-{loud}-{CALLER}-01")
    await spans.until(loud, SERVICES)
    assert spans.of_trace(quiet) == []
    assert {s.trace_id for s in spans.spans} <= {loud, "a" * 31 + "1"}


async def test_a_command_is_a_line_of_intakes_log(city: City) -> None:
    trace = "c" * 31 + "1"
    [ticket] = await city.post(1, traceparent=f"00-{trace}-{CALLER}-00")
    log = city.place.run_dir / "logs" / "intake.log"
    give_up = time.monotonic() + 10.0
    while trace not in (text := log.read_text("utf-8")):
        assert time.monotonic() < give_up
        await asyncio.sleep(0.05)
    [line] = [json.loads(one) for one in text.splitlines() if trace in one]
    assert (line["message"], line["way"], line["ticket"]) == ("command", "http", ticket)
    assert (line["outcome"], line["status"]) == ("done", 201)
