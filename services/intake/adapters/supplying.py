"""R18: what was missing arrives; its texts are sealed with the citizen's own key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.intake.adapters.answers import MatterAnswer
from services.intake.adapters.vault import Vault
from services.intake.domain.commands import SupplyElements
from services.kernel.describe import ANSWER_HEADERS, answers, problems
from services.kernel.http import CleanText, StrictModel, idempotency_key
from services.kernel.personal import FieldCipher
from services.kernel.problems import Problem
from services.kernel.routes import TICKET, perform, trace_of
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, role

MOST_ELEMENTS = 20
_MAY_SUPPLY = role(Role.CHANNEL, Role.STAFF, Role.SUPERVISOR)
Element = Annotated[CleanText, Field(min_length=1, max_length=64)]


class Supplement(StrictModel):
    """What was asked for; texts that were not asked for may be left out."""

    code: CleanText = Field(description="The code that the answer to the matter gave.")
    elements: list[Element] = Field(
        min_length=1, max_length=MOST_ELEMENTS, description="Which elements are supplied."
    )
    description: CleanText = Field("", description="More of the matter in the citizen's words.")
    contact: CleanText = Field("", description="How the citizen is reached.")
    address: CleanText = Field("", description="Where the matter is.")


def supply_router(runtime: Runtime, vault: Vault) -> APIRouter:
    """`POST /v1/tickets/{ticket}/supply`."""
    router = APIRouter(tags=["commands"])

    @router.post(
        "/v1/tickets/{ticket}/supply",
        response_class=Response,
        responses=answers(MatterAnswer, 200, 201, headers=ANSWER_HEADERS) | problems(404, 409, 422),
    )
    async def supply_elements(
        request: Request,
        ticket: TICKET,
        body: Supplement,
        principal: Annotated[Principal, Depends(_MAY_SUPPLY)],
        key: Annotated[str, Depends(idempotency_key)],
    ) -> Response:
        """Supply what was asked for; the matter is then decided again, and goes on."""
        command = await _sealed(runtime, vault, ticket, body)
        return await perform(
            runtime,
            ticket,
            command,
            principal=principal,
            key=key,
            body=body.model_dump_json().encode(),
            trace=trace_of(request),
        )

    return router


async def _sealed(runtime: Runtime, vault: Vault, ticket: str, body: Supplement) -> SupplyElements:
    assert runtime.states is not None
    state, _ = await runtime.states.one(ticket)
    keys = await vault.keys([state.person_id])
    texts = {n: getattr(body, n) for n in ("description", "contact", "address")}
    if state.person_id not in keys and state.person_id and any(texts.values()):
        raise Problem(409, "person-forgotten", "The citizen of this ticket was forgotten.")
    key = keys.get(state.person_id)
    sealed = {n: FieldCipher(key, ticket, n).seal(t) if key else b"" for n, t in texts.items()}
    return SupplyElements(runtime.clock.now(), ticket, body.code, tuple(body.elements), **sealed)
