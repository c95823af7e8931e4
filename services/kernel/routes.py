"""Commands over HTTP: one route per command rule, `POST /v1/tickets/{ticket}/<verb>`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path
from pydantic import create_model
from starlette.requests import Request
from starlette.responses import Response

from services.kernel.codec import ENVELOPE, metadata
from services.kernel.commands import Answer, hash_of, hash_of_command
from services.kernel.describe import ANSWER_HEADERS, CommandAnswer, answers, problems
from services.kernel.http import (
    StrictModel,
    after,
    answer,
    idempotency_key,
    if_match,
)
from services.kernel.members import members
from services.kernel.performer import HEARD_S, LOOK_AGAIN_S, Busy, VersionMismatch
from services.kernel.problems import Problem, unavailable
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, role
from services.kernel.service import CommandRule
from services.kernel.telemetry import current_command, current_ticket
from services.kernel.writer import Overloaded

NUMBER = r"^[A-Za-z0-9_.-]+$"
TICKET = Annotated[
    str,
    Path(
        min_length=3,
        max_length=64,
        pattern=NUMBER,
        description="Number of the ticket.",
    ),
]
T = TypeVar("T")
AFTER_S = 2.0
positions_type = dict[tuple[str, int], int]


def body_model(cls: type) -> type[StrictModel]:
    """The request body of a command: its fields without those of the envelope."""
    fields: dict[str, Any] = {}
    for field in members(cls):
        if field.name not in ENVELOPE:
            fields[field.name] = (field.type, ... if field.required else field.default)
    return create_model(cls.__name__, __base__=StrictModel, __doc__=cls.__doc__, **fields)


def trace_of(request: Request) -> str:
    """The request's trace context as the ledger keeps it."""
    return str(request.scope.get("state", {}).get("traceparent", ""))


async def waited(
    runtime: Runtime, positions: Mapping[tuple[str, int], int], *, views: bool = False
) -> None:
    """Read one's own write: until all that `Hotline-After` names was applied, 2 s at most.

    A command decides on the ledger, so it need not wait for the service's own facts in buckets of
    other processes; a read of `views` must.
    """
    now = asyncio.get_running_loop().time
    give_up = now() + AFTER_S
    for (source, bucket), position in positions.items():
        own = source == runtime.service.name and bucket not in runtime.inbox.buckets()
        if own and not views:
            continue
        if not await runtime.wait_for(source, bucket, position, give_up - now()):
            raise unavailable(f"{source}/{bucket}/{position} was not applied yet.")


async def heard_of(read: Callable[[], Awaitable[T]]) -> T:
    """What is read of a ticket; one that is unknown may be on its way here: a second is waited.

    One that is there and not shown is answered after the same second. Raises what `read` does.
    """
    now = asyncio.get_running_loop().time
    give_up = now() + HEARD_S
    while True:
        try:
            return await read()
        except Problem as problem:
            if problem.status_code != HTTPStatus.NOT_FOUND or now() >= give_up:
                raise
        await asyncio.sleep(LOOK_AGAIN_S)


async def perform(
    runtime: Runtime,
    ticket: str,
    command: Any,
    *,
    principal: Principal,
    key: str,
    body: bytes,
    trace: str,
    expected: int | None = None,
    import_id: str = "",
    extra: dict[str, Any] | None = None,
    new: bool = False,
) -> Response:
    """Perform and answer; what cannot be done now is a 503, another version a 412.

    `new`: the ticket was numbered just now, so nothing is known of it, and its number, which is
    another at each repeat, does not make two bodies of one key different. `body` makes them so
    where the codec does not know the command.
    """
    assert runtime.performer is not None
    name = type(command).__name__
    current_ticket.set(ticket)
    current_command.set(name)
    if import_id and runtime.imports is not None:
        runtime.imports.note(principal.name, import_id)
    hashed = "" if new else ticket
    meta = metadata(
        import_id=import_id,
        command_id=f"{principal.name}/{key}",
        by=principal.name,
        traceparent=trace,
    )
    try:
        done = await runtime.performer.perform(
            ticket,
            command,
            sender=principal.name,
            key=key,
            body_hash=hash_of_command(runtime.service, hashed, command)
            or hash_of(name, f"{hashed}\0".encode() + body),
            meta=meta,
            if_match=expected,
            extra=extra,
            new=new,
        )
    except VersionMismatch as mismatch:
        raise Problem(
            412,
            "version-mismatch",
            "The ticket has changed since it was read.",
            f"It is at version {mismatch.version} now: read it again, then decide.",
        ) from None
    except (Busy, Overloaded) as error:
        raise unavailable(str(error) or "Too many commands are waiting.") from None
    if (confide := runtime.service.confide) is not None:
        done = Answer(done.status, confide(done.body), done.version, done.position)
    return answer(done)


def command_router(runtime: Runtime, answered: type = CommandAnswer) -> APIRouter:
    """Routes of all command rules of the service; `answered` is the form of their answers."""
    router = APIRouter(prefix="/v1/tickets", tags=["commands"])
    for rule in runtime.service.commands:
        if rule.verb:
            _add(router, runtime, rule, answered)
    return router


def _add(router: APIRouter, runtime: Runtime, rule: CommandRule, answered: type) -> None:
    model = body_model(rule.command)
    wanted = {f.name for f in members(rule.command)} & ENVELOPE

    async def post(
        request: Request,
        ticket: TICKET,
        body: Any,
        principal: Principal,
        key: str,
        expected: int | None,
        positions: Mapping[tuple[str, int], int],
    ) -> Response:
        await waited(runtime, positions)
        envelope = {
            "at": runtime.clock.now(),
            "by": principal.name,
            "unit": principal.unit or "",
            "ticket": ticket,
            "import_id": "",
        }
        values = {**body.model_dump(), **{n: envelope[n] for n in wanted}}
        return await perform(
            runtime,
            ticket,
            rule.command(**values),
            principal=principal,
            key=key,
            body=body.model_dump_json().encode(),
            trace=trace_of(request),
            expected=expected,
        )

    allowed = role(*(Role(name) for name in sorted(rule.roles)))
    post.__annotations__ = {
        "request": Request,
        "ticket": TICKET,
        "body": model,
        "principal": Annotated[Principal, Depends(allowed)],
        "key": Annotated[str, Depends(idempotency_key)],
        "expected": Annotated[int | None, Depends(if_match)],
        "positions": Annotated[Mapping[tuple[str, int], int], Depends(after)],
        "return": Response,
    }
    router.post(
        f"/{{ticket}}/{rule.verb}",
        name=rule.command.__name__,
        summary=(rule.command.__doc__ or rule.command.__name__).strip().splitlines()[0],
        response_class=Response,
        responses=answers(answered, headers=ANSWER_HEADERS) | problems(404, 409),
    )(post)
