"""A changed calendar over HTTP, on the real broker and store and on the twins (R27)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.due_lines import City as Rules
from services.deadline.adapters.http import app
from services.deadline.domain.rulebook import always
from services.deadline.service import service
from services.kernel.identity import Principal, Role
from tests.integration.deadline.city import City, now, published, week_off
from tests.integration.deadline.web import STAFF, Caller
from tests.support.loops import Loop, memory_loop, real_loop, wait_until
from tests.unit.deadline.clock_facts import CODEC
from tests.unit.deadline.tickets import CITIES, accepted, dispatched

OPERATOR = Principal("ops", frozenset({Role.OPERATOR}))
TICKETS = [f"R{n:03}" for n in range(12)]


@pytest.fixture(params=["twin", "real"])
async def loop(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Loop]:
    if request.param == "twin":
        async with memory_loop(namespace) as twin:
            yield twin
    else:
        async with real_loop(request.getfixturevalue("stack"), namespace) as real:
            yield real


async def test_r27_a_notice_moves_open_clocks_lists_them_and_may_be_repeated(loop: Loop) -> None:
    city, (policy, calendar) = await City.of(loop), CITIES["sample"]
    old = await city.run()
    for ticket in TICKETS:
        await city.say(ticket, accepted(), now())
        await city.say(ticket, dispatched("U1"), now())

    async def started() -> bool:
        return len(await city.clocks.due(None, now() + timedelta(days=99), 1000)) == 5 * len(
            TICKETS
        )

    await wait_until(started, what="every clock")
    await old.stop()
    later = calendar.with_notice(week_off(), notice="N1")
    rules = Rules(policy, later)
    runtime = await loop.run(service(always(policy, later), CODEC, ClocksView(CODEC, city.clocks)))
    caller = Caller()
    made = app(runtime, city.clocks, caller, lambda _: rules, published(runtime))
    transport = httpx.ASGITransport(made)
    async with httpx.AsyncClient(transport=transport, base_url="http://deadline") as client:
        headers = {"Idempotency-Key": "n1"}
        caller.who = STAFF
        refused = await client.post("/v1/calendar/replan", headers=headers)
        assert refused.status_code == 403
        caller.who = OPERATOR
        found = (await client.post("/v1/calendar/replan", headers=headers)).json()
        assert (found["tickets"], found["failed"]) == (len(TICKETS), 0)
        assert found["calendar"] == f"cn@{later.version}"
        assert {clock["clock"] for clock in found["clocks"]} >= {"resolve"}
        assert "promise" not in {clock["clock"] for clock in found["clocks"]}
        assert found["moved"] == len(found["clocks"])
        again = (await client.post("/v1/calendar/replan", headers={"Idempotency-Key": "n2"})).json()
        assert (again["moved"], again["failed"]) == (0, 0)
