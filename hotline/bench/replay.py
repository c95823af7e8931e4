"""Facts per second from the topic into the states of dispatch's decider, a process per core.

Every fact of the topic is read; those of dispatch are decoded and folded, the others passed by.
The processes have started before the clock runs.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

from hotline.bench.figures import medians, noise_percent
from hotline.bench.past import loops
from hotline.bench.site import BUCKETS, CITY, NAMESPACE, Options, Say, Site, site
from hotline.bench.usage import Usage, spent, usage
from hotline.dev.failure import StackFailure
from hotline.replay.states import CORES, History, replay, workers
from services.dispatch.adapters.codec import CODEC
from services.dispatch.adapters.registry import load
from services.dispatch.domain.reactions import decider
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import to_record
from services.kernel.codec import Codec
from services.kernel.decider import Decider
from services.kernel.names import TICKETS, topic_of
from services.kernel.topics import make_topics, ticket_topics

TICKETS_PER_S = 800  # so that a round of the usual speed takes about as long as it is asked to
WRITE_AT_ONCE = 200


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """Facts per second and CPU µs per fact; the past is written first."""
    async with site(say, only=()) as place:
        await make_topics(place.info.bootstrap, NAMESPACE, ticket_topics(BUCKETS))
        bus = KafkaBus(place.info.bootstrap, "bench", lambda: datetime.now(UTC))
        try:
            tickets = max(WRITE_AT_ONCE, int(TICKETS_PER_S * options.seconds))
            say(f"writing the facts of {tickets} tickets")
            facts = await _write(bus, tickets)
        finally:
            await bus.close()
        with workers() as pool:
            _warm(pool)
            rounds = [await _round(place, pool, tickets, facts) for _ in range(options.rounds)]
        noise = noise_percent([r["facts_per_s"] for r in rounds])
        return {**medians(rounds), "noise_percent": noise, "facts": facts, "tickets": tickets}


def _warm(pool: ProcessPoolExecutor) -> None:
    """All of its processes, with what they import."""
    for started in [pool.submit(time.sleep, 0.5) for _ in range(CORES)]:
        started.result()
    for loaded in [pool.submit(dispatch) for _ in range(CORES)]:
        loaded.exception()  # what it gives cannot be sent, and is not wanted


async def _write(bus: KafkaBus, tickets: int) -> int:
    topic, facts, past = topic_of(NAMESPACE, TICKETS), 0, loops(tickets, BUCKETS)
    while some := list(itertools.islice(past, WRITE_AT_ONCE)):
        records = [to_record(fact, topic) for part in some for fact in part]
        await bus.publish(records)
        facts += len(records)
    return facts


async def _round(place: Site, pool: ProcessPoolExecutor, tickets: int, facts: int) -> Any:
    pids = {**place.pids, **{f"replay {n}": pid for n, pid in enumerate(pool._processes or {})}}
    history = History(place.info.bootstrap, dispatch, NAMESPACE, BUCKETS)
    before, began = usage(pids), time.perf_counter()
    states = await asyncio.to_thread(replay, history, pool)
    took, after = time.perf_counter() - began, usage(pids)
    archived = sum(state.phase.value == "archived" for state in states.values())
    if archived != tickets:
        raise StackFailure(f"{archived} of {tickets} tickets came out archived.")
    return {
        "facts_per_s": facts / took,
        **_costs(before, after, facts),
        "rss_mb": {name: found.rss_mb for name, found in after.items()},
    }


def dispatch() -> tuple[Codec, Decider[Any, Any, Any]]:
    """The service whose states are made."""
    return CODEC, decider(load(CITY))


def _costs(before: Mapping[str, Usage], after: Mapping[str, Usage], facts: int) -> dict[str, Any]:
    each = {name: 1e6 * cpu / facts for name, cpu in spent(before, after).items()}
    return {"cpu_us_per_fact": sum(each.values()), "cpu_us_per_fact_of": each}
