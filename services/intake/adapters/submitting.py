"""The one hot route: post a matter."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import Depends, FastAPI, Header
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.intake.adapters.answers import SubmitAnswer
from services.intake.adapters.codec import SubmittedMatter
from services.intake.adapters.desk import Desk
from services.kernel.describe import ANSWER_HEADERS, answers, problems
from services.kernel.http import KEY_PATTERN, StrictModel, idempotency_key
from services.kernel.imports import closed
from services.kernel.problems import Problem
from services.kernel.routes import body_model, perform, trace_of
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, role

MatterBody = body_model(SubmittedMatter)
_MAY_SUBMIT = role(Role.CHANNEL, Role.STAFF, Role.SUPERVISOR, Role.IMPORTER)
_IMPORT = Header(
    alias="Hotline-Import",
    max_length=40,
    description="By importers only: the import that the matter belongs to.",
)
_IMPORT_TIME = Header(
    alias="Hotline-Import-Time",
    description="By importers only: when the matter arrived.",
)
_KEY = re.compile(KEY_PATTERN)
_PATH = "/v1/tickets"


def add_submitting(made: FastAPI, runtime: Runtime, desk: Desk) -> None:
    """`POST /v1/tickets`, quickly where the request is plain."""
    submit = partial(_submit, runtime, desk)

    async def quickly(request: Request) -> Response | None:
        plain = await _plain(request)
        if plain is None:
            return None
        principal = await _MAY_SUBMIT(request)
        if Role.IMPORTER in principal.roles:
            return None
        key, body = plain
        return await submit(request, body, principal, key)

    made.state.quick["POST", _PATH] = quickly

    @made.post(
        _PATH,
        tags=["commands"],
        status_code=201,
        response_class=Response,
        responses=answers(SubmitAnswer, 201, headers=ANSWER_HEADERS) | problems(409, 429),
    )
    async def submit_matter(
        request: Request,
        body: MatterBody,  # type: ignore[valid-type]
        principal: Annotated[Principal, Depends(_MAY_SUBMIT)],
        key: Annotated[str, Depends(idempotency_key)],
        hotline_import: Annotated[str, _IMPORT] = "",
        hotline_import_time: Annotated[datetime | None, _IMPORT_TIME] = None,
    ) -> Response:
        """Post a matter; safe to send again with the same Idempotency-Key.

        It is accepted, refused under a rule or diverted to an emergency line at once: `state` says
        which. `code` opens the public state of the ticket to whoever posted it.
        """
        return await submit(request, body, principal, key, hotline_import, hotline_import_time)


async def _submit(
    runtime: Runtime,
    desk: Desk,
    request: Request,
    body: Any,
    principal: Principal,
    key: str,
    import_id: str = "",
    stated: datetime | None = None,
) -> Response:
    """The answer to a matter, whose time is now that it is taken in hand, or what an importer
    states. Raises Problem."""
    async with desk.in_hand.place():
        at = _stated(runtime, principal, import_id, stated)
        await _require_open(runtime, import_id, principal.name, key)
        made = await desk.received(
            SubmittedMatter(**vars(body)), at, (principal.name, key), import_id=import_id
        )
        return await perform(
            runtime,
            made.ticket,
            made.command,
            principal=principal,
            key=key,
            body=body.model_dump_json().encode(),
            trace=trace_of(request),
            import_id=import_id,
            extra=made.extra,
            new=True,
        )


async def _require_open(runtime: Runtime, import_id: str, sender: str, key: str) -> None:
    """Before the matter gets a number and its citizen a name."""
    if not import_id or runtime.imports is None:
        return
    if await runtime.imports.too_late([(import_id, sender, key)]):
        status, slug, detail = closed(import_id)
        raise Problem(status, slug, "Import closed.", detail)


def _stated(
    runtime: Runtime, principal: Principal, import_id: str, at: datetime | None
) -> datetime:
    """Now, or what an importer states."""
    now = runtime.clock.now()
    if not import_id:
        if Role.IMPORTER in principal.roles:
            raise Problem(400, "import-missing", "An importer names its import in Hotline-Import.")
        return now
    if Role.IMPORTER not in principal.roles:
        raise Problem(403, "not-an-importer", "Only an importer may state the time itself.")
    if at is None or at.tzinfo is None or at > now:
        raise Problem(
            400, "bad-time", "Hotline-Import-Time must be an RFC 3339 time that does not lie ahead."
        )
    return at


async def _plain(request: Request) -> tuple[str, StrictModel] | None:
    """(key, matter) of a request without fault and without an import."""
    headers = request.headers
    keys = headers.getlist("idempotency-key")
    is_json = headers.get("content-type", "").partition(";")[0].strip() == "application/json"
    if not is_json or len(keys) != 1 or not _KEY.fullmatch(keys[0]) or "hotline-import" in headers:
        return None
    try:
        return keys[0], MatterBody.model_validate(orjson.loads(await request.body()))
    except (orjson.JSONDecodeError, ValidationError):
        return None
