"""Ready: joined its group once, the ledger healed, no part ended, the store reachable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from services.kernel.bus import BusUnavailable
from services.kernel.healing import Healer
from services.kernel.measure import Meter
from services.kernel.runtime import Runtime
from services.kernel.store import StoreUnavailable
from services.kernel.watching import Watch
from services.kernel.worker import Worker
from tests.support.desks import desk
from tests.support.loops import MachineClock, memory_loop, wait_until

READY = {"joined": True, "healed": True, "running": True, "store": True}


async def test_it_is_ready_once_it_has_joined_its_group() -> None:
    before: dict[str, bool] = {}

    async def look(runtime: Runtime) -> None:
        before.update(await runtime.readiness())

    async with memory_loop("ready") as loop:
        runtime = await loop.run(desk(), before_start=look)
        assert before == READY | {"joined": False}
        assert await runtime.readiness() == READY


async def test_it_is_not_ready_while_its_store_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away() -> None:
        raise StoreUnavailable

    async def silent() -> None:
        await asyncio.Event().wait()

    async with memory_loop("ready") as loop:
        runtime = await loop.run(desk())
        for clock in (away, silent):
            monkeypatch.setattr(runtime.store, "database_clock", clock)
            assert await runtime.readiness() == READY | {"store": False}
        monkeypatch.undo()
        assert await runtime.readiness() == READY


async def test_it_is_not_ready_once_a_part_has_ended() -> None:
    async def ends() -> None:
        return

    async def with_a_part(runtime: Runtime) -> None:
        runtime.add("short", ends)

    async with memory_loop("ready") as loop:
        runtime = await loop.run(desk(), before_start=with_a_part)
        assert await runtime.readiness() == READY | {"running": False}


class OtherServer:
    """A ledger whose store becomes another server; healing fails once, then takes its time."""

    def __init__(self) -> None:
        self.moved = False
        self.go_on = asyncio.Event()
        self.outcomes: Iterator[Exception | None] = iter([None, BusUnavailable("away"), None])

    async def is_healed(self) -> bool:
        return not self.moved

    async def forked(self) -> list[int]:
        return []

    async def heal(self) -> None:
        if self.moved:
            await self.go_on.wait()
        if error := next(self.outcomes):
            raise error
        self.moved = False


class StillWorker:
    def __init__(self) -> None:
        self.alone, self.healed = asyncio.Lock(), asyncio.Event()


async def test_it_is_not_ready_until_the_ledger_is_healed_on_another_server() -> None:
    registry, healer, worker = CollectorRegistry(), OtherServer(), StillWorker()
    watch = Watch(
        cast(Healer, healer), MachineClock(), cast(Worker, cast(Any, worker)), Meter(registry)
    )

    async def still() -> None:
        await asyncio.Event().wait()

    async def watched(runtime: Runtime) -> None:
        runtime.watched(still, lambda: watch.healed)

    def gauge() -> float | None:
        return registry.get_sample_value("hotline_ledger_healed")

    async with memory_loop("ready") as loop:
        runtime = await loop.run(desk(), before_start=watched)
        assert (await runtime.readiness(), gauge()) == (READY | {"healed": False}, 0)
        await watch.start()
        assert (await runtime.readiness(), gauge()) == (READY, 1)
        healer.moved = True
        tick = asyncio.create_task(watch.tick())

        async def noticed() -> bool:
            return not watch.healed

        await wait_until(noticed)
        assert (await runtime.readiness(), gauge()) == (READY | {"healed": False}, 0)
        healer.go_on.set()
        with pytest.raises(BusUnavailable):
            await tick
        assert (await runtime.readiness(), gauge()) == (READY | {"healed": False}, 0)
        await watch.tick()
        assert (await runtime.readiness(), gauge()) == (READY, 1)
