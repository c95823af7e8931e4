"""kill -9, SIGSTOP, SIGTERM under load: everything that was acknowledged is there, once.

The short forms run by `make test`; DRILLS=long (`make drills`) takes the full numbers.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import statistics
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from hotline.dev.probes import http_ok
from hotline.dev.stack import StackInfo
from hotline.dev.supervisor import Supervisor
from hotline.programs import SERVICES
from tests.support.drills import LONG, DrillCity, drill_city, one_more
from tests.support.loops import wait_until

KILLS = 20 if LONG else 2
SERVING_WITHIN_S = 10.0
SERVING_AT_WORST_S = SERVING_WITHIN_S if LONG else 30.0  # beside other tests
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
    city: DrillCity, record_property: Callable[[str, object], None]
) -> None:
    """Every loop closes in spite of it, each fact once, and it serves again within 10 s; beside
    other tests half of the kills do, and none takes three times as long."""
    seed = random.Random(7)
    order = [name for name in SERVICES for _ in range(KILLS)]
    seed.shuffle(order)
    took: list[float] = []
    async with city.load(in_flight=20):
        await asyncio.sleep(2.0)
        for name in order:
            await asyncio.sleep(seed.uniform(0.1, 1.0))
            await city.running.kill(name, signal.SIGKILL)
            began = time.monotonic()
            await city.running.restart(name)
            took.append(time.monotonic() - began)
    record_property("served_again_median_s", round(statistics.median(took), 1))
    record_property("served_again_at_worst_s", round(max(took), 1))
    assert city.loops.closed > len(order)
    assert statistics.median(took) < SERVING_WITHIN_S, took
    assert max(took) < SERVING_AT_WORST_S, took
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
    await city.sound()  # so that all that is committed has been relayed
    received = {f.ticket for f in await city.facts() if f.type.endswith("TicketReceived")}
    assert clients.accepted == received  # and no repeat made a second ticket


@pytest.mark.timeout(600)
async def test_a_zombie_adds_nothing_and_takes_nothing_back(
    city: DrillCity, tmp_path: Path
) -> None:
    """Stopped beyond its session while it works; another has taken over when it goes on."""
    async with one_more(city, "deadline", tmp_path) as second, city.load(in_flight=20):
        await asyncio.sleep(2.0)
        zombie = city.running.pid("deadline")
        os.kill(zombie, signal.SIGSTOP)
        try:
            await moved_on(city, 40)  # so the group has given its partitions away
        finally:
            os.kill(zombie, signal.SIGCONT)
        await moved_on(city, 40)
        lost = second.log.read_text("utf-8").count("newer owners have")
        assert lost <= 1, "the successor was robbed again and again"
    await city.sound()


async def moved_on(city: DrillCity, loops: int) -> None:
    """So many more loops have closed, whose tickets lie in all buckets."""
    enough = city.loops.closed + loops

    async def closed() -> bool:
        return city.loops.closed >= enough

    await wait_until(closed, 60.0, f"{loops} more loops")


async def test_sigterm_is_heeded_while_a_service_starts(
    stack: StackInfo, namespace: str, tmp_path: Path
) -> None:
    """Its port is open, its group is not joined yet: it lets go of what it has and ends."""
    async with drill_city(stack, namespace, tmp_path, only=["dispatch"]) as city:
        await city.running.kill("dispatch", signal.SIGTERM)
        program = city.running.program("dispatch")
        live = http_ok(f"{city.running.urls['dispatch']}/livez")
        env = {**program.env, "HOTLINE_LOG": "info"}
        starting = Supervisor(tmp_path / "starting")
        try:
            await starting.start(replace(program, env=env, needs=(), ready=live))
            began = time.monotonic()
            await starting.kill("dispatch", signal.SIGTERM)
            assert time.monotonic() - began < SERVING_WITHIN_S
        finally:
            await starting.stop(1.0)
        lines = (tmp_path / "starting" / "logs" / "dispatch.log").read_text("utf-8").splitlines()
        assert json.loads(lines[-1])["message"] == "stopped"
