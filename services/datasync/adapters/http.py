"""datasync over HTTP: ticket files, lists, and feeds by pull and by Server-Sent Events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query
from pydantic import AwareDatetime
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.datasync.adapters import documents
from services.datasync.adapters.reading import EVERYTHING, OPERATING, Reading
from services.datasync.adapters.store import Filters
from services.datasync.adapters.stream import Followers, stream
from services.datasync.domain.sharing import Way
from services.kernel.clock import Clock
from services.kernel.describe import ETAG, answers, problems
from services.kernel.http import CleanText, after, create_app, idempotency_key
from services.kernel.identity import Principal, Role
from services.kernel.passes import LIFETIME
from services.kernel.problems import unavailable
from services.kernel.routes import heard_of, waited
from services.kernel.runtime import Runtime
from services.kernel.security import PASS, Security, role

Positions = Mapping[tuple[str, int], int]
Waits = Callable[[Positions], Awaitable[None]]
Word = Annotated[CleanText, Query(max_length=200, description="All where empty.")]
CursorText = Annotated[
    str, Query(max_length=4_000, description="Where to go on: the cursor of an earlier answer.")
]
TicketId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_.-]+$",
        description="Number of the ticket.",
    ),
]
Name = Annotated[str, Path(max_length=100, description="Id of the subscription.")]
_AS_OF = Query(description="As it was then; now where left out.")
_START = Query(pattern="^(beginning|now)$", description="Where to begin without a cursor.")
_LAST = Header(
    alias="Last-Event-ID",
    max_length=4_000,
    description="Id of the last event that was seen: a browser sends it by itself.",
)
_PASS = Query(
    alias=PASS,
    max_length=100,
    description="Instead of the header Authorization: a pass for this stream, good for one call.",
)
_STREAM: dict[str, Any] = {
    "description": "An event per entry: `id` is a cursor, `data` an entry as in a page.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}

Reader = Annotated[Principal, Depends(role(*EVERYTHING, Role.DEPARTMENT, Role.UNIT))]
Knower = Annotated[Principal, Depends(role(*EVERYTHING, *OPERATING, Role.DEPARTMENT, Role.UNIT))]
Follower = Annotated[
    Principal, Depends(role(*EVERYTHING, Role.DEPARTMENT, Role.UNIT, by_pass=True))
]
Operator = Annotated[Principal, Depends(role(*OPERATING))]


def app(runtime: Runtime, reading: Reading, followers: Followers, security: Security) -> FastAPI:
    """The application of one process."""
    made = create_app("datasync", runtime.readiness, security=security, registry=runtime.registry)

    async def waits(positions: Positions) -> None:
        await waited(runtime, positions, views=True)

    made.include_router(router(reading, followers, runtime.clock, waits))
    return made


def router(reading: Reading, followers: Followers, clock: Clock, waits: Waits) -> APIRouter:
    """All routes. `waits` holds an answer until what `Hotline-After` names was applied."""
    made = APIRouter(prefix="/v1")
    _ticket_routes(made, reading, waits)
    _feed_routes(made, reading, followers, clock)
    _pass_route(made, reading)
    _proof_route(made, reading)
    _subscription_routes(made, reading, clock)
    return made


def _ticket_routes(made: APIRouter, reading: Reading, waits: Waits) -> None:
    @made.get("/tickets", tags=["tickets"], responses=answers(documents.TicketList))
    async def list_tickets(
        caller: Reader,
        positions: Annotated[Positions, Depends(after)],
        state: Word = "",
        kind: Word = "",
        category: Word = "",
        area: Word = "",
        unit: Word = "",
        cursor: CursorText = "",
        limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 50,
    ) -> Response:
        """Tickets that the caller may see, newest first; categories and areas with subtrees."""
        await waits(positions)
        filters = Filters(state, kind, category, area, unit)
        place = documents.list_place(cursor)
        rows = await reading.tickets(caller, filters, place, limit + 1)
        page, more = rows[:limit], len(rows) > limit
        return _json(
            {
                "tickets": [documents.row_document(row) for row in page],
                "cursor": documents.list_cursor(page[-1]) if more else None,
            }
        )

    @made.get(
        "/tickets/{ticket}",
        tags=["tickets"],
        responses=answers(documents.TicketDocument, headers=ETAG) | problems(404),
    )
    async def show_ticket(
        caller: Reader,
        positions: Annotated[Positions, Depends(after)],
        ticket: TicketId,
        at: Annotated[AwareDatetime | None, _AS_OF] = None,
    ) -> Response:
        """The ticket file: header and timeline, as of `at`."""
        await waits(positions)
        file = await heard_of(partial(reading.ticket, caller, ticket, at))
        headers = {"ETag": f'"{len(file.timeline)}"'}
        return _json(documents.ticket_document(file), headers)


def _feed_routes(made: APIRouter, reading: Reading, followers: Followers, clock: Clock) -> None:
    @made.get(
        "/feeds/{subscription}",
        tags=["feeds"],
        responses=answers(documents.FeedPage) | problems(404),
    )
    async def pull_feed(
        caller: Reader,
        subscription: Name,
        cursor: CursorText = "",
        limit: Annotated[int, Query(ge=1, le=1_000, description="At most so many.")] = 200,
    ) -> Response:
        """The entries behind the cursor; without one, from the beginning."""
        feed = reading.subscription(caller, subscription, Way.PULL)
        page = await reading.page(feed.id, reading.reached(cursor), limit, Way.PULL)
        return _json(
            {
                "entries": page.entries,
                "cursor": reading.cursor(page.reached),
                "more": page.more,
            }
        )

    @made.get(
        "/feeds/{subscription}/events",
        tags=["feeds"],
        response_class=StreamingResponse,
        responses=problems(404) | {200: _STREAM},
    )
    async def follow_feed(
        caller: Follower,
        subscription: Name,
        cursor: CursorText = "",
        start: Annotated[str, _START] = "beginning",
        last_event_id: Annotated[str, _LAST] = "",
        _pass: Annotated[str, _PASS] = "",
    ) -> Response:
        """Entries as Server-Sent Events; ids are cursors, for `Last-Event-ID` and for pull."""
        feed = reading.subscription(caller, subscription, Way.SSE)
        if followers.full:
            raise unavailable("Too many streams are open.", 5)
        come = last_event_id or cursor
        fresh = start == "now" and not come
        reached = await reading.ends(feed.id) if fresh else reading.reached(come)
        ends = caller.expires_at
        events = stream(
            reading,
            followers,
            clock,
            feed.id,
            reached,
            None if ends is None else datetime.fromtimestamp(ends, UTC),
        )
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _pass_route(made: APIRouter, reading: Reading) -> None:
    @made.post(
        "/feeds/{subscription}/events/pass",
        tags=["feeds"],
        status_code=201,
        responses=answers(documents.Pass, 201) | problems(404),
        dependencies=[Depends(idempotency_key)],
    )
    async def make_pass(request: Request, caller: Reader, subscription: Name) -> Response:
        """A pass to follow the feed once, for a browser, which can send no header.

        A repeat makes another.
        """
        reading.subscription(caller, subscription, Way.SSE)
        place = request.url.path.removesuffix("/pass")
        security: Security = request.app.state.security
        text = await security.give_pass(caller, f"GET {place}")
        return _json({PASS: text, "expires_in_s": int(LIFETIME.total_seconds())}, status=201)


def _proof_route(made: APIRouter, reading: Reading) -> None:
    @made.get(
        "/feeds/{subscription}/proof",
        tags=["feeds"],
        responses=answers(documents.ProofDocument) | problems(404),
    )
    async def prove_feed(caller: Reader, subscription: Name) -> Response:
        """The end of each chain; see `hotline.datasync.proof`."""
        feed = reading.subscription(caller, subscription, None)
        return _json(await reading.proof(feed.id))


def _subscription_routes(made: APIRouter, reading: Reading, clock: Clock) -> None:
    @made.get("/subscriptions", tags=["feeds"], responses=answers(documents.SubscriptionList))
    async def list_subscriptions(caller: Knower) -> Response:
        """Who is entitled to what: a department's own, for staff and operators all."""
        known = [documents.subscription_document(s) for s in reading.subscriptions(caller)]
        return _json({"version": reading.sharing.version, "subscriptions": known})

    @made.post(
        "/subscriptions/{subscription}/release",
        tags=["operations"],
        responses=answers(documents.Released) | problems(404),
        dependencies=[Depends(idempotency_key)],
    )
    async def release_webhook(caller: Operator, subscription: Name) -> Response:
        """Ask a stopped endpoint again, and its parked tickets; a repeat does no harm."""
        reading.known(subscription)
        return _json({"tickets": await reading.release(subscription, clock.now())})


def _json(content: Any, headers: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
    return Response(body, status, media_type="application/json", headers=headers)
