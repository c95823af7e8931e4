"""The HTTP edge of every service: problems, limits, trace context, probes and figures."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Header
from prometheus_client import CollectorRegistry
from pydantic import AfterValidator, BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kernel import seen, tracing
from services.kernel.commands import MOST_TEXT, Answer
from services.kernel.describe import ABOUT, describe
from services.kernel.in_flight import NEWCOMER, InFlight
from services.kernel.probes import PROBES, Readiness, add_probes
from services.kernel.problems import Problem, install, unexpected
from services.kernel.security import Security
from services.kernel.telemetry import HttpMeter, current_trace

MOST_BODY_BYTES = 1_048_576
BODY_S = 10.0
VERSION = "1.0.0"
Quick = Callable[[Request], Awaitable[Response | None]]


def _clean(text: str) -> str:
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("text must not hold NUL or lone surrogates")
    return text


CleanText = Annotated[str, AfterValidator(_clean)]


class StrictModel(BaseModel):
    """A request body: unknown fields refused, texts bounded."""

    model_config = ConfigDict(extra="forbid", str_max_length=MOST_TEXT, ser_json_bytes="base64")


def create_app(
    service: str, readiness: Readiness, *, security: Security, registry: CollectorRegistry
) -> FastAPI:
    """An application with probes, figures, problems and limits; routes are added by the service.

    `app.state.quick` maps (method, path) of a declared route to a Quick, which is tried first: the
    framework's layers and its reading of headers and body cost more than all that is decided about
    a matter. A request that it leaves alone (None) goes the whole way, its body read or not.
    """
    app = FastAPI(
        title=f"Hotline {service}",
        version=VERSION,
        description=ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # we have our own
    )
    app.state.security = security
    app.state.quick = {}
    install(app)
    describe(app)
    add_probes(app, readiness, registry)
    app.add_middleware(Edge, meter=HttpMeter(registry), quick=app.state.quick)
    return app


class Edge:
    """Body limit, in-flight limit, trace context in and out, figures; plain ASGI."""

    def __init__(
        self, app: ASGIApp, meter: HttpMeter, quick: Mapping[tuple[str, str], Quick]
    ) -> None:
        self._app, self._meter, self._quick, self._in_flight = app, meter, quick, InFlight()
        meter.in_flight.set_function(lambda: self._in_flight.total)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in PROBES:
            await self._one(scope, receive, send)
            return
        caller = _caller(scope)
        refusal = self._in_flight.enter(caller, newcomer=NEWCOMER in scope)
        if refusal is not None:
            self._meter.refused.inc()
            await self._in_flight.hold_back()
            await refusal.response()(scope, receive, send)
            return
        try:
            await self._one(scope, receive, send)
        finally:
            self._in_flight.leave(caller)

    async def _one(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        trace = tracing.begun(headers.get(b"traceparent", b"").decode("latin-1"))
        scope.setdefault("state", {})["traceparent"] = trace.format()
        current_trace.set(trace.format())
        started, status, sent = time.perf_counter(), 500, False

        async def traced(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status, sent = message["status"], True
                stamped = [*message["headers"], (b"traceparent", trace.format().encode())]
                message = {**message, "headers": stamped}
            await send(message)

        try:
            if int(headers.get(b"content-length", b"0") or b"0") > MOST_BODY_BYTES:
                await _too_large().response()(scope, receive, traced)
                return
            await self._answer(scope, _bounded(receive), traced)
        except Problem as problem:
            if sent:
                raise
            await problem.response()(scope, receive, traced)
        except Exception:
            if not sent:
                await unexpected(trace.trace_id).response()(scope, receive, traced)
            raise
        finally:
            route = getattr(scope.get("route"), "path", None) or scope.get("quick", "unknown")
            seconds = time.perf_counter() - started
            self._meter.answered(scope["method"], route, status, seconds)
            seen.by_http(scope, route, status, seconds, trace)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        quick = self._quick.get((scope["method"], scope["path"]))
        if quick is not None:
            request = Request(scope, receive)
            response = await quick(request)
            if response is not None:
                scope["quick"] = scope["path"]
                await response(scope, receive, send)
                return
            receive = _again(await request.body(), receive)
        await self._app(scope, receive, send)


def _caller(scope: Scope) -> bytes:
    """Whoever it says it is: that is not proven yet."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value)
    return str((scope.get("client") or ("",))[0]).encode()


