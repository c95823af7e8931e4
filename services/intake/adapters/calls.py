"""Calls over HTTP (R3): a missed one is recorded, and how calls are answered is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from services.intake.adapters.answers import MatterAnswer
from services.intake.adapters.codec import MissedCall
from services.intake.adapters.desk import Desk
from services.intake.adapters.tallies import Counted
from services.intake.domain.calls import CallFigures
from services.intake.domain.channels import Answering
from services.kernel.describe import ANSWER_HEADERS, answers, problems
from services.kernel.http import CleanText, StrictModel, idempotency_key
from services.kernel.problems import Problem
from services.kernel.routes import perform, trace_of
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, role

_MAY_RECORD = role(Role.CHANNEL, Role.STAFF, Role.SUPERVISOR)
_MAY_READ = role(Role.STAFF, Role.SUPERVISOR, Role.ANALYST, Role.ADMINISTRATOR, Role.OPERATOR)


class MissedCallBody(StrictModel):
    """A call that nobody answered."""

    channel: CleanText = Field(description="A channel of the kind telephone.")
    called_number: CleanText = Field(max_length=40, description="Such as 12345.")
    waited_s: int = Field(ge=0, le=86_400, description="Seconds until the caller gave up.")
    caller: CleanText = Field(min_length=1, max_length=40, description="Is sealed.")
    external_id: CleanText = Field("", max_length=200, description="The channel's own id of it.")


class ShownFigures(BaseModel):
    """R3, the standard of answering beside what was reached."""

    since: datetime
    until: datetime
    answered: int
    missed: int
    connected_percent: float | None = Field(description="Answered, of all; null: no calls.")
    connected_percent_wanted: int
    connected_as_wanted: bool | None = Field(description="Null: no calls.")
    within_s: int = Field(description="In time is an answer within so many seconds.")
    in_time_percent: float | None = Field(description="In time, of those answered; null: none.")
    waiting: int = Field(description="Missed calls that nobody has called back.")


def call_router(runtime: Runtime, desk: Desk, counted: Counted) -> APIRouter:
    """`POST /v1/calls/missed` and `GET /v1/calls/figures`.

    An answered call makes a ticket with its matter, by `call` of `POST /v1/tickets`, or joins one
    by `POST /v1/tickets/{ticket}/record-call`.
    """
    router = APIRouter(prefix="/v1/calls", tags=["calls"])

    @router.post(
        "/missed",
        status_code=201,
        response_class=Response,
        responses=answers(MatterAnswer, 201, headers=ANSWER_HEADERS) | problems(422, 429),
    )
    async def record_missed_call(
        request: Request,
        body: MissedCallBody,
        principal: Annotated[Principal, Depends(_MAY_RECORD)],
        key: Annotated[str, Depends(idempotency_key)],
    ) -> Response:
        """Record a call that nobody answered: it gets a ticket, and the caller is called back."""
        call = MissedCall(**body.model_dump())
        async with desk.in_hand.place():
            made = await desk.missed(call, runtime.clock.now(), (principal.name, key))
            return await perform(
                runtime,
                made.ticket,
                made.command,
                principal=principal,
                key=key,
                body=body.model_dump_json().encode(),
                trace=trace_of(request),
                new=True,
            )

    @router.get("/figures", dependencies=[Depends(_MAY_READ)], responses=problems(404))
    async def call_figures() -> ShownFigures:
        """How calls were answered, over the hours of the city's standard up to now."""
        now = runtime.clock.now()
        standard = desk.books.at(now).catalogue.switchboard.answering
        if standard is None:
            raise Problem(404, "no-standard", "The city has no standard of answering.")
        since = now - timedelta(hours=standard.over_hours)
        return _shown(since, now, standard, await counted.calls(since, now, standard.within_s))

    return router


def _shown(
    since: datetime, until: datetime, standard: Answering, figures: CallFigures
) -> ShownFigures:
    connected = figures.connected_percent
    return ShownFigures(
        since=since,
        until=until,
        answered=figures.answered,
        missed=figures.missed,
        connected_percent=connected,
        connected_percent_wanted=standard.connected_percent,
        connected_as_wanted=None if connected is None else connected >= standard.connected_percent,
        within_s=standard.within_s,
        in_time_percent=figures.in_time_percent,
        waiting=figures.waiting,
    )
