"""A loop that is kept busy is seen."""

from __future__ import annotations

import asyncio
import time

from prometheus_client import CollectorRegistry

from services.kernel.loop_lag import EVERY_S, watch


async def test_what_blocks_the_loop_is_seen() -> None:
    registry = CollectorRegistry()
    task = asyncio.create_task(watch(registry))
    await asyncio.sleep(EVERY_S / 2)
    time.sleep(EVERY_S + 0.06)  # noqa: ASYNC251 - that is what is to be seen
    await asyncio.sleep(0.01)
    task.cancel()

    def seen(le: str) -> float | None:
        return registry.get_sample_value("hotline_event_loop_lag_seconds_bucket", {"le": le})

    assert seen("+Inf") == 1
    assert seen("0.05") == 0
