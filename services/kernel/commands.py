"""Commands and their answers, whichever way they come."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from services.kernel.decider import Rejection
from services.kernel.draft import Draft
from services.kernel.facts import CommandKey, Repeated
from services.kernel.service import Service


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is HTTP's, `body` JSON; `position` is `<service>/<bucket>/<position>`."""

    status: int
    body: bytes
    version: int | None
    position: str | None


def hash_of(type_name: str, body: bytes) -> bytes:
    """What makes two bodies of one command id the same."""
    return hashlib.sha256(type_name.encode() + b"\0" + body).digest()


def problem_body(rejection: Rejection) -> bytes:
    """A rejection as an RFC 9457 problem that names its rule."""
    name = type(rejection).__name__
    slug = "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")
    problem = {
        "type": f"/problems/{slug}",
        "title": rejection.message.partition(" (")[0],
        "status": rejection.status,
        "detail": rejection.message,
    }
    if rejection.rule:
        problem["rule"] = rejection.rule
    return orjson.dumps(problem)


def accepted_body(
    service: Service, draft: Draft, events: Sequence[Any], extra: dict[str, Any]
) -> bytes:
    """What the sender learns of a command that was recorded."""
    body = {
        "ticket": draft.ticket,
        "version": draft.version,
        "facts": [type(e).__name__ for e in events],
        **(service.answer(draft.ticket, draft.state, events) if service.answer else {}),
        **extra,
    }
    return orjson.dumps(body)


def repeated_answer(service: str, bucket: int, body_hash: bytes, known: Repeated) -> Answer:
    """The answer of a command id that was used before: the same, or 422 for another body."""
    if known.body_hash != body_hash:
        problem = {
            "type": "/problems/command-id-reused",
            "title": "The command id was used for another command.",
            "status": 422,
            "detail": "Send a changed command under a new Idempotency-Key or command id.",
        }
        return Answer(422, orjson.dumps(problem), None, None)
    position = f"{service}/{bucket}/{known.position}" if known.position else None
    return Answer(known.status, known.body, known.version, position)


def decide_command(
    service: Service,
    draft: Draft,
    command: Any,
    key: CommandKey,
    meta: dict[str, str],
    *,
    live: bool,
    extra: dict[str, Any],
) -> None:
    """Decide and put the answer into the draft; a rejection is an answer too."""
    assert service.decider is not None
    try:
        events = draft.decide(command, service.decider, service.codec, meta, live=live)
        key.status = 201 if draft.base == 0 and events else 200
        key.body = accepted_body(service, draft, events, extra)
    except Rejection as rejection:
        key.status, key.body = rejection.status, problem_body(rejection)
    draft.command = key
