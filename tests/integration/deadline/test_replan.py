"""A changed calendar over HTTP, on the real broker and store and on the twins (R27)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.due_lines import City as Rules
from services.deadline.adapters.http import app
from services.deadline.adapters.replanner import ATTEMPTS
from services.deadline.domain.care_events import TicketUrged
from services.deadline.domain.rulebook import always
from services.deadline.service import service
from services.kernel.facts import Append, Outcome
from services.kernel.identity import Principal, Role
from services.kernel.store import Store
from tests.integration.deadline.city import City, now, published, week_off
from tests.integration.deadline.web import STAFF, Caller
from tests.support.loops import Loop, wait_until
from tests.unit.deadline.clock_facts import CODEC
from tests.unit.deadline.tickets import CITIES, accepted, dispatched

OPERATOR = Principal("ops", frozenset({Role.OPERATOR}))
TICKETS = [f"R{n:03}" for n in range(12)]


class Office:
    """Deadline started again by a calendar that has changed, with clocks of before."""

    def __init__(self, loop: Loop) -> None:
        policy, calendar = CITIES["sample"]
        self.later = calendar.with_notice(week_off(), notice="N1")
        self.loop, self.caller, self.keys = loop, Caller(), 0
        self.rules = Rules(policy, self.later)

    async def start(self) -> None:
        city = await City.of(self.loop)
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
        rulebook = always(self.rules.policy, self.later)
        made = service(rulebook, CODEC, ClocksView(CODEC, city.clocks))
        self.runtime = await self.loop.run(made)
        known = published(self.runtime)
        found = app(self.runtime, city.clocks, self.caller, lambda _: self.rules, known)
        transport = httpx.ASGITransport(found)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://deadline")

    async def replan(self, who: Principal = OPERATOR) -> httpx.Response:
        """Under a key of its own."""
        self.caller.who = who
        self.keys += 1
        headers = {"Idempotency-Key": f"n{self.keys}"}
        return await self.client.post("/v1/calendar/replan", headers=headers)


@pytest.fixture
async def office(loop: Loop) -> AsyncIterator[Office]:
    made = Office(loop)
    await made.start()
    yield made
    await made.client.aclose()


async def test_r27_a_notice_moves_open_clocks_lists_them_and_may_be_repeated(
    office: Office,
) -> None:
    assert (await office.replan(STAFF)).status_code == 403
    found = (await office.replan()).json()
    assert (found["tickets"], found["failed"]) == (len(TICKETS), 0)
    assert found["calendar"] == f"cn@{office.later.version}"
    assert {clock["clock"] for clock in found["clocks"]} >= {"resolve"}
    assert "promise" not in {clock["clock"] for clock in found["clocks"]}
    assert found["moved"] == len(found["clocks"])
    again = (await office.replan()).json()
    assert (again["moved"], again["failed"]) == (0, 0)


async def test_r27_what_moved_is_counted_over_all_pages_and_listed_up_to_a_bound(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.deadline.adapters.replanning.PAGE", 5)
    monkeypatch.setattr("services.deadline.adapters.replanning.MOST_LISTED", 7)
    found = (await office.replan()).json()
    assert (found["tickets"], found["failed"], len(found["clocks"])) == (len(TICKETS), 0, 7)
    kinds = {clock["clock"] for clock in found["clocks"]}
    assert found["moved"] == len(TICKETS) * len(kinds)


class Restless:
    """A store in which one ticket goes on each time before others are written."""

    def __init__(self, store: Store, ticket: str) -> None:
        self._store, self._ticket = store, ticket
        self.times = ATTEMPTS

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, batch: Sequence[Append]) -> list[Outcome]:
        if self.times:
            self.times -= 1
            [its] = [one for one in batch if one.stream == self._ticket]
            urged = CODEC.encode(TicketUrged(now(), 1, "U1", False, "winter", "ann"), b"{}")
            await self._store.append([replace(its, facts=[urged])])
        return await self._store.append(batch)


async def test_r27_a_ticket_that_went_on_at_each_attempt_is_told_as_failed_and_moves_next_time(
    office: Office,
) -> None:
    store = Restless(office.runtime.store, TICKETS[3])
    office.runtime.store = store
    found = (await office.replan()).json()
    assert (found["tickets"], found["failed"], store.times) == (len(TICKETS), 1, 0)
    assert {clock["ticket"] for clock in found["clocks"]} == set(TICKETS) - {TICKETS[3]}
    again = (await office.replan()).json()
    assert {clock["ticket"] for clock in again["clocks"]} == {TICKETS[3]}
    assert (again["failed"], found["moved"]) == (0, again["moved"] * (len(TICKETS) - 1))
