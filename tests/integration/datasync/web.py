"""datasync's application for tests, and callers of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import httpx
from prometheus_client import CollectorRegistry
from starlette.requests import Request

from services.datasync.adapters import documents, http
from services.datasync.adapters.reading import Reading
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.stream import Followers
from services.datasync.domain.sharing import Rule, Sharing, Way
from services.kernel.clock import ManualClock
from services.kernel.decider import replace
from services.kernel.http import create_app
from services.kernel.identity import Principal, Role
from services.kernel.passes import MemoryPasses
from services.kernel.security import Security
from tests.integration.datasync.stores import ALL_BUCKETS, Kept
from tests.unit.datasync.tickets import (
    BUCKETS,
    OVERSIGHT,
    Topic,
    accepted,
    dispatched,
    received,
    replied,
    subscriber,
)

PUBLIC = Rule("public", OVERSIGHT.role, OVERSIGHT.types, frozenset({"reply"}))
SHARING = Sharing(
    "test/1",
    (
        subscriber("DOT"),
        subscriber("DPR"),
        subscriber("OEM", OVERSIGHT),
        subscriber("PRESS", PUBLIC),
        replace(subscriber("HPD"), ways=frozenset({Way.TOPIC})),
    ),
)
STAFF = Principal("clerk", frozenset({Role.STAFF}))
OPERATOR = Principal("operator", frozenset({Role.OPERATOR}))


def department(name: str) -> Principal:
    return Principal(name.lower(), frozenset({Role.DEPARTMENT}), department=name)


def unit(name: str) -> Principal:
    return Principal(name.lower(), frozenset({Role.UNIT}), unit=name)


class Caller(Security):
    """Proves that the caller is whoever the test says."""

    def __init__(self, web: Web) -> None:
        super().__init__(None, None, passes=MemoryPasses())
        self._web = web

    async def principal(self, request: Request) -> Principal:
        return self._web.caller


class Web:
    """An application whose caller is whoever the test says."""

    def __init__(self, kept: Kept, clock: ManualClock) -> None:
        self.caller = STAFF
        self.waited: list[Mapping[tuple[str, int], int]] = []
        self.reading = Reading(SHARING, Serving(SHARING), kept.feeds, BUCKETS, UTC)
        self.followers = Followers()
        self.app = create_app(
            "datasync", self._ready, security=Caller(self), registry=CollectorRegistry()
        )
        self.app.include_router(http.router(self.reading, self.followers, clock, self._wait))
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://datasync"
        )

    async def _ready(self) -> dict[str, bool]:
        return {}

    async def _wait(self, positions: Mapping[tuple[str, int], int]) -> None:
        self.waited.append(positions)

    async def get(self, path: str, caller: Principal, **query: Any) -> httpx.Response:
        self.caller = caller
        return await self.client.get(f"/v1{path}", params=query)

    async def json(self, path: str, caller: Principal, **query: Any) -> Any:
        response = await self.get(path, caller, **query)
        assert response.status_code == 200, response.text
        return response.json()

    async def pulled(self, subscription: str, limit: int = 3) -> list[dict[str, Any]]:
        """The whole feed, page by page."""
        entries: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await self.json(f"/feeds/{subscription}", STAFF, cursor=cursor, limit=limit)
            documents.FeedPage.model_validate(page)
            if not page["more"]:
                assert page["entries"] == []
                return entries
            entries += page["entries"]
            cursor = page["cursor"]


def loops(*tickets: str) -> Topic:
    topic = Topic()
    for number, ticket in enumerate(tickets):
        lead = ("DOT", "DPR")[number % 2]
        for message in (received(), accepted(), dispatched(lead), replied(lead)):
            topic.say(ticket, message)
    return topic


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"]


def beginning() -> dict[int, int]:
    """Nothing read yet, in any bucket."""
    return dict.fromkeys(ALL_BUCKETS, 0)
