"""How late the event loop is: whatever takes long in it makes everybody wait."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Histogram

EVERY_S = 0.25


async def watch(registry: CollectorRegistry) -> None:
    """Until cancelled."""
    late = Histogram(
        "hotline_event_loop_lag_seconds",
        "How late a timer of the event loop comes.",
        buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0),
        registry=registry,
    )
    now = asyncio.get_running_loop().time
    while True:
        due = now() + EVERY_S
        await asyncio.sleep(EVERY_S)
        late.observe(max(0.0, now() - due))
