"""Full closed loops: matters and commands by Kafka, simulated units that answer at once.

A closed loop of clients: each loop that closes is followed by a new matter. All five services,
broker, store and generator share the machine, and all of them are counted.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from hotline.bench.figures import medians, noise_percent, quantiles_ms
from hotline.bench.site import BUCKETS, CITY, NAMESPACE, Options, Say, Site, site
from hotline.bench.usage import Usage, spent, usage
from hotline.cli.cities import units
from hotline.dev.failure import StackFailure
from hotline.history.nyc import read_rows
from hotline.intake.v1.commands_pb2 import SubmitMatter
from hotline.sim.actors import People, Seen
from hotline.sim.city import City, signers
from hotline.sim.loops import Loops
from hotline.sim.matters import matters
from services.kernel.bus import Outgoing
from services.kernel.bus_kafka import KafkaBus

IN_FLIGHT = 400
WARM_UP_S = 4.0
STALL_S = 30.0


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """Loops and facts per second, CPU µs per fact, latency of a loop, RSS by process."""
    async with site(say) as place:
        bus = KafkaBus(place.info.bootstrap, "bench", lambda: datetime.now(UTC))
        try:
            return await _Generator(place, bus, options.clients or IN_FLIGHT).rounds(options)
        finally:
            await bus.close()


class _Generator:
    """Keeps `in_flight` loops under way."""

    def __init__(self, place: Site, bus: KafkaBus, in_flight: int) -> None:
        self._place, self._bus, self._in_flight = place, bus, in_flight
        self._senders = signers(place.root, units(CITY), NAMESPACE, BUCKETS)
        self._matters: Iterator[SubmitMatter] = matters(read_rows(), os.urandom(4).hex())
        self._loops = Loops()
        self._wanted = in_flight
        self._wake = asyncio.Event()
        people = People(pace=0.0, content=True)
        self._city = City(bus, self._senders, NAMESPACE, BUCKETS, people, self._see)

    def _see(self, fact: Seen) -> None:
        if self._loops.see(fact, time.perf_counter()):
            self._wanted += 1
            self._wake.set()

    async def rounds(self, options: Options) -> dict[str, Any]:
        """Warm up, measure, then see that every loop closes."""
        working = [asyncio.create_task(self._city.run()), asyncio.create_task(self._submit())]
        try:
            return await self._until_done(options, working)
        finally:
            for task in working:
                task.cancel()
            for task in working:
                with suppress(asyncio.CancelledError):
                    await task

    async def _until_done(
        self, options: Options, working: Sequence[asyncio.Task[None]]
    ) -> dict[str, Any]:
        measuring = asyncio.create_task(self._measured(options))
        await asyncio.wait([measuring, *working], return_when=asyncio.FIRST_COMPLETED)
        for task in working:
            if task.done():
                task.result()
        return await measuring

    async def _measured(self, options: Options) -> dict[str, Any]:
        await asyncio.sleep(WARM_UP_S)
        rounds = [await self._round(options.seconds) for _ in range(options.rounds)]
        rates = [r["loops_per_s"] for r in rounds]
        found = medians(rounds)
        await self._drain()
        return {**found, "noise_percent": noise_percent(rates), "in_flight": self._in_flight}

    async def _round(self, seconds: float) -> dict[str, Any]:
        loops = self._loops
        before, began = usage(self._place.pids), time.perf_counter()
        closed, facts = loops.closed, loops.facts
        loops.latencies.clear()
        await asyncio.sleep(seconds)
        after, took = usage(self._place.pids), time.perf_counter() - began
        facts = loops.facts - facts
        return {
            "loops_per_s": (loops.closed - closed) / took,
            "facts_per_s": facts / took,
            **_costs(before, after, facts),
            **quantiles_ms(loops.latencies),
            "rss_mb": {name: found.rss_mb for name, found in after.items()},
        }

    async def _drain(self) -> None:
        """No new matters. Raises StackFailure where a loop never closes."""
        self._wanted = -1_000_000
        closed, moved = self._loops.closed, time.monotonic()
        while self._loops.open:
            await asyncio.sleep(0.2)
            if self._loops.closed > closed:
                closed, moved = self._loops.closed, time.monotonic()
            elif time.monotonic() - moved > STALL_S:
                missing = self._loops.missing()
                raise StackFailure(f"{self._loops.open} loops did not close: {missing}.")

    async def _submit(self) -> None:
        await self._city.ready.wait()
        while True:
            if self._wanted > 0:
                count, self._wanted = self._wanted, 0
                await self._bus.publish([self._submission() for _ in range(count)])
            self._wake.clear()
            await self._wake.wait()

    def _submission(self) -> Outgoing:
        matter, channel = next(self._matters), self._senders["channel"]
        self._loops.begin(matter.external_id, time.perf_counter())
        return channel.submission(matter.external_id, matter, matter.external_id, datetime.now(UTC))


def _costs(before: dict[str, Usage], after: dict[str, Usage], facts: int) -> dict[str, Any]:
    each = {name: 1e6 * cpu / max(1, facts) for name, cpu in spent(before, after).items()}
    return {"cpu_us_per_fact": sum(each.values()), "cpu_us_per_fact_of": each}
