"""The HTTP edge: limits, trace context, headers of requests, and figures."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import pytest
import uvicorn
from fastapi import Depends, FastAPI, Request
from prometheus_client import CollectorRegistry

from hotline.dev.ports import free_port
from services.kernel import in_flight
from services.kernel.http import (
    MOST_BODY_BYTES,
    CleanText,
    StrictModel,
    create_app,
)
from services.kernel.security import Role, role
from services.kernel.store import StoreUnavailable
from services.kernel.telemetry import JsonLines, TraceContext
from tests.support.apps import STAFF, Callers, calling, problem

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Note(StrictModel):
    text: CleanText
    count: int = 0


class Edge:
    """An application with a few routes."""

    def __init__(self) -> None:
        self.registry, self.ready = CollectorRegistry(), {"store": True}
        self.held, self.arrived = asyncio.Event(), asyncio.Event()
        self.app = create_app("x", self._ready, security=Callers(STAFF), registry=self.registry)
        _routes(self.app, self)

    async def _ready(self) -> dict[str, bool]:
        return self.ready

    def sample(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


def _routes(app: FastAPI, edge: Edge) -> None:
    @app.post("/v1/notes")
    async def note(body: Note) -> dict[str, int]:
        return {"length": len(body.text)}

    @app.post("/v1/raw")
    async def raw(request: Request) -> dict[str, int]:
        return {"length": len(await request.body())}

    @app.get("/v1/held/{name}")
    async def held(name: str) -> str:
        edge.arrived.set()
        await edge.held.wait()
        return name

    @app.get("/v1/tickets/{ticket}")
    async def look(ticket: str, _: Annotated[Any, Depends(role(Role.STAFF))]) -> None:
        logging.getLogger("hotline.test").warning("looked")

    @app.get("/v1/fails")
    async def fails() -> None:
        raise ZeroDivisionError("13800138000")

    @app.get("/v1/down")
    async def down() -> None:
        raise StoreUnavailable("dsn postgresql://u:p@h")


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
async def client(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(edge.app, raises=False) as found:
        yield found


JSON = {"content-type": "application/json"}


# Bodies


async def test_a_body_up_to_the_limit_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/raw", content=b"x" * MOST_BODY_BYTES)
    assert answer.json() == {"length": MOST_BODY_BYTES}


async def test_a_larger_body_is_refused_by_its_header(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/raw", content=b"x" * (MOST_BODY_BYTES + 1))
    assert problem(answer) == (413, "body-too-large")


@pytest.mark.parametrize("path", ["/v1/raw", "/v1/notes"])
async def test_a_larger_body_is_refused_as_it_streams(client: httpx.AsyncClient, path: str) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"x" * 65_536

    answer = await client.post(path, content=chunks(), headers=JSON)
    assert problem(answer) == (413, "body-too-large")
    assert "content-length" not in answer.request.headers


@pytest.mark.parametrize("content", [b"{", b"", b"nul", b'{"text": "a"', b"\xff\xfe", b"{'a': 1}"])
async def test_what_is_no_json_is_told_so(client: httpx.AsyncClient, content: bytes) -> None:
    answer = await client.post("/v1/notes", content=content, headers=JSON)
    assert answer.status_code in (400, 422)
    assert problem(answer)[1] in ("json-malformed", "bad-request", "body-invalid")


@pytest.mark.parametrize("opening", [b"[", b'{"text":'])
async def test_deeply_nested_json_is_refused(client: httpx.AsyncClient, opening: bytes) -> None:
    answer = await client.post("/v1/notes", content=opening * 100_000, headers=JSON)
    assert problem(answer)[0] == 400


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
async def test_another_content_type_is_told_the_right_one(
    client: httpx.AsyncClient, media: str
) -> None:
    answer = await client.post("/v1/notes", content=b"text=a", headers={"content-type": media})
    assert problem(answer) == (415, "not-json")


async def test_a_text_with_nul_is_refused_by_its_place(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", json={"text": "a\0b"})
    assert problem(answer) == (422, "body-invalid")
    assert answer.json()["errors"][0]["pointer"] == "/text"


async def test_a_lone_surrogate_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", content=b'{"text": "\\ud800"}', headers=JSON)
    assert problem(answer) == (422, "body-invalid")


async def test_an_unknown_field_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", json={"text": "a", "txet": "b"})
    assert answer.json()["errors"][0]["pointer"] == "/txet"


# How many


async def test_beyond_the_limit_a_request_is_told_to_come_again(
    edge: Edge, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_flight, "MOST", 1)
    first = asyncio.create_task(client.get("/v1/held/a"))
    await edge.arrived.wait()
    assert edge.sample("hotline_http_requests_in_flight") == 1
    second = await client.get("/v1/held/b")
    assert problem(second) == (503, "unavailable")
    assert second.headers["retry-after"] == "1"
    assert edge.sample("hotline_http_requests_refused_total") == 1
    edge.held.set()
    assert (await first).json() == "a"
    assert (await client.get("/v1/held/c")).status_code == 200
    assert edge.sample("hotline_http_requests_in_flight") == 0


# Trace context


async def test_a_request_is_a_step_of_the_trace_that_it_names(client: httpx.AsyncClient) -> None:
    answer = await client.get("/livez", headers={"traceparent": TRACE})
    came, went = TraceContext.parse(TRACE), TraceContext.parse(answer.headers["traceparent"])
    assert came is not None
    assert went is not None
    assert (went.trace_id, went.sampled) == (came.trace_id, True)
    assert went.span_id != came.span_id


@pytest.mark.parametrize("header", [None, "", "nonsense", TRACE.upper(), TRACE + "é"])
async def test_without_a_trace_one_begins(client: httpx.AsyncClient, header: str | None) -> None:
    headers = {} if header is None else {b"traceparent": header.encode()}
    answer = await client.get("/livez", headers=headers)
    assert TraceContext.parse(answer.headers["traceparent"]) is not None


@pytest.mark.parametrize("path", ["/nowhere", "/v1/fails", "/v1/down"])
async def test_a_failure_carries_its_trace_too(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"traceparent": TRACE})
    assert answer.headers["traceparent"].split("-")[1] == TRACE.split("-")[1]


async def test_a_line_logged_in_a_request_carries_its_ticket_and_trace(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(JsonLines("x"))
    answer = await client.get("/v1/tickets/20260302-1", headers={"traceparent": TRACE})
    line = json.loads(caplog.text)
    assert line["ticket"] == "20260302-1"
    assert line["traceparent"] == answer.headers["traceparent"]


# Failures


async def test_a_defect_tells_its_trace_and_nothing_else(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/fails", headers={"traceparent": TRACE})
    assert problem(answer) == (500, "unexpected")
    assert answer.json()["trace_id"] == TRACE.split("-")[1]
    assert "13800138000" not in answer.text
    assert "ZeroDivision" not in answer.text


class Listening(uvicorn.Server):
    """Leaves the test's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def test_a_defect_is_logged_under_the_trace_that_its_caller_was_told(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(JsonLines("x"))
    port = free_port()
    server = Listening(
        uvicorn.Config(edge.app, port=port, log_config=None, lifespan="off", loop="none")
    )
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10), httpx.AsyncClient() as caller:
        while not server.started:
            await asyncio.sleep(0.01)
        answer = await caller.get(f"http://127.0.0.1:{port}/v1/fails")
    server.should_exit = True
    await serving
    lines = [json.loads(line) for line in caplog.text.splitlines()]
    (line,) = [found for found in lines if "error" in found]
    assert line["error"]["type"] == "ZeroDivisionError"
    assert line["traceparent"].split("-")[1] == answer.json()["trace_id"]
    assert "13800138000" not in caplog.text


