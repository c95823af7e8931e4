"""Clocks over HTTP, on the real broker and store and on the twins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from starlette.requests import Request

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters.http import app
from services.kernel.identity import Principal, Role
from services.kernel.names import bucket_of
from services.kernel.security import Security, undeclared_routes
from tests.integration.deadline.city import HOUR, City, now
from tests.support.loops import BUCKETS, memory_loop, real_loop, wait_until
from tests.unit.deadline.tickets import dispatched

STAFF = Principal("clerk", frozenset({Role.STAFF}))
CITIZEN = Principal("citizen", frozenset({Role.CITIZEN}), ticket="T001")


def unit(name: str) -> Principal:
    return Principal(name.lower(), frozenset({Role.UNIT}), unit=name)


class Caller(Security):
    """Proves that the caller is whoever the test says."""

    def __init__(self) -> None:
        super().__init__(None, None)
        self.who = STAFF

    async def principal(self, request: Request) -> Principal:
        return self.who


class Web:
    """Deadline's application over a ticket that U1 returned and U2 has now."""

    def __init__(self, city: City) -> None:
        self.city, self.caller = city, Caller()
        self.returned_at = now() - timedelta(minutes=30)

    async def start(self) -> None:
        runtime = await self.city.run()
        self.app = app(runtime, self.city.clocks, self.caller)
        transport = httpx.ASGITransport(self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://deadline")
        city, returned = self.city, self.returned_at
        await city.say("T001", dispatched("U1"), returned - HOUR)
        await city.say("T001", dispatch.ReturnRequested(unit="U1", number=1), returned)
        await city.say("T001", dispatch.ReturnGranted(unit="U1"), returned)
        await city.say("T001", dispatched("U2", 2), returned)
        await wait_until(self._has_rows, what="the rows of the second unit")

    async def _has_rows(self) -> bool:
        rows = await self.city.clocks.of_ticket(bucket_of("T001", BUCKETS), "T001")
        return len(rows) == 8

    async def get(self, who: Principal, path: str, **headers: str) -> httpx.Response:
        self.caller.who = who
        return await self.client.get(path, headers=headers)


@pytest.fixture(params=["twin", "real"])
async def web(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Web]:
    if request.param == "twin":
        async with memory_loop(namespace) as twin:
            made = Web(await City.of(twin))
            await made.start()
            yield made
            await made.client.aclose()
    else:
        async with real_loop(request.getfixturevalue("stack"), namespace) as real:
            made = Web(await City.of(real))
            await made.start()
            yield made
            await made.client.aclose()


async def test_clocks_over_http(web: Web) -> None:
    """One process for all of it, as a start is dear."""
    await staff_read_every_run(web)
    await a_unit_reads_its_own_runs_only(web)
    await what_is_due_comes_in_order_and_within_the_hours(web)
    await a_unit_is_told_its_own_due_clocks_only(web)
    await who_may_not_read_is_refused(web)
    await a_position_that_was_not_applied_is_waited_for_and_then_refused(web)


async def staff_read_every_run(web: Web) -> None:
    answer = await web.get(STAFF, "/v1/tickets/T001/clocks")
    assert answer.status_code == 200, answer.text
    rows = answer.json()
    states = {(r["clock"], r["run"], r["unit"]): r["state"] for r in rows}
    assert states["confirm", 1, "U1"] == states["return", 1, "U1"] == "stopped"
    assert states["confirm", 2, "U2"] == states["return", 2, "U2"] == "running"
    confirm = next(r for r in rows if (r["clock"], r["run"]) == ("confirm", 2))
    due_at = web.returned_at + 2 * HOUR
    assert confirm == {
        "ticket": "T001",
        "clock": "confirm",
        "run": 2,
        "unit": "U2",
        "state": "running",
        "started_at": web.returned_at.isoformat().replace("+00:00", "Z"),
        "due_at": due_at.isoformat().replace("+00:00", "Z"),
        "missed": False,
    }


async def a_unit_reads_its_own_runs_only(web: Web) -> None:
    rows = (await web.get(unit("U2"), "/v1/tickets/T001/clocks")).json()
    assert {(r["unit"], r["run"]) for r in rows} == {("U2", 2)}
    other = await web.get(unit("U3"), "/v1/tickets/T001/clocks")
    unknown = await web.get(unit("U3"), "/v1/tickets/T009/clocks")
    assert other.status_code == unknown.status_code == 404
    assert other.json()["type"] == unknown.json()["type"]


async def what_is_due_comes_in_order_and_within_the_hours(web: Web) -> None:
    rows = (await web.get(STAFF, "/v1/due?within_h=500")).json()
    assert [r["clock"] for r in rows] == ["confirm", "return", "contact", "resolve"]
    assert (await web.get(STAFF, "/v1/due?within_h=500&limit=2")).json() == rows[:2]
    soon = (await web.get(STAFF, "/v1/due?within_h=2")).json()
    assert "confirm" in [r["clock"] for r in soon]
    assert "resolve" not in [r["clock"] for r in soon]
    assert (await web.get(STAFF, "/v1/due?within_h=500&unit=U1")).json() == []


async def a_unit_is_told_its_own_due_clocks_only(web: Web) -> None:
    mine = (await web.get(unit("U2"), "/v1/due?within_h=500")).json()
    assert len(mine) == 4
    assert (await web.get(unit("U1"), "/v1/due?within_h=500")).json() == []
    assert (await web.get(unit("U1"), "/v1/due?unit=U2")).status_code == 403


async def who_may_not_read_is_refused(web: Web) -> None:
    for path in ("/v1/tickets/T001/clocks", "/v1/due"):
        assert (await web.get(CITIZEN, path)).status_code == 403
    assert undeclared_routes(web.app) == []
    assert (await web.get(STAFF, "/v1/due?within_h=-1")).status_code == 400
    assert (await web.get(STAFF, "/v1/due?unit=%00")).status_code == 400


async def a_position_that_was_not_applied_is_waited_for_and_then_refused(web: Web) -> None:
    bucket = bucket_of("T001", BUCKETS)
    after = {"Hotline-After": f"dispatch/{bucket}/4"}
    assert (await web.get(STAFF, "/v1/tickets/T001/clocks", **after)).status_code == 200
    after = {"Hotline-After": f"dispatch/{bucket}/5"}
    assert (await web.get(STAFF, "/v1/tickets/T001/clocks", **after)).status_code == 503
