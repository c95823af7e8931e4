"""The OpenAPI document of a service: what FastAPI sees, and what it cannot see.

That is: the roles of a route, the headers of its answers, and the problems that really occur.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from services.kernel.problems import MEDIA_TYPE, SCHEMA
from services.kernel.security import roles_of, routes_of

Document = dict[str, Any]
Responses = dict[int | str, Document]

ABOUT = """\
Every request carries a token: `Authorization: Bearer <token>`; `x-roles` names the roles that may
call a route. A POST carries an `Idempotency-Key`: after a time-out send it again with the same key
and get the same answer. An answer that recorded something carries `Hotline-Position`; send that
back as `Hotline-After`, to any service, and the answer will not be older. Errors are problems of
RFC 9457. `traceparent` (W3C) is followed and answered. Instants are RFC 3339 in UTC.
"""
_PROBLEMS = {
    400: ("BadRequest", "A header, a parameter or the body is malformed."),
    401: ("Unauthorized", "No token, or none that counts here."),
    403: ("Forbidden", "The caller may not do that, or not for that unit, department or ticket."),
    404: ("NotFound", "There is nothing of that name, or nothing that the caller may see."),
    409: ("Conflict", "A rule stands against it as things are now; `rule` names it."),
    412: ("VersionMismatch", "The ticket has changed since it was read."),
    413: ("BodyTooLarge", "The body is too large."),
    415: ("NotJson", "The body is not sent as JSON."),
    422: ("Unprocessable", "The body breaks its schema or a rule, or its key was used before."),
    429: ("TooMany", "More than the sender's rate limit, and nothing was recorded."),
    500: ("Unexpected", "A defect; sending the same request with the same key again is safe."),
    503: ("Unavailable", "Not now, and nothing was recorded: send the same request again."),
}
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_CHALLENGE = {"WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}}}
_HEADERS = {401: _CHALLENGE, 429: _RETRY, 503: _RETRY}
ETAG = {
    "ETag": {
        "description": "The version of what was answered.",
        "schema": {"type": "string", "examples": ['"3"']},
    }
}
ANSWER_HEADERS = {
    "ETag": {
        "description": "The version of the service's own stream of the ticket, for `If-Match`.",
        "schema": {"type": "string", "examples": ['"3"']},
    },
    "Hotline-Position": {
        "description": "`<service>/<bucket>/<position>` of the last fact; absent if none was new.",
        "schema": {"type": "string", "examples": ["dispatch/17/4711"]},
    },
}


class CommandAnswer(BaseModel):
    """What became of a command; a repeat gets the same."""

    ticket: str = Field(description="Number of the ticket.")
    version: int = Field(description="Version of the service's own stream of the ticket.")
    facts: list[str] = Field(description="Names of the facts recorded; empty where all was so.")


def answers(model: Any, *statuses: int, headers: Document | None = None) -> Responses:
    """The good answers of a route, 200 unless told otherwise, for `responses=`."""
    return {status: {"model": model, "headers": headers or {}} for status in statuses or (200,)}


def problems(*statuses: int) -> Responses:
    """Problems of a route that its parameters do not tell, for `responses=`."""
    return {status: {} for status in statuses}


def describe(app: FastAPI) -> None:
    """Complete the document of the application, whenever it is first asked for."""
    generate = app.openapi

    def completed() -> Document:
        if app.openapi_schema is None:
            _complete(generate(), app)
        return app.openapi_schema or {}

    app.openapi = completed  # type: ignore[method-assign]


def _complete(document: Document, app: FastAPI) -> None:
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = SCHEMA
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    found: set[int] = set()
    for route in routes_of(app):
        if route.include_in_schema:
            path = document["paths"][route.path_format]
            for method in route.methods:
                found |= _operation(path[method.lower()], route, schemas)
    parts["responses"] = {_PROBLEMS[s][0]: _problem(s) for s in sorted(found)}
    _untitle(schemas)


def _operation(operation: Document, route: Any, schemas: Document) -> set[int]:
    """Complete one operation; the statuses of its problems."""
    roles = sorted(roles_of(route.dependant))
    summary, told = route.summary or "", (route.description or "").strip()
    if not summary:
        summary, _, told = (part.strip() for part in told.partition("\n"))
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _present(parameter["schema"])
    good = {
        status: _good(response, schemas, summary)
        for status, response in operation["responses"].items()
        if status.startswith("2")
    }
    bad = _statuses(route, operation)
    refs = {str(s): {"$ref": f"#/components/responses/{_PROBLEMS[s][0]}"} for s in sorted(bad)}
    kept: Document = {
        name: operation[name] for name in ("parameters", "requestBody") if name in operation
    }
    completed: Document = {
        "tags": operation["tags"],
        "summary": summary,
        "description": f"{told}\n\nRoles: {', '.join(roles)}.".strip(),
        "operationId": _camel(route.name),
        "x-roles": roles,
        **kept,
        "responses": {**good, **refs},
    }
    operation.clear()
    operation.update(completed)
    return bad


def _good(response: Document, schemas: Document, summary: str) -> Document:
    """Described by what it answers, where that has a name."""
    if response["description"] == "Successful Response":
        response["description"] = summary
    for media in response.get("content", {}).values():
        schema = media["schema"]
        schema.pop("title", None)
        name = schema.get("$ref", "").rpartition("/")[2]
        if name:
            response["description"] = schemas[name]["description"].partition("\n")[0]
    return {name: part for name, part in response.items() if part}


def _statuses(route: Any, operation: Document) -> set[int]:
    """Of the problems that the route may answer with."""
    named = {parameter["name"] for parameter in operation.get("parameters", [])}
    found = {401, 403, 500, 503} | {s for s in route.responses if isinstance(s, int) and s >= 400}
    if named:
        found |= {400}
    if "If-Match" in named:
        found |= {412}
    if "requestBody" in operation:
        found |= {400, 413, 415, 422}
    return found


def _problem(status: int) -> Document:
    found: Document = {"description": _PROBLEMS[status][1]}
    if status in _HEADERS:
        found["headers"] = _HEADERS[status]
    found["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return found


def _present(schema: Document) -> Document:
    """A parameter's schema without null: one that is not there is left out."""
    schema = {k: v for k, v in schema.items() if k not in ("title", "description")}
    if schema.get("default") in (None, ""):
        schema.pop("default", None)
    choices = [c for c in schema.get("anyOf", []) if c != {"type": "null"}]
    if len(choices) == 1:
        del schema["anyOf"]
        schema.update(choices[0])
    return schema


def _untitle(schemas: Document) -> None:
    """Without titles that only repeat a name."""
    for schema in schemas.values():
        schema.pop("title", None)
        for field in schema.get("properties", {}).values():
            field.pop("title", None)


def _camel(name: str) -> str:
    """`confirmDispatch` of `ConfirmDispatch`, `ticketState` of `ticket_state`."""
    first, *rest = name.split("_")
    return first[:1].lower() + first[1:] + "".join(part.capitalize() for part in rest)
