"""Whose time it was, over HTTP (R33), on the real broker and store and on the twins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.domain.shares import working_time
from services.kernel.identity import Principal, Role
from services.kernel.names import bucket_of
from tests.integration.deadline.city import City, now
from tests.integration.deadline.web import CITIZEN, STAFF, Web, unit
from tests.support.loops import BUCKETS, memory_loop, real_loop, wait_until
from tests.unit.deadline.tickets import CITIES, accepted, dispatched

DAY = timedelta(days=1)
ANALYST = Principal("analyst", frozenset({Role.ANALYST}))


@pytest.fixture(params=["twin", "real"])
async def web(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Web]:
    loop = (
        memory_loop(namespace)
        if request.param == "twin"
        else real_loop(request.getfixturevalue("stack"), namespace)
    )
    async with loop as place:
        made = Web(await City.of(place))
        await made.serve()
        yield made
        await made.client.aclose()


async def test_r33_the_parts_sum_to_the_whole_and_a_refused_return_stays_with_its_unit(
    web: Web,
) -> None:
    city, start = web.city, now() - 60 * DAY
    await city.say("T001", accepted(), start)
    await city.say("T001", dispatched("U1"), start + 7 * DAY)
    await city.say("T001", dispatch.ReturnRequested(unit="U1", number=1), start + 8 * DAY)
    await city.say("T001", dispatch.ReturnRefused(unit="U1"), start + 14 * DAY)
    await city.say("T001", dispatch.ReturnRequested(unit="U1", number=2), start + 21 * DAY)
    await city.say("T001", dispatch.ReturnGranted(unit="U1"), start + 28 * DAY)
    await city.say("T001", dispatched("U2", 2), start + 28 * DAY)
    await city.say("T001", dispatch.TicketReplied(unit="U2"), start + 42 * DAY)
    await city.say("T001", dispatch.TicketCompleted(unit="U2"), start + 49 * DAY)

    async def is_there() -> bool:
        moments = await city.clocks.moments(bucket_of("T001", BUCKETS), "T001", 100)
        return len(moments) == 9

    await wait_until(is_there, what="the last moment")
    found = (await web.get(STAFF, "/v1/tickets/T001/time")).json()
    parts = {share["who"]: timedelta(seconds=share["working_s"]) for share in found["shares"]}
    _, calendar = CITIES["sample"]

    def worked(first: int, last: int) -> timedelta:
        return working_time(start + first * DAY, start + last * DAY, calendar)

    assert parts == {
        "U1": worked(7, 21), "U2": worked(28, 42), "hotline": worked(0, 7) + worked(21, 28)
        + worked(42, 49),
    }  # fmt: skip
    assert sum(parts.values(), timedelta()) == worked(0, 49)
    assert found["working_s"] == worked(0, 49).total_seconds()
    await each_sees_what_is_its_own(web, parts)


async def each_sees_what_is_its_own(web: Web, parts: dict[str, timedelta]) -> None:
    path = "/v1/tickets/T001/time"
    assert (await web.get(ANALYST, path)).status_code == 200
    mine = (await web.get(unit("U1"), path)).json()
    assert mine["shares"] == [{"who": "U1", "working_s": parts["U1"].total_seconds()}]
    assert (await web.get(unit("U3"), path)).status_code == 404
    assert (await web.get(unit("hotline"), path)).status_code == 404
    assert (await web.get(CITIZEN, path)).status_code == 403
    assert (await web.get(STAFF, "/v1/tickets/T009/time")).status_code == 404
