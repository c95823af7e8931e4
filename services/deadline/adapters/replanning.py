"""A calendar that has changed: every open clock is counted again, without a stop (R27)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request

from services.deadline.adapters.due_lines import Cities
from services.deadline.adapters.replanner import Replanner
from services.deadline.adapters.rules import InEffect
from services.deadline.adapters.store import ClocksStore
from services.deadline.domain.events import ClockReplanned
from services.kernel.facts import NEVER
from services.kernel.http import idempotency_key
from services.kernel.routes import trace_of
from services.kernel.runtime import Runtime
from services.kernel.security import Principal, Role, role
from services.kernel.store import StoreUnavailable

log = logging.getLogger("hotline.deadline")
PAGE, MOST_LISTED = 500, 1_000
LOOK_S = 1.0
BY_CALENDAR = Principal("calendar", frozenset({Role.OPERATOR}))
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


def router(runtime: Runtime, clocks: ClocksStore, cities: Cities) -> APIRouter:
    made = APIRouter(tags=["calendar"])

    @made.post("/v1/calendar/replan")
    async def replan(
        request: Request,
        principal: Annotated[Principal, Depends(_MAY)],
        _key: Annotated[str, Depends(idempotency_key)],
    ) -> Replanned:
        """Count every running clock by the calendar in effect now; safe to repeat."""
        found = _nothing(cities, runtime.clock.now())
        place = (-1, "")
        while page := await clocks.open_tickets(place, PAGE):
            place = page[-1]
            tickets = [ticket for _, ticket in page]
            await _page(runtime, tickets, principal, trace_of(request), found)
        return found

    return made


async def keep_planned(runtime: Runtime, clocks: ClocksStore, rules: InEffect) -> None:
    """Until cancelled: when a calendar takes effect, the owner of a bucket plans it again (R27).

    How far that was done stands beside the clocks, so that a restart neither forgets nor repeats
    it, once the bucket has read up to that date: facts from before it count by the calendar of
    then, so one that is behind is planned at once and once more. What could not be moved now is
    tried again.
    """
    begun: set[tuple[int, int]] = set()
    while True:
        await runtime.clock.sleep(LOOK_S)
        now = runtime.clock.now()
        version = rules.calendar_version(now)
        try:
            done = await clocks.planned_by() if version else {}
            for bucket in sorted(runtime.inbox.buckets()):
                if version <= done.get(bucket, 0):
                    continue
                has_read_all = version <= rules.calendar_version(_read_until(runtime, bucket))
                if not has_read_all and (bucket, version) in begun:
                    continue
                if await _plan_bucket(runtime, clocks, rules, bucket):
                    begun.add((bucket, version))
                    if has_read_all:
                        await clocks.set_planned_by(bucket, version)
        except StoreUnavailable as error:
            log.warning("no clock was planned again: %s", error)


async def _plan_bucket(runtime: Runtime, clocks: ClocksStore, rules: InEffect, bucket: int) -> bool:
    """Whether every open clock of the bucket was looked at."""
    found = _nothing(rules.city, runtime.clock.now())
    place = (bucket, "")
    while page := await clocks.open_tickets(place, PAGE):
        place = page[-1]
        tickets = [ticket for b, ticket in page if b == bucket]
        await _page(runtime, tickets, BY_CALENDAR, "", found)
        if place[0] != bucket:
            break
    if found.moved:
        log.info(
            "calendar %s moved %d clocks of %d tickets in bucket %d",
            found.calendar, found.moved, found.tickets, bucket,
        )  # fmt: skip
    return not found.failed


def _read_until(runtime: Runtime, bucket: int) -> datetime:
    """Up to when all that the bucket was told, and what came of it, stands in the view."""
    row = runtime.inbox.rows.get((runtime.inbox.tickets, bucket))
    own = (runtime.service.name,)
    return NEVER if row is None else runtime.proof.all_until(own, bucket, row.expected)


def _nothing(cities: Cities, now: datetime) -> Replanned:
    calendar = cities(now).calendar
    label = f"{calendar.id}@{calendar.version}"
    return Replanned(calendar=label, tickets=0, moved=0, failed=0, clocks=[])


async def _page(
    runtime: Runtime, tickets: Sequence[str], principal: Principal, trace: str, found: Replanned
) -> None:
    assert runtime.states is not None
    buckets, by = runtime.place.buckets, principal.name
    work = Replanner(runtime.service, runtime.store, runtime.states, buckets, by, trace)
    moved, left = await work.replan(tickets, runtime.clock.now)
    found.tickets += len(tickets)
    found.moved += len(moved)
    found.failed += len(left)
    found.clocks += [_moved(*each) for each in moved[: MOST_LISTED - len(found.clocks)]]


def _moved(ticket: str, event: ClockReplanned) -> MovedClock:
    assert event.due_at is not None, "a calendar moves what runs"
    return MovedClock(
        ticket=ticket,
        clock=event.clock,
        run=event.run,
        unit=event.unit,
        old_due_at=event.old_due_at,
        due_at=event.due_at,
    )
