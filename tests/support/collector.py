"""A collector of spans: takes OTLP over HTTP, and keeps what it was sent."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from hotline.dev.ports import LOCALHOST
from services.kernel import tracing
from services.kernel.settings import KernelSettings, parse


@dataclass(frozen=True, slots=True)
class Span:
    """As the collector reads it; ids in hex, times in seconds."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent: str
    seconds: float
    attributes: dict[str, Any]


class Collector:
    """`url` is what HOTLINE_OTLP_ENDPOINT is set to."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.url = ""

    def of_trace(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans if span.trace_id == trace_id]

    async def until(self, trace_id: str, services: set[str], timeout_s: float = 20.0) -> list[Span]:
        """The trace's spans, once each of these services has sent one."""
        give_up = time.monotonic() + timeout_s
        while not services <= (seen := {s.service for s in self.of_trace(trace_id)}):
            assert time.monotonic() < give_up, f"only {sorted(seen)} sent spans"
            await asyncio.sleep(0.05)
        return self.of_trace(trace_id)

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for group in request.resource_spans:
            named = {a.key: a.value.string_value for a in group.resource.attributes}
            for scope in group.scope_spans:
                self.spans += [_read(named["service.name"], span) for span in scope.spans]


def _read(service: str, span: Any) -> Span:
    values = {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}
    seconds = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
    ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
    return Span(service, span.name, span.kind, *ids, seconds, values)


@contextmanager
def collector() -> Iterator[Collector]:
    """Listens while the block runs."""
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            found = self.path == "/v1/traces"
            if found:
                made.take(body)
            self.send_response(200 if found else 404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer((LOCALHOST, 0), Handler)
    made.url = f"http://{LOCALHOST}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def configured(endpoint: str, share: str) -> KernelSettings:
    env = {"HOTLINE_KAFKA": "b:1", "HOTLINE_DSN": "postgresql://u:p@h/d"}
    env |= {"HOTLINE_OTLP_ENDPOINT": endpoint, "HOTLINE_TRACE_SHARE": share}
    return parse(KernelSettings, env)


@contextmanager
def exported(share: str = "0") -> Iterator[Callable[[], list[Span]]]:
    """What this process exports, as the service `dispatch`, once all of it was sent."""
    with collector() as found:
        tracing.start("dispatch", configured(found.url, share))

        def spans() -> list[Span]:
            tracing.stop()
            return found.spans

        try:
            yield spans
        finally:
            tracing.stop()
