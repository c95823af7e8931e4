"""Commands and their answers, whichever way they come."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from services.kernel.decider import Rejection
from services.kernel.draft import MOST_FACT, Draft
from services.kernel.facts import CommandKey, Repeated
from services.kernel.members import members
from services.kernel.names import full_position
from services.kernel.problems import Problem, problem_of
from services.kernel.service import Service


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is HTTP's, `body` JSON; `position` is `<service>/<bucket>/<position>`."""

    status: int
    body: bytes
    version: int | None
    position: str | None


MOST_TEXT = 20_000  # characters of one field
MOST_BYTES = 4 * MOST_TEXT + 100  # of one field that is sealed
MOST_WORDS = 1_000  # of a repeated field


class Unsound(Rejection):
    """A text too long or with NUL, a number that is none or a time without a zone is not kept."""

    status = 422


REUSED = (
    422,
    "command-id-reused",
    "Send a changed command under a new Idempotency-Key or command id.",
)


def hash_of(type_name: str, body: bytes) -> bytes:
    """What makes two bodies of one command id the same."""
    return hashlib.sha256(type_name.encode() + b"\0" + body).digest()


KEYED = b"\x01"  # stands before a hash that nobody finds by trying bodies


def kept_hash(service: Service, body_hash: bytes) -> bytes:
    """As the store keeps it: where bodies hold what can be guessed, such as a telephone number,
    under the service's key."""
    key = service.hash_key
    return KEYED + hmac.digest(key, body_hash, "sha256") if key and body_hash else body_hash


def hash_of_command(service: Service, ticket: str, command: Any) -> bytes | None:
    """The same for a command whichever way and in whichever form it came; None where it has no
    form on the wire."""
    try:
        packed = service.codec.packed(command)
    except (TypeError, ValueError):  # too large, or without offset: deciding it says so
        return None
    if packed is None:
        return None
    name, body = packed
    return hash_of(name, f"{ticket}\0".encode() + body)


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


def repeated_answer(service: Service, bucket: int, body_hash: bytes, known: Repeated) -> Answer:
    """The answer of a command id that was used before: the same, or 422 for another body.

    What was healed from the log has no hash: any body counts as the same. A hash that was kept
    before there was a key counts as it is.
    """
    if known.body_hash not in (b"", body_hash, kept_hash(service, body_hash)):
        status, slug, detail = REUSED
        problem = Problem(status, slug, "The command id was used for another command.", detail)
        return Answer(status, problem.body(), None, None)
    return known_answer(service.name, bucket, known)


def known_answer(service: str, bucket: int, known: Repeated) -> Answer:
    """The answer that stands in the store."""
    position = full_position(service, bucket, known.position) if known.position else None
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
    before = draft.version
    try:
        if unsound := list(_unsound(command)):
            raise Unsound(*unsound)
        events = draft.decide(
            command, service.decider, service.codec, meta, live=live, largest=MOST_FACT
        )
        key.status = 201 if before == 0 and events else 200
        key.body = accepted_body(service, draft, events, extra)
    except Rejection as rejection:
        key.status, key.body = rejection.status, problem_of(rejection).body()
    key.upto, key.wrote = len(draft.facts), draft.version > before
    draft.commands.append(key)


def _unsound(command: Any) -> Iterator[str]:
    """Names of the fields whose values no view can store or no topic carry, however they came."""
    for name in _FORMS[type(command)][0]:
        value = getattr(command, name)
        if value:  # what is empty is sound
            names, is_sound = _FORMS[type(value)]
            if names:
                yield from _unsound(value)
            elif is_sound is not None and not is_sound(value):
                yield name


_Check = Callable[[Any], bool]


class _Forms(dict[type, tuple[tuple[str, ...], _Check | None]]):
    """Of a class that was met: fields of a domain value; of any other what its values must be."""

    def __missing__(self, cls: type) -> tuple[tuple[str, ...], _Check | None]:
        names = tuple(member.name for member in members(cls))
        check = next((check for base, check in _CHECKS.items() if issubclass(cls, base)), None)
        self[cls] = names, check
        return names, check


_FORMS = _Forms()


def _sound(value: Any) -> bool:
    is_sound = _FORMS[type(value)][1]
    return is_sound is None or is_sound(value)


_CHECKS: dict[type, _Check] = {
    str: lambda text: "\0" not in text and len(text) <= MOST_TEXT,
    bytes: lambda sealed: len(sealed) <= MOST_BYTES,
    float: math.isfinite,
    datetime: lambda time: time.tzinfo is not None,
    tuple: lambda words: len(words) <= MOST_WORDS and all(map(_sound, words)),
}
