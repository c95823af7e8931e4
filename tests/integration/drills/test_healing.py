"""The store loses what the log has: failover to a lagging standby, restores of old backups.

Two real PostgreSQL servers; the service runs on, its store changes under it at the same address.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from hotline.cli.place import Place
from hotline.cli.verify import verify
from hotline.dev.stack import StackInfo
from services.kernel.facts import Fact
from services.kernel.healing import Healer
from services.kernel.names import TICKETS, topic_of
from services.kernel.runtime import Runtime
from services.kernel.service import Service
from services.kernel.store import StoreUnavailable
from services.kernel.store_pg import PostgresStore
from services.kernel.watching import Watch
from services.kernel.writer import Overloaded
from tests.integration.kernel.test_loop import note
from tests.support.desks import desk, echo
from tests.support.loops import BUCKETS, Loop, real_loop, wait_until
from tests.support.servers import Servers, servers


@dataclass
class Town:
    """A desk and an echo over a store that can be exchanged."""

    loop: Loop
    servers: Servers
    desk: Runtime
    echo: Runtime
    noted: int = 0

    async def work(self, count: int) -> None:
        """So many notes, each on a ticket of its own, echoed and read back by everybody."""
        for _ in range(count):
            self.noted += 1
            await self.note()
        await wait_until(self.quiet, 30.0, "reading everything back")

    async def note(self) -> None:
        """As a client does it: again, under the same id, while the answer is 503."""
        give_up = asyncio.get_running_loop().time() + 30.0
        while True:
            try:
                await note(self.desk, f"t{self.noted}", "called")
                return
            except (StoreUnavailable, Overloaded):
                assert asyncio.get_running_loop().time() < give_up
                await asyncio.sleep(0.1)

    async def quiet(self) -> bool:
        """Every note has its clock, and both services have applied all facts of both."""
        try:
            clocks = await self.facts(self.echo)
            counts = [await self.applied(r) for r in (self.desk, self.echo)]
        except StoreUnavailable:
            return False
        started = sum(f.type.endswith("ClockStarted") for f in clocks)
        return started == self.noted and counts == [self.noted + len(clocks)] * 2

    async def applied(self, runtime: Runtime) -> int:
        topic = topic_of(self.loop.namespace, TICKETS)
        found = [await runtime.store.expected(topic, b) for b in range(BUCKETS)]
        return sum(sum(e.values()) - len(e) for e in found)

    async def facts(self, runtime: Runtime) -> list[Fact]:
        return [f for b in range(BUCKETS) for f in await runtime.store.page(b, 1, 9_999)]

    async def sound(self) -> None:
        """Nothing lost, nothing twice, ledger and log the same."""
        notes, clocks = await self.facts(self.desk), await self.facts(self.echo)
        assert sorted(f.ticket for f in notes) == sorted(f"t{n + 1}" for n in range(self.noted))
        started = [f.ticket for f in clocks if f.type.endswith("ClockStarted")]
        assert sorted(started) == sorted(f.ticket for f in notes)
        missed = [f.ticket for f in clocks if f.type.endswith("DeadlineMissed")]
        assert len(missed) == len(set(missed))
        assert self.loop.info is not None
        place = Place(
            self.loop.info.bootstrap, self.servers.dsn, self.loop.namespace, "nyc", BUCKETS
        )
        found = await asyncio.to_thread(verify, place, ["dispatch", "deadline"], processes=1)
        assert [what for r in found.reports for what in r.findings] == []


async def healing(loop: Loop, service: Service) -> Runtime:
    """One process' worth of a service, which watches over its ledger as every process does."""
    ready: list[Watch] = []

    def before_start(runtime: Runtime) -> Awaitable[None]:
        store = cast(PostgresStore, runtime.store)
        healer = Healer(service, store, runtime.bus, runtime.clock, loop.namespace, BUCKETS)
        worker = runtime.worker
        watch = Watch(healer, runtime.clock, worker.alone, worker.healed, runtime.meter)
        runtime.add("healing", watch.run)
        ready.append(watch)
        return watch.start()

    return await loop.run(service, before_start=before_start)


@pytest.fixture
async def town(stack: StackInfo, namespace: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with servers(tmp_path / "servers") as pair:
        info = StackInfo(stack.bootstrap, pair.dsn)
        async with real_loop(info, namespace) as loop:
            made = Town(loop, pair, await healing(loop, desk()), await healing(loop, echo()))
            await made.work(20)
            yield made


Restore = Callable[[Servers], Awaitable[None]]


async def lagging_standby(pair: Servers) -> Callable[[], Awaitable[None]]:
    """It followed, it was cut off, and now it has to stand in."""
    await pair.base_backup("first", "second", standby=True)

    async def fail_over() -> None:
        await pair.kill("first")
        await pair.promote(await pair.start("second"))

    return fail_over


async def yesterdays_backup(pair: Servers) -> Callable[[], Awaitable[None]]:
    await pair.base_backup("first", "second", standby=False)

    async def restore() -> None:
        await pair.stop("first")
        await pair.start("second")

    return restore


async def snapshot_of_the_files(pair: Servers) -> Callable[[], Awaitable[None]]:
    await pair.kill("first")
    await pair.snapshot("first", "second")
    await pair.start("first")

    async def restore() -> None:
        await pair.kill("first")
        await pair.start("second")

    return restore


@pytest.mark.parametrize("kept", [lagging_standby, yesterdays_backup, snapshot_of_the_files])
async def test_what_the_store_lost_is_read_back_before_it_takes_anything_new(
    town: Town, kept: Callable[[Servers], Awaitable[Callable[[], Awaitable[None]]]]
) -> None:
    come_back = await kept(town.servers)
    await town.work(20)
    await come_back()
    await town.work(20)  # the first of them comes while the ledger is behind the log
    await town.sound()
