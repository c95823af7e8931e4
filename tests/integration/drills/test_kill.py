"""kill -9, SIGSTOP, SIGTERM: a whole city under load, and all that was acknowledged is there.

The short forms run by `make test`; HOTLINE_DRILLS=long (`make drills`) takes the full numbers.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hotline.dev.stack import StackInfo
from hotline.programs import SERVICES
from tests.support.drills import DrillCity, drill_city

LONG = os.environ.get("HOTLINE_DRILLS") == "long"
KILLS = 20 if LONG else 2
SERVING_WITHIN_S = 10.0
MATTER = {
    "channel": "web",
    "kind": "complaint",
    "category": "NYPD/Noise - Residential",
    "area": "BRONX",
    "title": "Loud music",
}


@pytest.fixture
async def city(stack: StackInfo, namespace: str, tmp_path: Path) -> AsyncIterator[DrillCity]:
    async with drill_city(stack, namespace, tmp_path) as made:
        yield made


@pytest.mark.timeout(3_600)
async def test_kill_9_of_every_service_under_load_loses_and_doubles_nothing(
    city: DrillCity,
) -> None:
    """Every loop closes in spite of it, each fact once; each is serving again within 10 s."""
    seed = random.Random(7)
    order = [name for name in SERVICES for _ in range(KILLS)]
    seed.shuffle(order)
    slowest = 0.0
    async with city.load(in_flight=20):
        await asyncio.sleep(2.0)
        for name in order:
            await asyncio.sleep(seed.uniform(0.1, 1.0))
            await city.running.kill(name, signal.SIGKILL)
            began = time.monotonic()
            await city.running.restart(name)
            slowest = max(slowest, time.monotonic() - began)
    assert city.loops.closed > len(order)
    assert slowest < SERVING_WITHIN_S
    await city.sound()


RATE = 100
RESTART_S = 60.0 if LONG else 1.0


class Clients:
    """They post matters and retry on a refused connection and 503 only, under the same key."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.accepted: set[str] = set()
        self.failures: list[str] = []
        self._posting: set[asyncio.Task[None]] = set()

    async def run(self, rate: int) -> None:
        """Until cancelled: open loop, however slow the answers are."""
        number, began = 0, time.monotonic()
        while True:
            task = asyncio.create_task(self._post(f"m{number}"))
            self._posting.add(task)
            task.add_done_callback(self._posting.discard)
            number += 1
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))

    async def done(self) -> None:
        await asyncio.gather(*self._posting)

    async def _post(self, key: str) -> None:
        give_up = time.monotonic() + 30.0
        while True:
            try:
                answer = await self._http.post(
                    "/v1/tickets", json=MATTER, headers={"Idempotency-Key": key}
                )
            except httpx.ConnectError:
                pass
            except httpx.HTTPError as error:
                self.failures.append(f"{key}: {error!r}")
                return
            else:
                if answer.status_code == 201:
                    self.accepted.add(answer.json()["ticket"])
                    return
                if answer.status_code != 503:
                    self.failures.append(f"{key}: {answer.status_code} {answer.text[:200]}")
                    return
            if time.monotonic() > give_up:
                self.failures.append(f"{key}: nobody answered for 30 s")
                return
            await asyncio.sleep(0.1)


@pytest.mark.timeout(600)
async def test_a_rolling_restart_of_all_services_loses_no_request(city: DrillCity) -> None:
    """SIGTERM: no new work, the begun is committed and answered, then it leaves the group."""
    async with city.client("intake", name="web") as http:
        clients = Clients(http)
        working = asyncio.create_task(clients.run(RATE))
        try:
            await asyncio.sleep(1.0)
            for name in SERVICES:
                await city.running.kill(name, signal.SIGTERM)
                await city.running.restart(name)
                await asyncio.sleep(RESTART_S)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        await clients.done()
    assert clients.failures == []
    assert len(clients.accepted) > RATE
    received = {f.ticket for f in await city.facts() if f.type.endswith("TicketReceived")}
    assert clients.accepted <= received
    await city.sound()
