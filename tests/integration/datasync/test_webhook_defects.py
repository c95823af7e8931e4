"""What goes wrong on our side of a webhook: its ticket waits alone, or the process says so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.datasync.adapters.measure import DeliveryMeter
from services.datasync.adapters.sender import Answer
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.webhook import WebhookDelivery
from services.kernel.clock import ManualClock
from tests.integration.datasync.department import ENDPOINT, Department
from tests.integration.datasync.stores import ALL_BUCKETS, Kept
from tests.integration.datasync.test_webhook_delivery import (
    WHOLE,
    delivered,
    delivering,
    loops,
    until_kept,
)
from tests.unit.datasync.tickets import SHARING


def odd(entries: Any) -> Answer:
    """An endpoint that the HTTP library cannot make sense of, for one ticket."""
    if any(e["ticket_id"] == "A" for e in entries):
        raise RuntimeError("no such state of the connection")
    return Answer(200)


async def test_a_message_that_cannot_be_sent_waits_like_one_that_is_not_taken(
    kept: Kept, clock: ManualClock
) -> None:
    department = Department(odd)
    await kept.read(loops("A", "B").facts)
    async with delivering(kept, department, clock):
        await until_kept(kept, 6)
        (row,) = await kept.feeds.waiting("dot", ALL_BUCKETS)
        assert (row.ticket, row.reason) == ("A", "RuntimeError while it was sent")
        department.reply = lambda entries: Answer(200)
        clock.advance(seconds=10)
        async with asyncio.timeout(5):
            while delivered(department, "A") != WHOLE:
                await asyncio.sleep(0.002)
    assert delivered(department, "B") == WHOLE


async def test_a_broken_promise_of_ours_ends_the_delivery(kept: Kept, clock: ManualClock) -> None:
    def never(entries: Any) -> Answer:
        raise AssertionError("two in flight for one ticket")

    await kept.read(loops("A").facts)
    meter = DeliveryMeter(CollectorRegistry())
    delivery = WebhookDelivery(
        "dot", ENDPOINT, Serving(SHARING), kept.feeds, Department(never), clock, meter
    )
    delivery.own(ALL_BUCKETS)
    with pytest.raises(AssertionError, match="two in flight"):
        await asyncio.wait_for(delivery.run(), 5)
