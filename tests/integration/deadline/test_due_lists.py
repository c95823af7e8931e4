"""What people see of due clocks over HTTP: lists, hours and the feed (R21), on both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from services.kernel.clock import ManualClock
from services.kernel.decider import replace
from services.kernel.identity import Principal
from tests.integration.deadline.city import City
from tests.integration.deadline.stores import Kept
from tests.integration.deadline.web import STAFF, Web, unit
from tests.support.loops import memory_loop, real_loop
from tests.unit.deadline.clock_facts import Log, started
from tests.unit.deadline.tickets import cn

NOW = cn(3, 11, 10, 20)  # a Wednesday
TWO_WEEKS = timedelta(days=14)
INSTANT = timedelta(microseconds=1)
LAST_HOUR = cn(3, 25, 9)  # of the two weeks that began with this hour, at ten
DUE = {  # unit, '' for the desk → ticket → when its clock is due
    "U1": {
        "A1": NOW - timedelta(days=3),
        "A2": NOW,
        "A3": NOW + INSTANT,
        "A4": cn(3, 12),
        "A5": cn(3, 12) + INSTANT,
        "A6": cn(3, 16),
        "A7": cn(3, 16) + INSTANT,
    },
    "U2": {
        "B1": cn(3, 11, 10) - INSTANT,
        "B2": cn(3, 11, 10),
        "B3": cn(3, 13, 9, 30),
        "B4": cn(3, 13, 9, 59),
        "B5": LAST_HOUR + timedelta(hours=1) - INSTANT,
        "B6": LAST_HOUR + timedelta(hours=1),
        "B7": NOW + TWO_WEEKS - INSTANT,
        "B8": NOW + TWO_WEEKS,
    },
    "": {
        "D1": NOW - timedelta(minutes=30),
        "D2": cn(3, 11, 18),
        "D3": cn(3, 15, 12),
        "D4": LAST_HOUR,
        "D5": LAST_HOUR + timedelta(hours=1),
    },
}


@pytest.fixture(params=["twin", "real"])
async def web(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Web]:
    if request.param == "twin":
        async with memory_loop(namespace) as twin:
            made = await _on_wednesday(Web(await City.of(twin)))
            yield made
            await made.client.aclose()
    else:
        async with real_loop(request.getfixturevalue("stack"), namespace) as real:
            made = await _on_wednesday(Web(await City.of(real)))
            yield made
            await made.client.aclose()


async def _on_wednesday(web: Web) -> Web:
    """With the clocks of DUE, asked at NOW."""
    await web.serve()
    log = Log()
    for whose, tickets in DUE.items():
        for ticket, due_at in tickets.items():
            log.say(ticket, replace(started("resolve", unit=whose), due_at=due_at))
    await Kept(web.runtime.store, web.city.clocks).read(log.facts)
    web.runtime.clock = ManualClock(NOW)
    return web


async def test_r21_people_see_what_is_due_of_a_unit_of_the_desk_and_of_all(web: Web) -> None:
    """One start for all of it."""
    await lists_of_a_unit_of_the_desk_and_of_all(web)
    await hours_end_with_the_last_of_the_two_weeks(web)
    await a_feed_has_what_is_overdue_and_two_weeks(web)


async def lists(web: Web, who: Principal, query: str = "") -> dict[str, list[str]]:
    """The tickets in each."""
    found = (await web.get(who, f"/v1/due/lists{query}")).json()
    del found["extensions"]
    return {name: [row["ticket"] for row in rows] for name, rows in found.items()}


async def lists_of_a_unit_of_the_desk_and_of_all(web: Web) -> None:
    of_u1 = {"overdue": ["A1", "A2"], "today": ["A3", "A4"], "this_week": ["A5", "A6"]}
    assert await lists(web, unit("U1")) == of_u1
    assert await lists(web, STAFF, "?unit=U1") == of_u1
    of_desk = {"overdue": ["D1"], "today": ["D2"], "this_week": ["D3"]}
    assert await lists(web, STAFF, "?desk=true") == of_desk
    assert await lists(web, STAFF) == {
        "overdue": ["A1", "D1", "B1", "B2", "A2"],
        "today": ["A3", "D2", "A4"],
        "this_week": ["A5", "B3", "B4", "D3", "A6"],
    }
    assert await lists(web, unit("U3")) == {"overdue": [], "today": [], "this_week": []}
    row = (await web.get(STAFF, "/v1/due/lists?desk=true")).json()["overdue"][0]
    assert (row["clock"], row["unit"], row["state"]) == ("resolve", "", "running")
    assert datetime.fromisoformat(row["due_at"]) == DUE[""]["D1"]


async def hours(web: Web, who: Principal, query: str = "") -> list[tuple[datetime, int]]:
    found = (await web.get(who, f"/v1/due/hours{query}")).json()
    return [(datetime.fromisoformat(hour["hour"]), hour["clocks"]) for hour in found]


async def hours_end_with_the_last_of_the_two_weeks(web: Web) -> None:
    """From the hour that runs: its first instant is counted, the one before it is not."""
    of_u2 = [(cn(3, 11, 10), 1), (cn(3, 13, 9), 2), (LAST_HOUR, 1)]
    assert await hours(web, unit("U2")) == of_u2
    assert await hours(web, STAFF, "?unit=U2") == of_u2
    assert await hours(web, STAFF, "?desk=true") == [
        (cn(3, 11, 18), 1),
        (cn(3, 15, 12), 1),
        (LAST_HOUR, 1),
    ]
    of_all = dict(await hours(web, STAFF))
    assert (of_all[cn(3, 11, 10)], max(of_all), of_all[LAST_HOUR]) == (3, LAST_HOUR, 2)


async def a_feed_has_what_is_overdue_and_two_weeks(web: Web) -> None:
    for query, tickets in (("unit=U2", "B1 B2 B3 B4 B5 B6 B7"), ("desk=true", "D1 D2 D3 D4 D5")):
        text = (await web.get(STAFF, f"/v1/due/calendar.ics?{query}")).text
        uids = [line for line in text.splitlines() if line.startswith("UID:")]
        assert uids == [f"UID:{ticket}/resolve/1@hotline" for ticket in tickets.split()]
        assert text.count("overdue") == {"unit=U2": 2, "desk=true": 1}[query]
