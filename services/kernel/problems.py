"""Errors as RFC 9457 problems: what was wrong, under a stable type, never how we are built."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.kernel.bus import BusUnavailable
from services.kernel.decider import Rejection
from services.kernel.store import StoreUnavailable

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20
_MOST_CHARS = 300

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `type` is stable; `rule` is the number of the rule that was broken.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "rule": {"type": "string"},
        "trace_id": {"type": "string", "description": "Names an unexpected error in our log."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "detail"],
                "properties": {
                    "in": {"enum": ["body", "query", "path", "cookie"]},
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class Problem(HTTPException):
    """An answer that says what was wrong; `slug` makes its type, `/problems/<slug>`, and stays.

    `extra` holds further members. Being an HTTPException it also comes through when it is raised
    while a request is still being read.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str = "",
        *,
        rule: str = "",
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(status, detail or title, dict(headers or {}))
        self.type, self.title, self.rule, self.extra = f"/problems/{slug}", title, rule, extra

    def body(self) -> bytes:
        """JSON, whatever strings a caller made us repeat."""
        members = {
            **self.extra,
            "type": self.type,
            "title": self.title,
            "status": self.status_code,
            "detail": self.detail,
        }
        if self.rule:
            members["rule"] = self.rule
        return orjson.dumps(_encodable(members), default=str)

    def response(self) -> Response:
        return Response(self.body(), self.status_code, self.headers, MEDIA_TYPE)


def unavailable(detail: str, retry_after_s: int = 1) -> Problem:
    """503: nothing was written; the same request may be sent again."""
    return Problem(
        503,
        "unavailable",
        "The service cannot answer right now.",
        detail,
        headers={"Retry-After": str(retry_after_s)},
    )


def unexpected(trace_id: str = "") -> Problem:
    """500: a defect. The caller gets the trace id, the log has the rest under it."""
    extra: dict[str, Any] = {"trace_id": trace_id} if trace_id else {}
    return Problem(
        500,
        "unexpected",
        "Something went wrong on our side.",
        "It was logged. Sending the same request with the same Idempotency-Key again is safe.",
        **extra,
    )


def problem_of(rejection: Rejection) -> Problem:
    """A broken rule of the domain, under its class's name."""
    message = rejection.message
    slug = re.sub(r"(?<!^)(?=[A-Z])", "-", type(rejection).__name__).lower()
    title = message.partition(" (")[0]
    return Problem(rejection.status, slug, title, message, rule=rejection.rule)


def install(app: FastAPI) -> None:
    """Every error of the application becomes a problem."""
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(Rejection, _rejection)
    app.add_exception_handler(StoreUnavailable, _unavailable)
    app.add_exception_handler(BusUnavailable, _unavailable)


async def _http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, Problem):
        return error.response()
    if error.status_code == HTTPStatus.BAD_REQUEST and isinstance(
        error.__cause__, ValueError | RecursionError
    ):
        return _not_json("It is not UTF-8, or nested too deep.").response()
    phrase = HTTPStatus(error.status_code).phrase
    slug = phrase.lower().replace(" ", "-").replace("'", "")
    return Problem(
        error.status_code, slug, phrase, str(error.detail), headers=error.headers
    ).response()


async def _rejection(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Rejection)
    return problem_of(error).response()


async def _unavailable(_request: Request, error: Exception) -> Response:
    what = "The store" if isinstance(error, StoreUnavailable) else "The broker"
    return unavailable(f"{what} did not answer in time.").response()


async def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid_request(error.errors(), request.headers.get("content-type", "")).response()


def invalid_request(errors: Sequence[Mapping[str, Any]], content_type: str = "") -> Problem:
    """The problem of pydantic's errors. What the caller sent is never repeated, only its place."""
    first = errors[0]
    for error in errors:
        if error["loc"][0] == "header":
            return _bad_header(str(error["loc"][1]), error)
    if first["type"] == "json_invalid":
        return _not_json(_where(first))
    if tuple(first["loc"]) == ("body",) and content_type and "json" not in content_type:
        return Problem(415, "not-json", "The body must be sent as application/json.")
    in_body = any(error["loc"][0] == "body" for error in errors)
    places = [_place(error) for error in errors[:MOST_ERRORS]]
    if in_body:
        return Problem(422, "body-invalid", "The body does not fit its schema.", errors=places)
    return Problem(400, "parameter-invalid", "A parameter does not fit its schema.", errors=places)


def _not_json(detail: str) -> Problem:
    return Problem(400, "json-malformed", "The body is not JSON.", detail)


def _bad_header(name: str, error: Mapping[str, Any]) -> Problem:
    slug = name.lower().replace("_", "-")
    if error["type"] == "missing":
        return Problem(400, f"{slug}-missing", f"The header {name} is required.")
    return Problem(400, f"{slug}-malformed", f"The header {name} is malformed.", error["msg"])


def _where(error: Mapping[str, Any]) -> str:
    reason = error.get("ctx", {}).get("error", error["msg"])
    return f"{reason} at character {error['loc'][-1]}."


def _place(error: Mapping[str, Any]) -> dict[str, str]:
    where, *path = error["loc"]
    parts = [str(p)[:_MOST_CHARS].replace("~", "~0").replace("/", "~1") for p in path]
    pointer = "".join(f"/{p}" for p in parts)
    return {"in": str(where), "pointer": pointer, "detail": error["msg"][:_MOST_CHARS]}


def _encodable(value: Any) -> Any:
    """The same without lone surrogates, which JSON in UTF-8 cannot carry."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_encodable(str(k)): _encodable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(v) for v in value]
    return value
