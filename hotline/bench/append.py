"""Durable appends per second: one fact each on a new stream, through the group-commit writer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry

from hotline.bench.figures import medians, noise_percent, quantiles_ms
from hotline.bench.site import BUCKETS, NAMESPACE, Options, Say, Site, site
from hotline.bench.usage import spent, usage
from hotline.cli.migrate import migrations
from hotline.dispatch.v1.events_pb2 import ProgressNoted
from services.kernel.clock import Clock, DatabaseClock
from services.kernel.facts import Append, Appended, NewFact
from services.kernel.measure import Meter
from services.kernel.migrate import migrate
from services.kernel.names import bucket_of, schema_of
from services.kernel.pool_pg import connect
from services.kernel.store_pg import PostgresStore
from services.kernel.writer import Writer

SERVICE = "dispatch"  # the kernel's tables alone
CLIENTS = (1, 16, 64)
_BODY = ProgressNoted(unit="DOT", note="The crew has been there; parts are ordered.")


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """Appends per second and CPU µs per fact, by number of clients."""
    async with site(say, only=()) as place:
        await migrate(place.info.dsn, SERVICE, NAMESPACE, migrations(SERVICE), BUCKETS)
        pool = await connect(place.info.dsn, schema_of(NAMESPACE, SERVICE))
        try:
            return await _rounds(options, place, PostgresStore(pool, SERVICE, NAMESPACE))
        finally:
            await pool.close()


async def _rounds(options: Options, place: Site, store: PostgresStore) -> dict[str, Any]:
    clock = DatabaseClock(store.database_clock)
    await clock.follow()
    writer = Writer(store, Meter(CollectorRegistry()))
    running = asyncio.create_task(writer.run())
    counts = (options.clients,) if options.clients else CLIENTS
    found: dict[int, list[dict[str, float]]] = {count: [] for count in counts}
    try:
        for _ in range(options.rounds):  # interleaved: a busy minute hurts every count alike
            for count in counts:
                found[count].append(await _round(place, writer, clock, count, options.seconds))
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return {"clients": {str(count): _summed(rounds) for count, rounds in found.items()}}


def _summed(rounds: Sequence[dict[str, float]]) -> dict[str, Any]:
    noise = noise_percent([r["appends_per_s"] for r in rounds])
    return {**medians(rounds), "noise_percent": noise}


async def _round(
    place: Site, writer: Writer, clock: Clock, clients: int, seconds: float
) -> dict[str, float]:
    before, began = usage(place.pids), time.perf_counter()
    until = began + seconds
    parts = await asyncio.gather(*(_client(writer, clock, n, until) for n in range(clients)))
    took, cpu = time.perf_counter() - began, spent(before, usage(place.pids))
    latencies = [latency for part in parts for latency in part]
    return {
        "appends_per_s": len(latencies) / took,
        "cpu_us_per_fact": 1e6 * sum(cpu.values()) / max(1, len(latencies)),
        "store_us_per_fact": 1e6 * cpu["postgres"] / max(1, len(latencies)),
        **quantiles_ms(latencies),
    }


async def _client(writer: Writer, clock: Clock, number: int, until: float) -> list[float]:
    prefix, latencies = f"{os.urandom(4).hex()}-{number}", list[float]()
    body = _BODY.SerializeToString()
    began = time.perf_counter()
    while began < until:
        stream, at = f"{prefix}-{len(latencies)}", clock.now()
        fact = NewFact("hotline.dispatch.v1.ProgressNoted", body, at, b"{}")
        append = Append(bucket_of(stream, BUCKETS), stream, 0, [fact], live_from=at)
        outcome = await writer.append(append)
        assert isinstance(outcome, Appended), outcome
        ended = time.perf_counter()
        latencies.append(ended - began)
        began = ended
    return latencies
