"""What the process tells of itself: figures, trace context, logs; nothing personal in any."""

from __future__ import annotations

import logging
import random
import re
import sys
import traceback
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

# Figures

# Else every counter and histogram has a second series.
disable_created_metrics()  # type: ignore[no-untyped-call]


def new_registry() -> CollectorRegistry:
    """The registry of a process, with its own CPU, memory and collector figures."""
    registry = CollectorRegistry(auto_describe=True)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def bounded(value: str, known: Collection[str]) -> str:
    """A label's value, or `other`: what a caller sends never makes a new time series."""
    return value if value in known else "other"


_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class HttpMeter:
    """The figures of one HTTP server; `route` is the template, never the path."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "hotline_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "hotline_http_request_seconds",
            "From the first byte of the request to the last of the answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "hotline_http_requests_in_flight", "Requests being answered.", registry=registry
        )
        self.refused = Counter(
            "hotline_http_requests_refused",
            "Requests answered 503 or 429: too many.",
            registry=registry,
        )

        self._answered, self._took = cache(self.requests.labels), cache(self.seconds.labels)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._answered(bounded(method, _METHODS), route, str(status)).inc()
        self._took(route).observe(seconds)


# Trace context (W3C)

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class TraceContext:
    """One step of a trace: `traceparent` out of it goes into the next call, record or fact.

    `parent` is the span id of the step before; a first one has none.
    """

    trace_id: str
    span_id: str
    sampled: bool = False
    state: str = ""
    parent: str = ""

    @classmethod
    def new(cls) -> TraceContext:
        return cls(f"{random.getrandbits(128) | 1:032x}", _new_span())

    @classmethod
    def parse(cls, traceparent: str, state: str = "") -> TraceContext | None:
        """None where the header is not of the form: then a new trace begins."""
        match = _TRACEPARENT.fullmatch(traceparent)
        if match is None:
            return None
        version, trace_id, span_id, flags, more = match.groups()
        if version == "ff" or (version == "00" and more):
            return None
        if not int(trace_id, 16) or not int(span_id, 16):
            return None
        kept = state if len(state) <= 512 and state.isascii() and state.isprintable() else ""
        return cls(trace_id, span_id, bool(int(flags, 16) & 1), kept)

    def child(self) -> TraceContext:
        """The same trace, a step of its own."""
        return TraceContext(self.trace_id, _new_span(), self.sampled, self.state, self.span_id)

    def format(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def _new_span() -> str:
    return f"{random.getrandbits(64) | 1:016x}"


def follow(traceparent: str, state: str = "") -> TraceContext:
    """A step after the one that sent this header, or the first of a new trace."""
    came = TraceContext.parse(traceparent, state) if traceparent else None
    return came.child() if came else TraceContext.new()


def traced(traceparent: str) -> str:
    """The header, or nothing where it is not of the form: a fact carries it for ever."""
    return traceparent if TraceContext.parse(traceparent) else ""


def recorded(traceparent: str) -> str:
    """The header, or nothing where its trace is not sampled: what is not exported takes no room."""
    return traceparent if traceparent[-1:] in _SAMPLED else ""


_SAMPLED = frozenset("13579bdf")  # the lowest bit of the flags, which end it


# What log lines carry: `traceparent`, and the ticket and command that are being handled.
current_trace: ContextVar[str] = ContextVar("current_trace", default="")
current_ticket: ContextVar[str] = ContextVar("current_ticket", default="")
current_command: ContextVar[str] = ContextVar("current_command", default="")


class about:  # noqa: N801 - it reads as a word
    """Log lines within carry both."""

    __slots__ = ("_before", "_said")

    def __init__(self, ticket: str, traceparent: str) -> None:
        self._said = ticket, traceparent

    def __enter__(self) -> None:
        ticket, traceparent = self._said
        self._before = current_ticket.set(ticket), current_trace.set(traceparent)

    def __exit__(self, *_: object) -> None:
        current_ticket.reset(self._before[0])
        current_trace.reset(self._before[1])


# Logs

_HIDDEN = "[hidden]"
_PERSONAL = re.compile(
    r"(^|_)(phone|mobile|contact|address|e?mail|description|text|body|token|secret|password|"
    r"authorization|cookie|api_?key|private_?key|master_?keys?|dsn)(_|$)|^code$",
    re.IGNORECASE,
)
_FORMS = re.compile(
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+"  # mail
    r"|(?<!\d)\d{17}[\dXx](?!\d)"  # identity card
    r"|(?<![\d-])(\+?86[- ]?)?1[3-9]\d(([- ]?)\d{4}){2}(?![\d-])"  # mobile phone
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user and password in an address
    r"|eyJ[\w-]{5,}\.[\w-]+\.[\w-]*"  # JWT
    r"|\bhk_[\w-]{8,}"  # API key
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_MOST_CHARS = 8_000


def scrub(text: str) -> str:
    """The text without what looks like a person's contact or a credential."""
    return _FORMS.sub(_HIDDEN, text[:_MOST_CHARS])


def setup_logging(service: str, level: str = "info") -> None:
    """One JSON object per line on stderr, for the whole process, uvicorn included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # Its lines hold addresses and queries; requests are counted by HttpMeter instead.
    logging.getLogger("uvicorn.access").disabled = True
    for name in ("aiokafka", "httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


class JsonLines(logging.Formatter):
    """time, level, service, logger, message; ticket and traceparent where known; extra, error.

    `log.info("confirmed", extra={"ticket": id, "unit": unit})`. Extras whose names sound personal
    or secret are hidden; so is what looks personal in any text.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        given = {k: v for k, v in vars(record).items() if k not in _STANDARD}
        line = {
            "time": _rfc3339(record.created),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": scrub(record.getMessage()),
            "ticket": given.pop("ticket", None) or current_ticket.get(),
            "traceparent": given.pop("traceparent", None) or current_trace.get(),
            "extra": {k: _shown(k, v) for k, v in given.items()},
            "error": _error(record.exc_info[1]) if record.exc_info else None,
        }
        kept = {k: v for k, v in line.items() if v or k == "message"}
        return _dump(kept)


def _rfc3339(seconds: float) -> str:
    instant = datetime.fromtimestamp(seconds, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(name: str, value: Any) -> Any:
    if _PERSONAL.search(name):
        return _HIDDEN
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(k): _shown(str(k), v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown("", v) for v in value]
    return scrub(str(value))


def _error(error: BaseException | None, depth: int = 3) -> dict[str, Any] | None:
    """Type, frames and message; not the message of errors that quote what they validated."""
    if error is None or depth == 0:
        return None
    quotes_input = callable(getattr(error, "errors", None))
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    return {
        "type": type(error).__name__,
        "message": _HIDDEN if quotes_input else scrub(str(error)),
        "frames": [f"{f.filename}:{f.lineno} {f.name}" for f in frames],
        "cause": _error(error.__cause__ or error.__context__, depth - 1),
    }


def _dump(line: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(line).decode()
    except TypeError:  # lone surrogates, integers beyond 64 bits
        return orjson.dumps(_plain(line)).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_plain(str(k)): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return (
        value
        if isinstance(value, (bool, float))
        else str(value).encode("utf-8", "replace").decode()
    )
