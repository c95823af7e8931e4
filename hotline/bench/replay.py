"""Facts per second from the topic into the states of dispatch's decider, in one process.

Every fact of the topic is read; those of dispatch are decoded and folded, the others passed by.
"""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from hotline.bench.figures import medians, noise_percent
from hotline.bench.past import loops
from hotline.bench.site import BUCKETS, CITY, NAMESPACE, Options, Say, Site, site
from hotline.bench.usage import Usage, spent, usage
from hotline.dev.failure import StackFailure
from services.dispatch.adapters.codec import CODEC
from services.dispatch.adapters.registry import load
from services.dispatch.domain.reactions import decider
from services.kernel.bus import Place, Record
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import attributes, to_fact, to_record
from services.kernel.names import TICKETS, topic_of
from services.kernel.topics import make_topics, ticket_topics

TICKETS_PER_S = 800  # so that a round of the usual speed takes about as long as it is asked to
WRITE_AT_ONCE = 200
POLL = 10_000
_SOURCE = CODEC.source.encode()


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """Facts per second and CPU µs per fact; the past is written first."""
    async with site(say, only=()) as place:
        await make_topics(place.info.bootstrap, NAMESPACE, ticket_topics(BUCKETS))
        bus = KafkaBus(place.info.bootstrap, "bench", lambda: datetime.now(UTC))
        try:
            tickets = max(WRITE_AT_ONCE, int(TICKETS_PER_S * options.seconds))
            say(f"writing the facts of {tickets} tickets")
            facts = await _write(bus, tickets)
            rounds = [await _round(place, bus, tickets, facts) for _ in range(options.rounds)]
        finally:
            await bus.close()
        noise = noise_percent([r["facts_per_s"] for r in rounds])
        return {**medians(rounds), "noise_percent": noise, "facts": facts, "tickets": tickets}


async def _write(bus: KafkaBus, tickets: int) -> int:
    topic, facts, past = topic_of(NAMESPACE, TICKETS), 0, loops(tickets, BUCKETS)
    while some := list(itertools.islice(past, WRITE_AT_ONCE)):
        records = [to_record(fact, topic) for part in some for fact in part]
        await bus.publish(records)
        facts += len(records)
    return facts


async def _round(place: Site, bus: KafkaBus, tickets: int, facts: int) -> dict[str, Any]:
    before, began = usage(place.pids), time.perf_counter()
    with collector_off():
        states = await replayed(bus, facts)
    took, after = time.perf_counter() - began, usage(place.pids)
    archived = sum(state.phase.value == "archived" for state in states.values())
    if archived != tickets:
        raise StackFailure(f"{archived} of {tickets} tickets came out archived.")
    return {
        "facts_per_s": facts / took,
        **_costs(before, after, facts),
        "rss_mb": {name: found.rss_mb for name, found in after.items()},
    }


@contextmanager
def collector_off() -> Iterator[None]:
    """Nothing here makes cycles, and looking for them costs a fifth of the time."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def replayed(bus: KafkaBus, facts: int) -> dict[str, Any]:
    """The state of every ticket, from the topic alone; each position of a source counts once."""
    machine = decider(load(CITY))
    topic = topic_of(NAMESPACE, TICKETS)
    places = [(topic, p) for p in range(BUCKETS)]
    reader = await bus.reader(places, from_end=False)
    states: dict[str, Any] = {}
    expected: dict[Place, int] = {}
    seen = 0
    try:
        while seen < facts:
            for record in await reader.fetch(POLL, 1.0):
                seen += 1
                if _source(record) == _SOURCE:
                    _fold(machine, states, expected, record)
    finally:
        await reader.stop()
    return states


def _source(record: Record) -> bytes:
    """Cheaper than a dictionary of all headers, which most records never need."""
    for name, value in record.headers:
        if name == "ce_source":
            return value
    return b""


def _fold(machine: Any, states: dict[str, Any], expected: dict[Place, int], record: Record) -> None:
    fact = to_fact(record, attributes(record.headers))
    place = (record.topic, record.partition)
    if fact.position != expected.get(place, 1):  # a relay repeated itself
        return
    expected[place] = fact.position + 1
    state = states.get(fact.ticket, machine.initial)
    states[fact.ticket] = machine.evolve(state, CODEC.decode(fact))


def _costs(before: Mapping[str, Usage], after: Mapping[str, Usage], facts: int) -> dict[str, Any]:
    each = {name: 1e6 * cpu / facts for name, cpu in spent(before, after).items()}
    return {"cpu_us_per_fact": sum(each.values()), "cpu_us_per_fact_of": each}
