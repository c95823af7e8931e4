"""How many requests may be under way, of all and of one caller, and what the next is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from hotline.dev.ports import LOCALHOST, free_port
from services.kernel import http_protocol, in_flight
from services.kernel.http import create_app
from services.kernel.http_protocol import BoundedHttp
from services.kernel.in_flight import (
    MOST,
    MOST_OF_CALLER,
    REFUSED_PER_S,
    RETRY_AFTER_S,
    InFlight,
)
from services.kernel.probes import PROBES
from services.kernel.security import Security
from tests.support.virtual import run_virtual


def test_one_caller_leaves_room_for_others() -> None:
    found = InFlight()
    assert not any(found.enter(b"one") for _ in range(MOST_OF_CALLER))
    refusal = found.enter(b"one")
    assert refusal is not None
    assert (refusal.status_code, refusal.type) == (429, "/problems/too-many-requests")
    assert refusal.headers == {"Retry-After": "1"}
    assert found.enter(b"two") is None
    found.leave(b"one")
    assert found.enter(b"one") is None


def test_all_together_are_bounded_and_nobody_is_remembered() -> None:
    found = InFlight()
    callers = [str(number).encode() for number in range(MOST)]
    assert not any(map(found.enter, callers))
    refusal = found.enter(b"another")
    assert refusal is not None
    assert (refusal.status_code, refusal.headers) == (503, {"Retry-After": "1"})
    for caller in callers:
        found.leave(caller)
    assert (found.total, len(found._of)) == (0, 0)


def test_no_more_refusals_are_given_in_a_second_than_leave_time_for_those_who_are_in() -> None:
    given = run_virtual(_given(2 * REFUSED_PER_S))
    assert (given[0], given[-1]) == (RETRY_AFTER_S, 2.0)
    assert given == sorted(given)
    assert sum(at > RETRY_AFTER_S for at in given) == REFUSED_PER_S


async def _given(count: int) -> list[float]:
    """When each of so many refusals at once is given."""
    found, now = InFlight(), asyncio.get_running_loop().time
    began = now()

    async def one() -> float:
        await found.hold_back()
        return now() - began

    given = await asyncio.gather(*(one() for _ in range(count)))
    assert found._held == 0
    return given


async def test_a_caller_with_too_many_under_way_is_told_by_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(in_flight, "MOST_OF_CALLER", 1)
    arrived, held = asyncio.Event(), asyncio.Event()
    app = create_app("x", _ready, security=Security(None, None), registry=CollectorRegistry())

    @app.get("/v1/held")
    async def wait() -> str:
        arrived.set()
        await held.wait()
        return "done"

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as web:
        mine, other = ({"Authorization": f"Bearer {name}"} for name in ("mine", "other"))
        first = asyncio.create_task(web.get("/v1/held", headers=mine))
        await arrived.wait()
        second = await held_back(web.get("/v1/held", headers=mine))
        assert (second.status_code, second.headers["retry-after"]) == (429, "1")
        another = asyncio.create_task(web.get("/v1/held", headers=other))
        await asyncio.sleep(0.01)
        held.set()
        assert [(await task).status_code for task in (first, another)] == [200, 200]


async def test_beyond_the_limit_of_connections_the_next_is_told_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_protocol, "MOST_CONNECTIONS", 3)
    kept = httpx.AsyncClient(limits=httpx.Limits(keepalive_expiry=60))
    async with _serving() as url, kept as one_of_three, httpx.AsyncClient() as next_:
        assert (await one_of_three.get(f"{url}/v1/x")).status_code == 404
        port = httpx.URL(url).port
        idle = [await asyncio.open_connection(LOCALHOST, port) for _ in range(2)]
        answer = await held_back(next_.get(f"{url}/v1/x"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["connection"] == "close"
        refused = float(await _figure(one_of_three, url, "hotline_http_requests_refused_total"))
        assert refused == 1
        reader, third = idle[-1]
        third.write(b"GET /v1/x HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 404"), "it was in before"
        for _, writer in idle:
            writer.close()


async def test_who_asks_whether_it_lives_is_answered_however_many_are_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_protocol, "MOST_CONNECTIONS", 1)
    monkeypatch.setattr(in_flight, "MOST", 0)
    async with _serving() as url:
        _, writer = await asyncio.open_connection(LOCALHOST, httpx.URL(url).port)
        async with httpx.AsyncClient() as client:
            answers = [await client.get(f"{url}{path}") for path in sorted(PROBES)]
        assert [(a.status_code, a.headers["connection"]) for a in answers] == [(200, "close")] * 3
        writer.close()


async def test_whoever_asks_while_a_check_is_under_way_shares_the_next() -> None:
    asked, held = 0, asyncio.Event()

    async def ready() -> dict[str, bool]:
        nonlocal asked
        asked += 1
        await held.wait()
        return {"up": asked < 3}

    app = create_app("x", ready, security=Security(None, None), registry=CollectorRegistry())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as web:
        probes = [asyncio.create_task(web.get("/readyz")) for _ in range(600)]
        while not asked:
            await asyncio.sleep(0.01)
        probes += [asyncio.create_task(web.get("/readyz")) for _ in range(600)]
        await asyncio.sleep(0.1)
        held.set()
        assert {(await probe).status_code for probe in probes} == {200}
    assert asked == 2


async def _figure(client: httpx.AsyncClient, url: str, name: str) -> str:
    lines = (await client.get(f"{url}/metrics")).text.splitlines()
    return next(line.split()[-1] for line in lines if line.startswith(f"{name} "))


@asynccontextmanager
async def _serving() -> AsyncIterator[str]:
    app = create_app("x", _ready, security=Security(None, None), registry=CollectorRegistry())
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            app, LOCALHOST, port, http=BoundedHttp, log_config=None, timeout_keep_alive=60
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://{LOCALHOST}:{port}"
    finally:
        server.should_exit = True
        await serving


async def held_back(asked: Coroutine[None, None, httpx.Response]) -> httpx.Response:
    """The answer, which does not come at once."""
    answer = asyncio.create_task(asked)
    _, waiting = await asyncio.wait([answer], timeout=RETRY_AFTER_S / 4)
    assert waiting
    return await answer


async def _ready() -> dict[str, bool]:
    return {"up": True}
