"""Deadline killed and started again while very many clocks are open: the first miss, and memory.

The open clocks are rows of the timer view, due over the coming two weeks, so that a start reads
none of them; some more, which came due while nobody ran, have their facts in the ledger too.
Dispatch, whose facts could end them, is played by its promises (`lateness.live`).
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from hotline.bench.lateness import CLOCK, OWN
from hotline.bench.site import BUCKETS, Options, Say, Site
from hotline.bench.started import AT_ONCE, Starter
from hotline.bench.usage import usage
from services.kernel.store_pg import PostgresStore

WAIT_S, LOOK_S = 60.0, 0.01
OPEN_CLOCKS = """
insert into {schema}.timer (bucket, ticket, name, due_at, sources, import_id)
select n % $2::int, 'open-' || n, 'confirm/1', now() + (1 + n % 336) * interval '1 hour', $3, ''
from generate_series(1, $1::int) n
"""
PREFIX = "restarted"
# The first miss of those that came due while nobody ran.
FIRST_MISS = """
select min(recorded_at) from {schema}.event
where type = 'hotline.deadline.v1.DeadlineMissed' and stream like $1
"""


async def measure(place: Site, store: PostgresStore, options: Options, say: Say) -> dict[str, Any]:
    """Milliseconds from the start of the process to its first miss, and what its memory grew."""
    assert place.running is not None
    starter = Starter(store)
    before = usage({OWN: place.running.pid(OWN)})[OWN].rss_mb
    await place.running.kill(OWN)
    say(f"opening {options.opened} clocks, then starting deadline again")
    query, sources = OPEN_CLOCKS.format(schema=store.schema), starter.sources(CLOCK)
    await store.pool.execute(query, options.opened, BUCKETS, ",".join(sources))
    now = datetime.now(UTC)
    await starter.start_each(PREFIX, [now - timedelta(hours=1)] * AT_ONCE, CLOCK, now)
    began, started_at = time.perf_counter(), datetime.now(UTC)
    starting = asyncio.create_task(place.running.restart(OWN))
    first = await _first_miss(store)
    await starting
    ready = time.perf_counter() - began
    return {
        "open": options.opened,
        "open_first_fire_ms": 1000 * (first - started_at).total_seconds(),
        "open_ready_ms": 1000 * ready,
        "open_grown_mb": usage({OWN: place.running.pid(OWN)})[OWN].rss_mb - before,
    }


async def _first_miss(store: PostgresStore) -> datetime:
    """Raises TimeoutError."""
    query = FIRST_MISS.format(schema=store.schema)
    async with asyncio.timeout(WAIT_S):
        while True:
            first: datetime | None = await store.pool.fetchval(query, f"{PREFIX}-%")
            if first is not None:
                return first
            await asyncio.sleep(LOOK_S)
