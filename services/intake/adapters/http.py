"""Intake over HTTP: submit a matter, look at its state, and the commands."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Path
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from services.intake.adapters.answering import article_router, review_router
from services.intake.adapters.answers import MatterAnswer, TicketState
from services.intake.adapters.boxes import box_router
from services.intake.adapters.calls import call_router
from services.intake.adapters.desk import Desk
from services.intake.adapters.forgetting import forget_router
from services.intake.adapters.opening import opening_router
from services.intake.adapters.registers import register_router
from services.intake.adapters.submitting import add_submitting
from services.intake.adapters.suggesting import load_dictionary, suggest_router
from services.intake.adapters.supplying import supply_router
from services.intake.adapters.tallies import Counted
from services.intake.domain.commands import CloseHistory
from services.intake.domain.ticket import Ticket
from services.intake.service import outcome
from services.kernel.describe import ANSWER_HEADERS, answers, problems
from services.kernel.http import StrictModel, after, create_app, idempotency_key
from services.kernel.names import stream_in
from services.kernel.problems import Problem
from services.kernel.registry import Registry
from services.kernel.registry_http import registry_router
from services.kernel.routes import (
    NUMBER,
    TICKET,
    command_router,
    heard_of,
    perform,
    positions_type,
    trace_of,
    waited,
)
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, Security, role

_MAY_LOOK = role(Role.CHANNEL, Role.STAFF, Role.SUPERVISOR)


_CODE = Header(
    alias="Hotline-Code",
    max_length=40,
    description="The code that the answer to the matter gave.",
)
_IMPORT_ID = Annotated[
    str,
    Path(min_length=3, max_length=64, pattern=NUMBER, description="The import's own name."),
]


class Frontier(StrictModel):
    """How far an import has come."""

    until: AwareDatetime = Field(description="Nothing with a time up to this is still to come.")
    final: bool = Field(description="The import has ended: its tickets follow the live clock.")


def app(
    runtime: Runtime, desk: Desk, security: Security, registry: Registry, counted: Counted
) -> FastAPI:
    """The application of one process."""
    made = create_app("intake", runtime.readiness, security=security, registry=runtime.registry)
    add_submitting(made, runtime, desk)
    made.include_router(command_router(runtime, MatterAnswer))
    made.include_router(supply_router(runtime, desk.vault))
    made.include_router(opening_router(desk.vault))
    made.include_router(suggest_router(load_dictionary()))
    made.include_router(article_router(desk.books, runtime, counted))
    made.include_router(review_router(counted))
    made.include_router(register_router(desk.books, runtime))
    made.include_router(call_router(runtime, desk, counted))
    made.include_router(box_router(desk.boxes))
    made.include_router(forget_router(runtime, desk.vault))
    made.include_router(registry_router(registry, runtime.clock))
    _state(made, runtime, desk)
    _frontier(made, runtime)
    return made


def _state(made: FastAPI, runtime: Runtime, desk: Desk) -> None:
    @made.get(
        "/v1/tickets/{ticket}/state",
        tags=["citizens"],
        responses=problems(404),
        response_model_exclude_none=True,
    )
    async def ticket_state(
        ticket: TICKET,
        principal: Annotated[Principal, Depends(_MAY_LOOK)],
        positions: Annotated[positions_type, Depends(after)],
        code: Annotated[str, _CODE] = "",
    ) -> TicketState:
        """What became of a matter, for who has its number and code."""
        await waited(runtime, positions)
        state = await heard_of(partial(_opened, runtime, ticket, code))
        switchboard = desk.books.at(runtime.clock.now()).catalogue.switchboard
        return TicketState.model_validate({"ticket": ticket, **outcome(ticket, state, switchboard)})


async def _opened(runtime: Runtime, ticket: str, code: str) -> Ticket:
    assert runtime.states is not None
    state, _ = await runtime.states.anew(ticket)
    if not state.opens(ticket, code):
        raise Problem(404, "unknown-ticket", "There is no ticket of that number and code.")
    return state


def _frontier(made: FastAPI, runtime: Runtime) -> None:
    @made.post(
        "/v1/imports/{import_id}/frontier",
        response_class=Response,
        tags=["imports"],
        responses=answers(MatterAnswer, 200, 201, headers=ANSWER_HEADERS) | problems(409),
    )
    async def close_history(
        request: Request,
        import_id: _IMPORT_ID,
        body: Frontier,
        principal: Annotated[Principal, Depends(role(Role.IMPORTER))],
        key: Annotated[str, Depends(idempotency_key)],
    ) -> Response:
        """Say that nothing of the import with a time up to `until` is still to come.

        After a `final` frontier is answered, what the import had not sent before is refused.
        """
        answer, said = Response(status_code=200), []
        for bucket in range(runtime.place.buckets):
            stream = stream_in(bucket, f"import-{import_id}", runtime.place.buckets)
            command = CloseHistory(runtime.clock.now(), import_id, body.until, body.final)
            answer = await perform(
                runtime,
                stream,
                command,
                principal=principal,
                key=f"{key}/{bucket}",
                body=body.model_dump_json().encode(),
                trace=trace_of(request),
                import_id=import_id,
            )
            said.append(answer.headers.get("Hotline-Position", ""))
        if body.final:
            await waited(runtime, await after(",".join(said)), views=True)
        return answer
