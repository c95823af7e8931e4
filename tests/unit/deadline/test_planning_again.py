"""When the owner of a bucket plans it again by a calendar that takes effect (R27)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.deadline.adapters.replanning import LOOK_S, keep_planned
from services.kernel.clock import ManualClock
from services.kernel.facts import NEVER
from services.kernel.store import StoreUnavailable
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


class Desk:
    """Keeps one bucket planned by rules of which a version takes effect at EFFECTIVE."""

    def __init__(self, clocks: Clocks) -> None:
        self.clock, self.clocks, self.read_until = ManualClock(START), clocks, NEVER
        row = SimpleNamespace(expected={})
        inbox = SimpleNamespace(tickets="t", rows={("t", BUCKET): row}, buckets=lambda: {BUCKET})
        proof = SimpleNamespace(
            all_until=lambda sources, *_: self.read_until if sources == ("deadline",) else END
        )
        self.runtime: Any = SimpleNamespace(
            clock=self.clock, inbox=inbox, proof=proof, service=SimpleNamespace(name="deadline"),
            states="states", place=SimpleNamespace(buckets=BUCKET + 1), store="store",
        )  # fmt: skip
        calendar = SimpleNamespace(id="cn", version="2")
        self.rules: Any = SimpleNamespace(
            calendar_version=lambda at: VERSION if at >= EFFECTIVE else 0,
            city=lambda _: SimpleNamespace(calendar=calendar),
        )

    async def looks(self, read_until: datetime, times: int = 3) -> list[int]:
        """Where it looked, having read so far."""
        self.clocks.looked_at.clear()
        self.read_until = read_until
        for _ in range(times):
            await asyncio.sleep(0)
            self.clock.advance(seconds=LOOK_S)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return list(self.clocks.looked_at)


@asynccontextmanager
async def keeping(clocks: Clocks) -> AsyncIterator[Desk]:
    desk = Desk(clocks)
    work = keep_planned(desk.runtime, clocks, desk.rules)  # type: ignore[arg-type]
    working = asyncio.create_task(work)
    try:
        yield desk
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_r27_what_happened_before_a_notice_and_is_read_later_is_planned_too() -> None:
    async with keeping(clocks := Clocks()) as desk:
        assert await desk.looks(NEVER) == []
        desk.clock.advance(minutes=2)
        assert (await desk.looks(START), clocks.done) == ([BUCKET], {})
        before = EFFECTIVE - timedelta(milliseconds=1)
        assert (await desk.looks(before), clocks.done) == ([], {})
        assert (await desk.looks(EFFECTIVE), clocks.done) == ([BUCKET], {BUCKET: VERSION})
        assert await desk.looks(EFFECTIVE) == []


class OneTicket(Clocks):
    """With one open ticket in the bucket."""

    async def open_tickets(self, place: tuple[int, str], limit: int) -> list[tuple[int, str]]:
        if place[1]:
            return []
        self.looked_at.append(place[0])
        return [(BUCKET, "T1")]


@pytest.mark.parametrize("fault", ["left", "unavailable"])
async def test_r27_a_bucket_in_which_a_ticket_could_not_be_moved_is_planned_again_until_it_is(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = True

    async def replan(*_: Any) -> tuple[list[Any], list[str]]:
        if failing and fault == "unavailable":
            raise StoreUnavailable("it is away")
        return [], ["T1"] if failing else []

    made = SimpleNamespace(replan=replan)
    monkeypatch.setattr("services.deadline.adapters.replanning.Replanner", lambda *_: made)
    async with keeping(clocks := OneTicket()) as desk:
        desk.clock.advance(minutes=2)
        assert (await desk.looks(EFFECTIVE), clocks.done) == ([BUCKET] * 3, {})
        failing = False
        assert (await desk.looks(EFFECTIVE), clocks.done) == ([BUCKET], {BUCKET: VERSION})
