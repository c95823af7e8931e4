"""A city with a past: the same facts in every ledger and on the topic, written without services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg

from hotline.bench.past import loops
from hotline.bench.verify import record
from hotline.cli.migrate import migrations
from hotline.cli.place import Place
from hotline.dev.stack import StackInfo
from hotline.programs import SERVICES
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact
from services.kernel.migrate import migrate
from services.kernel.names import TICKETS, schema_of, topic_of
from services.kernel.topics import make_topics, ticket_topics

CITY = "nyc"


async def installed(
    stack: StackInfo, namespace: str, buckets: int, services: Sequence[str] = SERVICES
) -> Place:
    """Schemas and the topics, empty."""
    for service in services:
        await migrate(stack.dsn, service, namespace, migrations(service), buckets, CITY)
    await make_topics(stack.bootstrap, namespace, ticket_topics(buckets))
    return Place(stack.bootstrap, stack.dsn, namespace, CITY, buckets)


async def with_past(
    stack: StackInfo,
    namespace: str,
    tickets: int,
    buckets: int = 4,
    services: Sequence[str] = SERVICES,
) -> Place:
    """Whole loops of some tickets, 25 facts each, of which these services keep their own."""
    place = await installed(stack, namespace, buckets, services)
    facts = [fact for ticket in loops(tickets, buckets) for fact in ticket]
    await record(place, [f for f in facts if f.source in services])
    await publish(place, facts)
    return place


async def publish(place: Place, facts: Sequence[Fact]) -> None:
    """Onto the topic, as the relays would."""
    bus = KafkaBus(place.kafka, "past", lambda: datetime.now(UTC))
    topic = topic_of(place.namespace, TICKETS)
    try:
        for start in range(0, len(facts), 5_000):
            await bus.publish([to_record(f, topic) for f in facts[start : start + 5_000]])
    finally:
        await bus.close()


async def execute(place: Place, statement: str, service: str = "dispatch") -> None:
    """An operator's mistake, or a disk's: {schema} and {vault} are the service's."""
    schema = schema_of(place.namespace, service)
    connection = await asyncpg.connect(place.dsn, timeout=10.0)
    try:
        await connection.execute(
            statement.replace("{schema}", schema).replace("{vault}", f"{schema}_vault")
        )
    finally:
        await connection.close()
