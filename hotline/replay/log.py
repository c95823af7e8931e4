"""One ticket rebuilt from the topic alone."""

from __future__ import annotations

from services.kernel.bus import Bus
from services.kernel.cloudevents import attributes, to_fact
from services.kernel.facts import Fact
from services.kernel.inbox import current
from services.kernel.names import TICKETS, bucket_of, topic_of
from services.kernel.scanning import scan


async def read_ticket(
    bus: Bus, ticket: str, *, namespace: str = "", buckets: int = 24
) -> list[Fact]:
    """All facts of the ticket in topic order, each position of a source once.

    Reads the ticket's partition from its beginning to the end it has now. Raises BusUnavailable.
    """
    topic, bucket = topic_of(namespace, TICKETS), bucket_of(ticket, buckets)
    key, expected, found = ticket.encode(), dict[str, int](), list[Fact]()
    async for records in scan(bus, topic, {bucket: 0}):
        for record in records:
            headers = attributes(record.headers)
            if counts_once(expected, headers) and record.key == key:
                found.append(to_fact(record, headers))
    return found


def counts_once(expected: dict[str, int], headers: dict[str, bytes]) -> bool:
    """Whether a fact stands where it is expected, which moves on: a relay may have repeated itself,
    or not have heard of a fork."""
    source, position = headers["ce_source"].decode(), int(headers["ce_position"])
    if not current(expected, source, headers) or position != expected.get(source, 1):
        return False
    expected[source] = position + 1
    return True
