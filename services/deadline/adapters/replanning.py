"""A calendar that has changed: every open clock is counted again, without a stop (R27)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from services.deadline.adapters.due_lines import City
from services.deadline.adapters.store import ClocksStore
from services.deadline.domain.events import ClockReplanned
from services.deadline.domain.replan import ReplanClocks
from services.kernel.http import idempotency_key
from services.kernel.routes import perform, trace_of
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, role

PAGE, AT_ONCE, MOST_LISTED = 500, 64, 1_000
_MAY = role(Role.ADMINISTRATOR, Role.OPERATOR)


class MovedClock(BaseModel):
    """One clock that the calendar moved."""

    ticket: str
    clock: str
    run: int
    unit: str
    old_due_at: datetime
    due_at: datetime


class Replanned(BaseModel):
    """What a changed calendar came to."""

    calendar: str
    tickets: int = Field(description="How many tickets with a running clock were looked at.")
    moved: int = Field(description="How many clocks moved.")
    failed: int = Field(description="How many tickets could not be moved now: call again.")
    clocks: list[MovedClock] = Field(description="Those that moved, at most 1,000 of them.")


def router(runtime: Runtime, clocks: ClocksStore, city: City) -> APIRouter:
    made = APIRouter(tags=["calendar"])

    @made.post("/v1/calendar/replan")
    async def replan(
        request: Request,
        principal: Annotated[Principal, Depends(_MAY)],
        key: Annotated[str, Depends(idempotency_key)],
    ) -> Replanned:
        """Count every running clock by the calendar that is loaded here; safe to repeat."""
        calendar = city.calendar
        found = Replanned(
            calendar=f"{calendar.id}@{calendar.version}", tickets=0, moved=0, failed=0, clocks=[]
        )
        place = (-1, "")
        while page := await clocks.open_tickets(place, PAGE):
            place = page[-1]
            await _page(runtime, [ticket for _, ticket in page], principal, key, request, found)
        return found

    return made


async def _page(
    runtime: Runtime,
    tickets: list[str],
    principal: Principal,
    key: str,
    request: Request,
    found: Replanned,
) -> None:
    """States of a page in one query; only those that move are written."""
    assert runtime.states is not None
    assert runtime.service.decider is not None
    found.tickets += len(tickets)
    runtime.states.evict(tickets)  # another process may have written meanwhile
    command = ReplanClocks(runtime.clock.now(), principal.name)
    states = await runtime.states.of(tickets)
    decide = runtime.service.decider.decide
    moving = {t: events for t in tickets if (events := decide(command, states[t][0]))}
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(ticket: str) -> Response:
        async with gate:
            return await perform(
                runtime, ticket, command, principal=principal, key=f"{key}/{ticket}",
                body=found.calendar.encode(), trace=trace_of(request),
            )  # fmt: skip

    answers = await asyncio.gather(*(one(t) for t in moving), return_exceptions=True)
    for (ticket, events), answer in zip(moving.items(), answers, strict=True):
        if not isinstance(answer, Response) or answer.status_code != 200:
            found.failed += 1
            continue
        found.moved += len(events)
        moved = [_moved(ticket, event) for event in events if isinstance(event, ClockReplanned)]
        found.clocks += moved[: MOST_LISTED - len(found.clocks)]


def _moved(ticket: str, event: ClockReplanned) -> MovedClock:
    return MovedClock(
        ticket=ticket,
        clock=event.clock,
        run=event.run,
        unit=event.unit,
        old_due_at=event.old_due_at,
        due_at=event.due_at,
    )
