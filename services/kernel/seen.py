"""What is seen of a command from outside: a line of the log, and a step of its trace.

Neither names a person: the number of the ticket, the kind of command and its outcome, no more.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import orjson
from starlette.types import Scope

from services.kernel import tracing
from services.kernel.facts import Fact, Timer
from services.kernel.settings import KernelSettings
from services.kernel.telemetry import TraceContext, current_command, current_ticket

log = logging.getLogger("hotline.seen")
GATHER_S = 0.1
MOST_LINES = 500


class CommandLog:
    """One JSON line per command, at info, beside those of the loggers.

    Lines are gathered and written together: each costs 3 µs, a logger's 34. A process that is
    killed takes those of its last GATHER_S with it; the ledger has the commands themselves.
    """

    def __init__(self) -> None:
        self._service = ""
        self._write: Callable[[str], object] | None = None
        self._lines: list[bytes] = []

    def open(self, service: str, write: Callable[[str], object]) -> None:
        """Before that nothing is kept."""
        self._service, self._write = service, write

    def close(self) -> None:
        self.flush()
        self._write = None

    def add(
        self, way: str, command: str, ticket: str, status: int, seconds: float, trace_id: str
    ) -> None:
        if self._write is None:
            return
        line = {
            "time": datetime.now(UTC),
            "level": "info",
            "service": self._service,
            "message": "command",
            "way": way,
            "command": command,
            "ticket": ticket,
            "outcome": _outcome(status),
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "trace_id": trace_id,
        }
        options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
        self._lines.append(orjson.dumps(line, option=options))
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(GATHER_S, self.flush)
        elif len(self._lines) >= MOST_LINES:
            self.flush()

    def flush(self) -> None:
        lines, self._lines = self._lines, []
        if lines and self._write is not None:
            self._write(b"".join(lines).decode())


def _outcome(status: int) -> str:
    return "done" if status < 400 else "refused" if status < 500 else "failed"


command_log = CommandLog()


@contextmanager
def told(service: str, settings: KernelSettings) -> Iterator[None]:
    """Of the commands of a process, in its log and where it exports its spans to."""
    if log.isEnabledFor(logging.INFO):
        command_log.open(service, sys.stderr.write)
    tracing.start(service, settings)
    try:
        yield
    finally:
        command_log.close()
        tracing.stop()


def by_http(scope: Scope, route: str, status: int, seconds: float, trace: TraceContext) -> None:
    """A request was answered; one that only asks has no line."""
    method = scope["method"]
    if method == "POST":
        command = current_command.get() or getattr(scope.get("route"), "name", "unknown")
        command_log.add("http", command, current_ticket.get(), status, seconds, trace.trace_id)
    if trace.sampled and route.startswith("/v1"):
        attributes = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
            "hotline.ticket": current_ticket.get(),
            "hotline.command": current_command.get(),
        }
        failed = status >= 500
        tracing.ended(f"{method} {route}", "SERVER", trace, seconds, attributes, failed=failed)


@dataclass(slots=True)
class Asked:
    """What is told of a command that came by Kafka. `step` is recorded, if there is one."""

    command: str = "unknown"
    traceparent: str = ""
    step: TraceContext | None = None
    began: float = field(default_factory=time.perf_counter)

    def follow(self, traceparent: str) -> str:
        """The trace context that goes on into the facts."""
        self.step = tracing.step_after(traceparent, begins=True)
        self.traceparent = self.step.format() if self.step else traceparent
        return self.traceparent


def by_kafka(asked: Asked, ticket: str, status: int) -> None:
    """A command was decided, and its outcome committed."""
    seconds = time.perf_counter() - asked.began
    command_log.add("kafka", asked.command, ticket, status, seconds, asked.traceparent[3:35])
    if asked.step is not None:
        attributes = {
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "hotline.ticket": ticket,
            "hotline.command": asked.command,
            "hotline.status": status,
        }
        failed = status >= 500
        tracing.ended(asked.command, "CONSUMER", asked.step, seconds, attributes, failed=failed)


Steps = dict[str, TraceContext]


def steps_of(facts: Iterable[Fact]) -> Steps:
    """Of the facts whose traces are recorded, by event id: what comes of them follows these."""
    if not tracing.exports():
        return {}
    found = ((fact.event_id, tracing.step_after(fact.traceparent)) for fact in facts)
    return {event_id: step for event_id, step in found if step is not None}


def applied(facts: Iterable[Fact], steps: Mapping[str, TraceContext], seconds: float) -> None:
    """They were committed with all that came of them."""
    if not steps:
        return
    for fact in facts:
        step = steps.get(fact.event_id)
        if step is not None:
            name = f"apply {fact.type.rpartition('.')[2]}"
            tracing.ended(name, "CONSUMER", step, seconds, _of_fact(fact))


def step_of(timer: Timer) -> TraceContext | None:
    """What comes of the timer follows the fact that set it, where that one's trace is recorded."""
    return tracing.step_after(timer.traceparent)


def fired(timer: Timer, step: TraceContext | None, seconds: float) -> None:
    """What the timer brought about was committed."""
    attributes = {"hotline.ticket": timer.ticket, "hotline.timer": timer.name}
    tracing.ended(f"fire {timer.name}", "INTERNAL", step, seconds, attributes)


class Delivered(Protocol):
    """A fact as who delivers it has it."""

    ticket: str
    type: str
    traceparent: str

    @property
    def event_id(self) -> str: ...


def delivered(facts: Sequence[Delivered], subscription: str, way: str, seconds: float) -> None:
    """They were taken by a department."""
    for fact in facts:
        step = tracing.step_after(fact.traceparent)
        if step is not None:
            attributes = _of_fact(fact) | {"hotline.subscription": subscription, "hotline.way": way}
            tracing.ended(f"deliver to {subscription}", "PRODUCER", step, seconds, attributes)


def _of_fact(fact: Delivered) -> dict[str, str]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "hotline.ticket": fact.ticket,
        "hotline.fact": fact.event_id,
        "hotline.type": fact.type,
    }