async def test_a_store_that_is_down_is_told_without_its_address(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/down")
    assert problem(answer) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "postgresql" not in answer.text


async def test_unknown_places_and_methods_are_problems(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/nowhere")) == (404, "not-found")
    answer = await client.delete("/v1/notes")
    assert problem(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


# Probes and figures


async def test_readiness_says_what_is_missing(edge: Edge, client: httpx.AsyncClient) -> None:
    assert (await client.get("/readyz")).status_code == 200
    edge.ready = {"store": False, "joined": True}
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, edge.ready)
    assert (await client.get("/livez")).status_code == 200


async def test_requests_are_counted_by_the_template_of_their_route(
    edge: Edge, client: httpx.AsyncClient
) -> None:
    for name in ("20260302-1", "20260302-2"):
        await client.get(f"/v1/tickets/{name}")
    for name in ("a", "b", "c"):
        await client.get(f"/unknown/{name}")
    name = "hotline_http_requests_total"
    seen = {"method": "GET", "route": "/v1/tickets/{ticket}", "status": "200"}
    assert edge.sample(name, **seen) == 2
    assert edge.sample(name, method="GET", route="unknown", status="404") == 3
    figures = (await client.get("/metrics")).text
    assert "20260302-1" not in figures
    assert "hotline_http_request_seconds_bucket" in figures
