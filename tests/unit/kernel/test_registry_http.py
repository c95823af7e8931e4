"""Registries over HTTP: who may publish, what is refused, what a repeat gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from services.kernel.clock import ManualClock
from services.kernel.http import create_app
from services.kernel.identity import Principal, Role
from services.kernel.registry import Kind, NewEntry, Registry
from services.kernel.registry_http import registry_router
from services.kernel.registry_memory import MemoryRegistry
from tests.support.apps import NOW, STAFF, Callers, calling, problem

ANN = Principal("ann", frozenset({Role.ADMINISTRATOR}))


def most(document: Any) -> int:
    if not isinstance(document.get("most"), int):
        raise ValueError("most must be a whole number")
    return int(document["most"])


class Town:
    """One service's registry, and whoever calls it."""

    def __init__(self) -> None:
        self.clock, self.callers = ManualClock(NOW), Callers(ANN)
        kinds = {"limits": Kind(3, most, {"most": 3}), "calendar/cn": Kind(0, most)}
        self.entries = MemoryRegistry(self.clock.now)
        self.registry = Registry(self.entries, self.clock, kinds)
        self.app = create_app(
            "desk", self._ready, security=self.callers, registry=CollectorRegistry()
        )
        self.app.include_router(registry_router(self.registry, self.clock))

    async def _ready(self) -> dict[str, bool]:
        return {}


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
async def web(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(town.app) as client:
        yield client


async def publish(
    web: httpx.AsyncClient, document: Any, key: str = "k1", name: str = "limits", **headers: str
) -> httpx.Response:
    body = {"document": document, "source": "国办发〔2025〕1号"}
    named = {"Idempotency-Key": key, **headers}
    return await web.post(f"/v1/registry/{name}", json=body, headers=named)


async def test_an_administrator_publishes_and_everybody_of_the_hotline_sees(
    town: Town, web: httpx.AsyncClient
) -> None:
    made = await publish(web, {"most": 5})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.json() == {
        "name": "limits", "version": 1, "source": "国办发〔2025〕1号", "by": "ann",
        "at": "2026-03-02T09:00:00Z", "effective_at": "2026-03-02T09:00:05Z",
    }  # fmt: skip
    town.callers.caller = STAFF
    listed = {"name": "limits", "version": 0, "newest": 1}
    assert listed in (await web.get("/v1/registry")).json()
    town.clock.advance(seconds=5)
    assert {**listed, "version": 1} in (await web.get("/v1/registry")).json()
    versions = (await web.get("/v1/registry/limits")).json()
    assert [(v["version"], v["document"]) for v in versions] == [(1, {"most": 5}), (0, {"most": 3})]
    assert (await web.get("/v1/registry/calendar/cn")).json() == []


async def test_nobody_else_publishes(town: Town, web: httpx.AsyncClient) -> None:
    for role in set(Role) - {Role.ADMINISTRATOR}:
        town.callers.caller = Principal("other", frozenset({role}), unit="DPR")
        assert problem(await publish(web, {"most": 5}))[0] == 403
    assert town.registry.entries("limits") == []


async def test_what_cannot_be_taken_is_said_in_words_and_nothing_is_written(
    town: Town, web: httpx.AsyncClient
) -> None:
    refused = await publish(web, {"most": "many"})
    assert problem(refused) == (422, "unfit-document")
    assert refused.json()["detail"] == "most must be a whole number"
    assert problem(await publish(web, {}, name="limitz")) == (404, "unknown-registry")
    assert problem(await web.get("/v1/registry/limitz")) == (404, "unknown-registry")
    assert problem(await publish(web, [1]))[0] == 422
    body = {"document": {"most": 5}, "source": "a\x07"}
    spoiled = await web.post("/v1/registry/limits", json=body, headers={"Idempotency-Key": "k"})
    assert problem(spoiled) == (422, "invalid-request")
    early = {**body, "source": "x", "effective_at": (NOW + timedelta(seconds=1)).isoformat()}
    late = await web.post("/v1/registry/limits", json=early, headers={"Idempotency-Key": "k"})
    assert problem(late) == (422, "unfit-document")
    assert town.registry.entries("limits") == []


async def test_a_repeat_is_one_version_and_a_stale_if_match_none(
    town: Town, web: httpx.AsyncClient
) -> None:
    first, again = [await publish(web, {"most": 5}) for _ in range(2)]
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert problem(await publish(web, {"most": 6})) == (422, "command-id-reused")
    stale = await publish(web, {"most": 6}, "k2", **{"If-Match": '"0"'})
    assert problem(stale) == (412, "version-mismatch")
    fresh = await publish(web, {"most": 6}, "k2", **{"If-Match": '"1"'})
    assert fresh.headers["etag"] == '"2"'
    assert [e.version for e in town.registry.entries("limits")] == [2, 1]


async def test_behind_a_version_that_this_release_cannot_read_the_next_is_published(
    town: Town, web: httpx.AsyncClient
) -> None:
    await town.entries.add(NewEntry("limits", 1, NOW, "N", b'{"least": 1}', NOW, "ann", "ann/k0"))
    await town.registry.refresh()
    listed = {each["name"]: each for each in (await web.get("/v1/registry")).json()}
    assert (listed["limits"]["version"], listed["limits"]["newest"]) == (0, 1)
    made = await publish(web, {"most": 5}, **{"If-Match": '"1"'})
    assert (made.status_code, made.headers["etag"]) == (201, '"2"')