def _again(body: bytes, receive: Receive) -> Receive:
    """As `receive`, whose body was read."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def repeated() -> Message:
        return messages.pop() if messages else await receive()

    return repeated


def _too_large() -> Problem:
    return Problem(413, "body-too-large", f"A body may have {MOST_BODY_BYTES} bytes.")


def _too_slow() -> Problem:
    return Problem(
        408,
        "body-too-slow",
        "The body did not come in time.",
        f"Send all of it within {BODY_S:g} s.",
        headers={"Connection": "close"},
    )


def _bounded(receive: Receive) -> Receive:
    seen, whole = 0, False
    give_up = asyncio.get_running_loop().time() + BODY_S

    async def limited() -> Message:
        nonlocal seen, whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout_at(give_up):
                message = await receive()
        except TimeoutError:
            raise _too_slow() from None
        whole = not message.get("more_body", False)
        seen += len(message.get("body", b""))
        if seen > MOST_BODY_BYTES:
            raise _too_large()
        return message

    return limited


# What requests say in their headers


KEY_PATTERN = r"^[\x21-\x7e]{1,200}$"
_KEY = Header(
    alias="Idempotency-Key",
    pattern=KEY_PATTERN,
    description="A key of your own for the command, and the same again when you repeat it.",
)
_VERSION = Header(
    alias="If-Match",
    description="The ETag that the decision rests on; without one, any version will do.",
    examples=['"3"'],
)
_AFTER = Header(
    alias="Hotline-After",
    description="`Hotline-Position` of an earlier answer, or several, separated by commas: waits "
    "up to 2 s until that was applied here.",
    examples=["dispatch/17/4711"],
)


async def idempotency_key(key: Annotated[str, _KEY]) -> str:
    """Required on every POST under /v1: the command's id."""
    return key


async def if_match(tag: Annotated[str | None, _VERSION] = None) -> int | None:
    """The version that the caller decided on."""
    if tag is None or tag == "*":
        return None
    found = re.fullmatch(r'"(\d{1,9})"', tag)
    if found is None:
        raise Problem(400, "if-match-malformed", 'If-Match must be an ETag such as "3".')
    return int(found[1])


async def after(places: Annotated[str | None, _AFTER] = None) -> dict[tuple[str, int], int]:
    """Positions that the answer must not be older than: `Hotline-After`."""
    positions: dict[tuple[str, int], int] = {}
    for part in (places or "").split(","):
        if not part.strip():
            continue
        found = re.fullmatch(r"([a-z]{1,20})/(\d{1,4})/(\d{1,18})", part.strip())
        if found is None:
            raise Problem(
                400, "hotline-after-malformed", "Hotline-After is `<service>/<bucket>/<position>`."
            )
        key = (found[1], int(found[2]))
        positions[key] = max(positions.get(key, 0), int(found[3]))
    return positions


def answer(found: Answer) -> Response:
    """An answer of the kernel as a response."""
    media = "application/json" if found.status < 400 else "application/problem+json"
    headers = {}
    if found.version is not None and found.status < 400:
        headers["ETag"] = f'"{found.version}"'
    if found.position is not None:
        headers["Hotline-Position"] = found.position
    return Response(found.body, found.status, headers, media)


def encode_cursor(value: Any) -> str:
    """An opaque cursor: JSON, base64url."""
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def decode_cursor(text: str) -> Any:
    """Raises Problem 400."""
    try:
        return orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        raise Problem(400, "cursor-malformed", "The cursor is not one of ours.") from None
