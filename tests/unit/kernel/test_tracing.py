"""Spans are exported by OTLP where that is asked for, sampled as the caller says."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hotline.dev.ports import free_port
from services.kernel import tracing
from services.kernel.facts import NEVER, Fact
from services.kernel.seen import applied, steps_of
from services.kernel.telemetry import TraceContext
from tests.support.collector import Collector, configured, exported
from tests.support.loops import memory_loop, wait_until
from tests.support.web import TICKET, Web, on_the_web
from tests.unit.kernel.test_kafka_commands import NOTE, Known, noting, signer

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{CALLER}-01", f"00-{TRACE}-{CALLER}-00"
SERVER, CONSUMER = 2, 5


@on_the_web
async def test_a_command_is_a_span_between_its_caller_and_its_facts(web: Web) -> None:
    with exported() as spans:
        answer = await web.note("called", traceparent=SAMPLED)
        [span] = spans()
    assert (span.service, span.name, span.kind) == (
        "hotline-dispatch", "POST /v1/tickets/{ticket}/note", SERVER,
    )  # fmt: skip
    assert (span.trace_id, span.parent) == (TRACE, CALLER)
    assert 0 <= span.seconds < 60
    assert span.attributes["hotline.ticket"] == TICKET
    assert span.attributes["hotline.command"] == "NoteProgress"
    assert span.attributes["http.response.status_code"] == 201
    assert "called" not in str(span.attributes)
    context = f"00-{TRACE}-{span.span_id}-01"
    assert answer.headers["traceparent"] == context
    [fact] = await web.process.ledger(TICKET)
    assert fact.traceparent == context, "what comes of it follows this span"


@on_the_web
async def test_what_the_caller_does_not_sample_is_not_exported(web: Web) -> None:
    with exported(share="1") as spans:
        await web.note("called", traceparent=UNSAMPLED)
        await web.client.get("/livez", headers={"traceparent": SAMPLED})
        assert spans() == []


@on_the_web
async def test_traces_that_begin_with_us_are_sampled_by_our_share(web: Web) -> None:
    with exported(share="1") as spans:
        await web.note("called")
        [span] = spans()
    assert span.parent == ""
    with exported(share="0") as spans:
        await web.note("called")
        assert spans() == []


def test_the_share_is_decided_by_the_traces_id() -> None:
    """So every service that sees it decides alike."""
    with exported(share="0.25"):
        found = [tracing.begun("").sampled for _ in range(4_000)]
        assert 800 < sum(found) < 1_200
        assert tracing.step_after("") is None
        assert tracing.step_after(UNSAMPLED) is None


def fact(traceparent: str, version: int = 1) -> Fact:
    return Fact(
        "intake", 0, version, TICKET, version, "hotline.intake.v1.TicketAccepted", b"", NEVER,
        NEVER, traceparent=traceparent,
    )  # fmt: skip


def test_a_fact_that_is_applied_is_a_span_after_the_one_that_recorded_it() -> None:
    with exported() as spans:
        facts = [fact(SAMPLED), fact(UNSAMPLED, 2), fact("", 3), fact("nonsense", 4)]
        steps = steps_of(facts)
        assert steps.keys() == {f"intake/{TICKET}/1"}
        applied(facts, steps, 0.25)
        [span] = spans()
    assert (span.name, span.kind) == ("apply TicketAccepted", CONSUMER)
    assert (span.trace_id, span.parent) == (TRACE, CALLER)
    assert span.seconds == pytest.approx(0.25)


async def test_a_command_by_kafka_is_a_span_and_its_facts_follow_it(namespace: str) -> None:
    with exported() as spans:
        async with memory_loop(namespace) as loop:
            await loop.run(noting(), senders=Known())
            sent = signer(namespace=namespace).command(TICKET, NOTE, "c-1", datetime.now(UTC))
            sent = replace(sent, headers=[*sent.headers, ("traceparent", SAMPLED.encode())])
            await loop.bus().publish([sent])
            [recorded] = await loop.facts(lambda found: len(found) >= 1)
        [span] = spans()
    assert (span.name, span.kind, span.parent) == ("NoteProgress", CONSUMER, CALLER)
    assert (span.attributes["hotline.ticket"], span.attributes["hotline.status"]) == (TICKET, 201)
    assert recorded.traceparent == f"00-{TRACE}-{span.span_id}-01"


def test_off_nothing_is_made_and_nothing_is_imported() -> None:
    assert steps_of([fact(SAMPLED)]) == {}
    code = "import sys; import services.kernel.process; print('opentelemetry.sdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


async def test_a_collector_that_is_away_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("QUEUE", 64), ("BATCH", 64), ("SEND_S", 0.2)):
        monkeypatch.setattr(tracing, name, value)
    tracing.start("dispatch", configured(f"http://127.0.0.1:{free_port()}", "1"))
    step = TraceContext.parse(SAMPLED)
    began = time.monotonic()
    for _ in range(10_000):
        tracing.ended("x", "SERVER", step, 0.0, {})
    assert time.monotonic() - began < 5.0
    tracing.stop()
    assert time.monotonic() - began < 5.0

    async def given_up() -> bool:
        return not any(thread.name.startswith("OtelBatch") for thread in threading.enumerate())

    await wait_until(given_up, what="giving up what cannot be sent")


def test_the_collector_of_the_tests_takes_what_the_protocol_says() -> None:
    made = Collector()
    made.take(b"")
    assert made.spans == []
