"""One ticket rebuilt from the topic alone."""

from __future__ import annotations

from services.kernel.bus import Bus
from services.kernel.cloudevents import to_fact
from services.kernel.facts import Fact
from services.kernel.inbox import current
from services.kernel.names import TICKETS, bucket_of, topic_of


async def read_ticket(
    bus: Bus, ticket: str, *, namespace: str = "", buckets: int = 24
) -> list[Fact]:
    """All facts of the ticket in topic order, each position of a source once.

    Reads the ticket's partition from its beginning to the end it has now. Raises BusUnavailable.
    """
    place = (topic_of(namespace, TICKETS), bucket_of(ticket, buckets))
    reader = await bus.reader([place], from_end=False)
    key, expected, found = ticket.encode(), dict[str, int](), list[Fact]()
    try:
        end, upcoming = (await reader.ends())[place], 0
        while upcoming < end:
            for record in await reader.fetch(5_000, 1.0):
                upcoming = record.offset + 1
                headers = dict(record.headers)
                source = headers["ce_source"].decode()
                position = int(headers["ce_position"])
                if not current(expected, source, headers) or position != expected.get(source, 1):
                    continue  # a relay repeated itself, or had not heard of a fork
                expected[source] = position + 1
                if record.key == key:
                    found.append(to_fact(record, headers))
    finally:
        await reader.stop()
    return found
