"""Facts per second of `hotline verify`: the ledgers of a city's past against its topic.

The past is written first, the same facts into four ledgers and onto the topic; every one of them
is read on both sides and compared. `--tickets` says of how many tickets, 25 facts each.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson

from hotline.bench.figures import medians, noise_percent
from hotline.bench.past import loops
from hotline.bench.site import BUCKETS, CITY, NAMESPACE, Options, Say, site
from hotline.bench.usage import spent, usage
from hotline.cli.migrate import migrations
from hotline.cli.place import Place
from hotline.cli.verify import RECORDERS, verify
from hotline.dev.failure import StackFailure
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact
from services.kernel.migrate import migrate
from services.kernel.names import TICKETS, schema_of, topic_of
from services.kernel.topics import make_topics, ticket_topics

USUAL_TICKETS = 40_000
WRITE_AT_ONCE = 200


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """Facts per second; CPU µs per fact of verify's own processes, of broker and store."""
    async with site(say, only=()) as made:
        place = Place(made.info.bootstrap, made.info.dsn, NAMESPACE, CITY, BUCKETS)
        for service in RECORDERS:
            await migrate(place.dsn, service, NAMESPACE, migrations(service), BUCKETS, CITY)
        await make_topics(place.kafka, NAMESPACE, ticket_topics(BUCKETS))
        tickets = options.tickets or USUAL_TICKETS
        say(f"writing the past of {tickets:,} tickets")
        facts = await _write(place, tickets)
        rounds = [await _round(place, facts, made.pids) for _ in range(options.rounds)]
        noise = noise_percent([r["facts_per_s"] for r in rounds])
        return {**medians(rounds), "noise_percent": noise, "facts": facts, "tickets": tickets}


async def _write(place: Place, tickets: int) -> int:
    facts, past = 0, loops(tickets, place.buckets)
    bus = place.bus("past", lambda: datetime.now(UTC))
    try:
        while some := [f for t in itertools.islice(past, WRITE_AT_ONCE) for f in t]:
            await asyncio.gather(
                record(place, some), _publish(bus, topic_of(place.namespace, TICKETS), some)
            )
            facts += len(some)
    finally:
        await bus.close()
    return facts


async def _publish(bus: KafkaBus, topic: str, facts: Sequence[Fact]) -> None:
    await bus.publish([to_record(fact, topic) for fact in facts])


async def record(place: Place, facts: Sequence[Fact]) -> None:
    """Into the ledgers of their sources, as they are."""
    connection = await asyncpg.connect(place.dsn, timeout=10.0)
    try:
        for service in sorted({f.source for f in facts}):
            mine = [f for f in facts if f.source == service]
            schema = schema_of(place.namespace, service)
            await connection.copy_records_to_table(
                "event", schema_name=schema, records=[_row(f) for f in mine]
            )
            lasts = {f.bucket: f.position for f in sorted(mine, key=lambda f: f.position)}
            await connection.execute(
                f"update {schema}.bucket b set next_position = a.last + 1 "
                "from unnest($1::int[], $2::bigint[]) a (bucket, last) where b.bucket = a.bucket",
                list(lasts),
                list(lasts.values()),
            )
    finally:
        await connection.close()


def _row(f: Fact) -> tuple[object, ...]:
    metadata = orjson.dumps({"by": f.by})
    return (
        f.bucket, f.position, f.ticket, f.version, f.type, f.data, metadata, f.time, f.recorded_at
    )  # fmt: skip


async def _round(place: Place, facts: int, pids: Any) -> dict[str, Any]:
    before = usage(pids)
    found = await asyncio.to_thread(verify, place, RECORDERS)
    others = {name: cpu for name, cpu in spent(before, usage(pids)).items() if name != "generator"}
    if not found.ok or found.facts != facts:
        raise StackFailure(f"{found.facts:,} of {facts:,} facts were read, ok: {found.ok}.")
    costs = {"verify": found.cpu_s, **others}
    return {
        "facts_per_s": found.facts_per_s,
        "cpu_us_per_fact": 1e6 * sum(costs.values()) / facts,
        "cpu_us_per_fact_of": {name: 1e6 * cpu / facts for name, cpu in costs.items()},
    }
