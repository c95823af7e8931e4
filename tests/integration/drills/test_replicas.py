"""Services at one, three and one replicas under load: work goes on, and nothing is lost.

The short form scales dispatch on the broker of the tests; DRILLS=long (`make drills`) all
five services on three brokers with three copies.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from hotline.dev.stack import Stack, StackInfo, erase
from hotline.programs import SERVICES
from tests.support.drills import BUCKETS, LONG, DrillCity, drill_city, one_more
from tests.support.stack import ROOT, new_namespace

SCALED = SERVICES if LONG else ("dispatch",)
PHASE_S = 20.0 if LONG else 2.0
IN_FLIGHT = 24  # so many that some go on where two of three replicas have just left
SPREAD_WITHIN_S = 60.0 if LONG else 15.0


@pytest.fixture
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[StackInfo]:
    """Three brokers in the long form."""
    if not LONG:
        yield request.getfixturevalue("stack")
        return
    root = ROOT / new_namespace()
    async with Stack(root, say=lambda _: None, brokers=3) as running:
        yield running.info
    erase(root)


@pytest.fixture
async def city(cluster: StackInfo, namespace: str, tmp_path: Path) -> AsyncIterator[DrillCity]:
    async with drill_city(cluster, namespace, tmp_path / "city") as made:
        yield made


@dataclass
class Phase:
    """What closed while the services stood so, or moved."""

    name: str
    seconds: float
    closed: int
    pause_s: float
    p50_s: float

    def row(self) -> str:
        rate = self.closed / self.seconds
        return (
            f"{self.name:<20}{self.seconds:>7.1f}{rate:>9.1f}{self.p50_s * 1000:>9.0f}"
            f"{self.pause_s * 1000:>12.0f}"
        )


HEAD = f"{'phase':<20}{'s':>7}{'loops/s':>9}{'p50 ms':>9}{'pause ms':>12}"


class Watcher:
    """Counts the loops that close, and the longest time in which none did."""

    def __init__(self, city: DrillCity) -> None:
        self._loops = city.loops
        self.phases: list[Phase] = []
        self._begin()

    def _begin(self) -> None:
        self._began = self._last = time.monotonic()
        self._closed, self._pause_s = self._loops.closed, 0.0
        self._seen = self._closed

    def _look(self) -> None:
        now = time.monotonic()
        self._pause_s = max(self._pause_s, now - self._last)
        if self._loops.closed != self._seen:
            self._seen, self._last = self._loops.closed, now

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._look()
            await asyncio.sleep(0.01)

    def end(self, name: str) -> None:
        """What was since the last end is a phase of this name."""
        self._look()
        closed = self._loops.closed - self._closed
        of_phase = self._loops.latencies[self._closed :] or [0.0]
        seconds = time.monotonic() - self._began
        p50_s = statistics.median(of_phase)
        self.phases.append(Phase(name, seconds, closed, self._pause_s, p50_s))
        self._begin()

    async def closes(self, loops: int, timeout_s: float = 60.0) -> None:
        """So many more."""
        enough, give_up = self._loops.closed + loops, time.monotonic() + timeout_s
        while self._loops.closed < enough:
            assert time.monotonic() < give_up, f"{loops} more loops did not close"
            await asyncio.sleep(0.05)


async def owned(url: str) -> int:
    """Buckets of one process, as Prometheus is told."""
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as http:
        text = (await http.get(f"{url}/metrics")).text
    families = text_string_to_metric_families(text)
    [value] = [f.samples[0].value for f in families if f.name == "hotline_owned_buckets"]
    return int(value)


async def spread(urls: Sequence[str], timeout_s: float) -> None:
    """Until these processes have all the buckets, as evenly as they can."""
    give_up, even = time.monotonic() + timeout_s, BUCKETS // len(urls)
    while (found := [await owned(url) for url in urls]) != [even] * len(urls):
        assert time.monotonic() < give_up, found
        await asyncio.sleep(0.05)


@pytest.mark.timeout(900)
async def test_one_three_and_one_replicas_under_load_lose_nothing(
    city: DrillCity, tmp_path: Path
) -> None:
    """Every loop closes, each fact once; buckets move within seconds, and work goes on."""
    watcher = Watcher(city)
    watching = asyncio.create_task(watcher.run())
    urls = {name: [city.running.urls[name]] for name in SCALED}
    try:
        async with city.load(in_flight=IN_FLIGHT):
            await watcher.closes(5)
            watcher.end("start")
            await asyncio.sleep(PHASE_S)
            watcher.end("1 replica")
            async with AsyncExitStack() as more:
                for name in SCALED:
                    pair = [one_more(city, name, tmp_path, instance) for instance in ("1", "2")]
                    added = await asyncio.gather(*map(more.enter_async_context, pair))
                    urls[name] += [each.url for each in added]
                for name in SCALED:
                    await spread(urls[name], SPREAD_WITHIN_S)
                watcher.end("1 -> 3")
                await asyncio.sleep(PHASE_S)
                watcher.end("3 replicas")
            for name in SCALED:
                await spread(urls[name][:1], SPREAD_WITHIN_S)
            watcher.end("3 -> 1")
            await asyncio.sleep(PHASE_S)
            watcher.end("1 replica again")
    finally:
        watching.cancel()
    sys.stderr.write("\n".join(["", HEAD, *(phase.row() for phase in watcher.phases), ""]))
    assert all(phase.closed for phase in watcher.phases), "work went on in every phase"
    await city.sound()
