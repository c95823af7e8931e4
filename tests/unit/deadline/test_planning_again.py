"""A bucket that is behind when a calendar takes effect is planned twice (R27)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from services.deadline.adapters.replanning import LOOK_S, keep_planned
from services.kernel.clock import ManualClock
from services.kernel.facts import NEVER
from tests.support.virtual import START

END = START + timedelta(days=1)
EFFECTIVE = START + timedelta(minutes=1)
BUCKET, VERSION = 3, 7


class Clocks:
    """Knows which buckets were looked at, and of which it was said that they are done."""

    def __init__(self) -> None:
        self.looked_at: list[int] = []
        self.done: dict[int, int] = {}

    async def planned_by(self) -> dict[int, int]:
        return self.done

    async def set_planned_by(self, bucket: int, version: int) -> None:
        self.done[bucket] = version

    async def open_tickets(self, place: tuple[int, str], limit: int) -> list[tuple[int, str]]:
        self.looked_at.append(place[0])
        return []


async def test_r27_what_happened_before_a_notice_and_is_read_later_is_planned_too() -> None:
    clock, clocks, row = ManualClock(START), Clocks(), SimpleNamespace(expected={})
    inbox = SimpleNamespace(tickets="t", rows={("t", BUCKET): row}, buckets=lambda: {BUCKET})
    read = [NEVER]
    proof = SimpleNamespace(
        all_until=lambda sources, *_: read[0] if sources == ("deadline",) else END
    )
    service = SimpleNamespace(name="deadline")
    runtime: Any = SimpleNamespace(clock=clock, inbox=inbox, proof=proof, service=service)
    calendar = SimpleNamespace(id="cn", version="2")
    rules: Any = SimpleNamespace(
        calendar_version=lambda at: VERSION if at >= EFFECTIVE else 0,
        city=lambda _: SimpleNamespace(calendar=calendar),
    )
    working = asyncio.create_task(keep_planned(runtime, clocks, rules))  # type: ignore[arg-type]

    async def looks(read_until: datetime) -> list[int]:
        clocks.looked_at.clear()
        read[0] = read_until
        for _ in range(3):
            await asyncio.sleep(0)
            clock.advance(seconds=LOOK_S)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return list(clocks.looked_at)

    try:
        assert await looks(NEVER) == []
        clock.advance(minutes=2)
        assert (await looks(START), clocks.done) == ([BUCKET], {})
        assert (await looks(EFFECTIVE - timedelta(milliseconds=1)), clocks.done) == ([], {})
        assert (await looks(EFFECTIVE), clocks.done) == ([BUCKET], {BUCKET: VERSION})
        assert await looks(EFFECTIVE) == []
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
