"""Spans of what a process does, exported by OTLP over HTTP; off by default, and then free.

A trace is one command's: the step that took it in, and a step of each service that applied a fact
which came of it. The ids travel in `traceparent`, in records and facts, whether spans are exported
or not; the OpenTelemetry SDK is loaded where they are, to batch and to send them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from services.kernel.telemetry import TraceContext, follow

if TYPE_CHECKING:
    from services.kernel.settings import KernelSettings

Kind = Literal["SERVER", "CONSUMER", "PRODUCER", "INTERNAL"]
QUEUE, BATCH, EVERY_MS, SEND_S = 4_096, 512, 1_000.0, 2.0


class _Export:
    """What the SDK needs of us, made once."""

    def __init__(self, service: str, settings: KernelSettings) -> None:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        self._trace, self._span = trace, ReadableSpan
        self._resource = Resource.create(
            {"service.name": f"hotline-{service}", "service.instance.id": settings.instance}
        )
        self._scope = InstrumentationScope("hotline")
        exporter = OTLPSpanExporter(
            endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces",
            certificate_file=settings.ca or None,
            timeout=SEND_S,
        )
        # What does not fit into the queue is dropped, and nobody waits for a collector.
        self.batches = BatchSpanProcessor(exporter, QUEUE, EVERY_MS, BATCH)
        self._limit = round(settings.trace_share * 2**64)

    def sampled(self, context: TraceContext) -> bool:
        """As OpenTelemetry's TraceIdRatioBased: all who see a trace's id decide alike."""
        return int(context.trace_id[16:], 16) < self._limit

    def end(
        self,
        name: str,
        kind: Kind,
        step: TraceContext,
        seconds: float,
        attributes: Mapping[str, Any],
        failed: bool,
    ) -> None:
        code = self._trace.StatusCode.ERROR if failed else self._trace.StatusCode.UNSET
        until = time.time_ns()
        span = self._span(
            name,
            context=self._context(step, step.span_id),
            parent=self._context(step, step.parent) if step.parent else None,
            resource=self._resource,
            attributes=attributes,
            kind=self._trace.SpanKind[kind],
            status=self._trace.Status(code),
            start_time=until - int(seconds * 1e9),
            end_time=until,
            instrumentation_scope=self._scope,
        )
        self.batches.on_end(span)

    def _context(self, step: TraceContext, span_id: str) -> Any:
        flags = self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED)
        return self._trace.SpanContext(int(step.trace_id, 16), int(span_id, 16), False, flags)


_export: _Export | None = None


def start(service: str, settings: KernelSettings) -> None:
    """For the whole process, where `HOTLINE_OTLP_ENDPOINT` says to whom."""
    global _export
    if settings.otlp_endpoint:
        _export = _Export(service, settings)


def stop() -> None:
    """Send what waits, in SEND_S at most, and export no more."""
    global _export
    ended, _export = _export, None
    if ended is not None:
        sending = threading.Thread(target=ended.batches.shutdown, daemon=True)
        sending.start()
        sending.join(SEND_S)


def exports() -> bool:
    """Whether any step is recorded at all."""
    return _export is not None


def begun(traceparent: str) -> TraceContext:
    """The step after a caller's; without one, the first of a trace, sampled by our share."""
    step = follow(traceparent)
    if _export is not None and not step.parent and _export.sampled(step):
        return replace(step, sampled=True)
    return step


def step_after(traceparent: str, *, begins: bool = False) -> TraceContext | None:
    """A step that is to be recorded, or None: off, not sampled, or no trace and none `begins`."""
    if _export is None or not (traceparent or begins):
        return None
    step = begun(traceparent)
    return step if step.sampled and (begins or step.parent) else None


def ended(
    name: str,
    kind: Kind,
    step: TraceContext | None,
    seconds: float,
    attributes: Mapping[str, Any],
    *,
    failed: bool = False,
) -> None:
    """Record a step that ended now, if it is one to be recorded."""
    if _export is not None and step is not None and step.sampled:
        _export.end(name, kind, step, seconds, attributes, failed)
