"""All deliveries of one process: each subscription and way runs by itself and delays nobody."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.sender import Sender
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store import FeedStore
from services.datasync.adapters.topic import TopicDelivery
from services.datasync.adapters.webhook import Endpoint, WebhookDelivery
from services.datasync.domain.feed import Entry
from services.datasync.domain.sharing import Sharing, Way
from services.kernel.bus import Bus
from services.kernel.clock import Clock
from services.kernel.names import department_of, topic_of


class Deliveries:
    """Listens to the view and runs until cancelled."""

    def __init__(
        self,
        sharing: Sharing,
        endpoints: Mapping[str, Endpoint],
        serving: Serving,
        store: FeedStore,
        bus: Bus,
        sender: Sender,
        clock: Clock,
        meter: DeliveryMeter,
        namespace: str = "",
    ) -> None:
        self._all: dict[str, list[TopicDelivery | WebhookDelivery]] = {}
        for s in sharing.subscriptions:
            ways = self._all.setdefault(s.id, [])
            if Way.TOPIC in s.ways:
                topic = topic_of(namespace, department_of(s.department))
                ways.append(TopicDelivery(s.id, topic, serving, store, bus, clock, meter))
            endpoint = endpoints.get(s.id)
            if Way.WEBHOOK in s.ways and endpoint is not None:
                ways.append(WebhookDelivery(s.id, endpoint, serving, store, sender, clock, meter))

    def added(self, entries: Sequence[Entry]) -> None:
        """Entries of a commit just now, to whom they belong."""
        parts = defaultdict[str, list[Entry]](list)
        for entry in entries:
            parts[entry.subscription].append(entry)
        for subscription, part in parts.items():
            for delivery in self._all.get(subscription, ()):
                delivery.tail.add(part)

    async def owned(self, buckets: frozenset[int]) -> None:
        """Deliver these buckets' entries from now on, and no others."""
        for deliveries in self._all.values():
            for delivery in deliveries:
                delivery.own(buckets)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for subscription, deliveries in self._all.items():
                for delivery in deliveries:
                    name = f"{type(delivery).__name__} {subscription}"
                    group.create_task(delivery.run(), name=name)


def departments(sharing: Sharing) -> list[str]:
    """Departments that have a topic of their own, for whoever makes topics."""
    return sorted({s.department for s in sharing.subscriptions if Way.TOPIC in s.ways})
