"""Forgetting a person: a fact first, then the key is destroyed; again after every restore (R35).

A backup of the vault may hold keys that were destroyed after it was made. So before a process
serves, it destroys again the keys of all whom ledger or topic know to be forgotten: the topic is
read from where the ledger has not read it yet, which is nothing but after a restore.
"""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from hotline.intake.v1.events_pb2 import PersonForgotten
from services.intake.adapters.answers import MatterAnswer
from services.intake.adapters.vault import PostgresVault, Vault
from services.intake.domain.commands import ForgetPerson
from services.kernel.bus import Bus
from services.kernel.cloudevents import attributes
from services.kernel.describe import ANSWER_HEADERS, answers, problems
from services.kernel.http import CleanText, StrictModel, idempotency_key
from services.kernel.problems import Problem
from services.kernel.routes import perform, trace_of
from services.kernel.runtime import Runtime
from services.kernel.scanning import scan
from services.kernel.security import Principal, Role, role

log = logging.getLogger("hotline.intake")
_TYPE = PersonForgotten.DESCRIPTOR.full_name
_PREFIX = "person-"
_MAY_FORGET = role(Role.SUPERVISOR, Role.ADMINISTRATOR)
_PERSON = Annotated[
    str, Path(pattern=r"^[0-9a-f]{24}$", description="Id of the person, as the facts name it.")
]


class Forget(StrictModel):
    """Why a person is to be forgotten."""

    basis: Annotated[CleanText, Field(min_length=1, max_length=200, pattern=r"\S")] = Field(
        description="What it rests on, such as the number of the request; no names."
    )


def stream_of(person: str) -> str:
    """Where the fact stands: a person has many tickets, or none."""
    return _PREFIX + person


def forget_router(runtime: Runtime, vault: Vault) -> APIRouter:
    """`POST /v1/persons/{person}/forget`."""
    router = APIRouter(prefix="/v1/persons", tags=["personal"])

    @router.post(
        "/{person}/forget",
        response_class=Response,
        responses=answers(MatterAnswer, 200, 201, headers=ANSWER_HEADERS) | problems(404, 422),
    )
    async def forget_person(
        request: Request,
        person: _PERSON,
        body: Forget,
        principal: Annotated[Principal, Depends(_MAY_FORGET)],
        key: Annotated[str, Depends(idempotency_key)],
    ) -> Response:
        """Destroy the key of a person's fields: nobody can read them from then on.

        There is no way back. The contact may come again, as another person.
        """
        if not await vault.knows(person):
            raise Problem(404, "unknown-person", "There is no such person.")
        answer = await perform(
            runtime,
            stream_of(person),
            ForgetPerson(runtime.clock.now(), person, body.basis),
            principal=principal,
            key=key,
            body=body.model_dump_json().encode(),
            trace=trace_of(request),
        )
        if answer.status_code < 300:
            await vault.forget(person)
            log.warning("a person was forgotten", extra={"person": person})
        return answer

    return router


async def forget_again(vault: PostgresVault, bus: Bus, topic: str, buckets: int) -> list[str]:
    """Before serving: the persons whose keys had come back with a restore.

    Raises StoreUnavailable, BusUnavailable.
    """
    read = await vault.read_up_to(topic)
    told = await _forgotten_in(bus, topic, {p: read.get(p, 0) for p in range(buckets)})
    again = await vault.forget_again(told)
    if again:
        log.warning("%d persons were forgotten again after a restore", len(again))
    return again


async def _forgotten_in(bus: Bus, topic: str, begins: dict[int, int]) -> set[str]:
    """Whom the records from these offsets on name."""
    found: set[str] = set()
    async for records in scan(bus, topic, begins):
        for record in records:
            headers = attributes(record.headers)
            if headers.get("ce_type", b"").decode(errors="replace") == _TYPE:
                found.add(PersonForgotten.FromString(record.value or b"").person_id)
    return found
