"""The store loses what the log has: failover to a lagging standby, restores of old backups.

Two real PostgreSQL servers; the service runs on, its store changes under it at the same address.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner

from hotline.cli.adopt import command as adopt
from hotline.cli.heal import command as heal
from hotline.cli.place import Place
from hotline.cli.verify import verify
from hotline.dev.stack import StackInfo
from services.kernel.cloudevents import to_record
from services.kernel.commands import Answer
from services.kernel.facts import Append, Appended, Fact, NewFact
from services.kernel.healing import Healer
from services.kernel.names import TICKETS, bucket_of, topic_of
from services.kernel.runtime import Runtime
from services.kernel.service import Service
from services.kernel.store import BucketForked, StoreUnavailable
from services.kernel.store_pg import PostgresStore
from services.kernel.watching import Watch
from services.kernel.writer import Overloaded
from tests.support.desks import NoteProgress, desk, echo
from tests.support.loops import BUCKETS, Loop, real_loop, wait_until
from tests.support.servers import Servers, servers


async def note(runtime: Runtime, ticket: str, words: str) -> Answer:
    """A command over HTTP, which is named by the facts that it brings."""
    assert runtime.performer is not None
    key = f"{ticket}-{words}"
    return await runtime.performer.perform(
        ticket,
        NoteProgress(runtime.clock.now(), "clerk", words),
        sender="web",
        key=key,
        body_hash=words.encode(),
        meta={"command_id": f"web/{key}", "by": "clerk"},
    )


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
        services = ["dispatch", "deadline"]
        found = await asyncio.to_thread(verify, self.place(), services, processes=1)
        assert [what for r in found.reports for what in r.findings] == []

    def place(self) -> Place:
        assert self.loop.info is not None
        kafka = self.loop.info.bootstrap
        return Place(kafka, self.servers.dsn, self.loop.namespace, "nyc", BUCKETS)


async def healing(loop: Loop, service: Service) -> Runtime:
    """One process' worth of a service, which watches over its ledger as every process does."""
    ready: list[Watch] = []

    def before_start(runtime: Runtime) -> Awaitable[None]:
        store = cast(PostgresStore, runtime.store)
        healer = Healer(service, store, runtime.bus, runtime.clock, loop.namespace, BUCKETS)
        watch = Watch(healer, runtime.clock, runtime.worker, runtime.meter)
        runtime.watched(watch.run, lambda: watch.healed)
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


async def test_what_was_healed_is_told_and_its_commands_are_not_done_twice(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "hotline.healing")
    come_back = await yesterdays_backup(town.servers)
    await town.work(10)
    await come_back()
    await town.work(1)
    healed = re.findall(r"healed: (\d+) facts read back, another server: True", caplog.text)
    assert (await town.desk.readiness())["healed"]
    assert sum(map(int, healed)) >= 20  # ten notes and what the echo made of them
    again = await note(town.desk, "t25", "called")
    (fact,) = await notes_of(town, "t25")
    assert (again.status, again.position) == (201, f"dispatch/{fact.bucket}/{fact.position}")
    assert len(await notes_of(town, "t25")) == 1
    await town.sound()


async def notes_of(town: Town, ticket: str) -> list[Fact]:
    bucket = bucket_of(ticket, BUCKETS)
    return (await town.desk.store.load([(bucket, ticket)]))[ticket]


# Forks: the same position, other bytes


async def forked(town: Town, bucket: int) -> tuple[str, str]:
    """A former primary relayed a fact that the ledger does not have, and the ledger has another at
    its position. The tickets of both."""
    names = (f"f{n}" for n in range(999))
    ours, theirs = (next(t for t in names if bucket_of(t, BUCKETS) == bucket) for _ in range(2))
    await town.loop.runtimes["dispatch-0"].stop()
    store = cast(PostgresStore, town.desk.store)
    position = (await store.next_positions([bucket]))[bucket]
    template = (await store.page(bucket, 1, 1))[0]
    template.stage = desk().codec.stages[template.type]
    fact = replace(template, ticket=theirs, version=1, position=position)
    await town.loop.bus().publish([to_record(fact, topic_of(town.loop.namespace, TICKETS))])
    new = NewFact(fact.type, fact.data, fact.time, b'{"by":"clerk"}')
    (done,) = await store.append([Append(bucket, ours, 0, [new])])
    assert isinstance(done, Appended)
    assert done.position == position
    return ours, theirs


async def test_a_forked_bucket_stands_still_until_adopt_and_loses_nothing(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    bucket = bucket_of("t1", BUCKETS)
    ours, theirs = await forked(town, bucket)
    again = await healing(town.loop, desk())
    town.desk = again
    assert f"bucket {bucket} is forked at position" in caplog.text
    assert again.meter.forked._value.get() == 1
    with pytest.raises(BucketForked):
        await note(again, ours, "later")
    healthy = next(t for t in map(str, range(99)) if bucket_of(t, BUCKETS) != bucket)
    await note(again, healthy, "called")  # nobody else's bucket stands
    place = town.place()
    found = await asyncio.to_thread(verify, place, ["dispatch"], processes=1)
    assert not found.ok
    where = ["--kafka", place.kafka, "--dsn", place.dsn, "--namespace", place.namespace]
    where += ["--buckets", str(BUCKETS)]
    run = CliRunner().invoke
    said = await asyncio.to_thread(run, heal, ["dispatch", *where], standalone_mode=True)
    assert said.exit_code == 0  # what is marked is not found anew
    said = await asyncio.to_thread(run, adopt, ["dispatch", str(bucket), "--yes", *where])
    assert said.exit_code == 0, said.output
    assert "incarnation 2: 1 facts taken from the log, 1 of ours put behind them, 0" in said.output
    refused = await asyncio.to_thread(run, adopt, ["dispatch", str(bucket), "--yes", *where])
    assert "is not forked" in refused.output

    async def works() -> bool:
        try:
            await note(again, ours, "later")
        except StoreUnavailable:
            return False
        return True

    await wait_until(works, 10.0, "appending again")
    topic = topic_of(town.loop.namespace, TICKETS)

    async def relayed() -> bool:
        end = (await again.store.next_positions([bucket]))[bucket]
        return (await again.store.expected(topic, bucket)).get("dispatch", 1) == end

    await wait_until(relayed, 10.0, "relaying under the next incarnation")
    found = await asyncio.to_thread(verify, place, ["dispatch"], processes=1)
    assert [what for r in found.reports for what in r.findings] == []
    assert len(await notes_of(town, theirs)) == 1
    assert len(await notes_of(town, ours)) == 2
    await late_zombie(town, bucket)


async def late_zombie(town: Town, bucket: int) -> None:
    """Who has not heard of the fork sends a fact at the very next position: nobody applies it."""
    store, topic = town.desk.store, topic_of(town.loop.namespace, TICKETS)
    position = (await store.next_positions([bucket]))[bucket]
    (last,) = await store.page(bucket, position - 1, 1)
    last.stage = desk().codec.stages[last.type]
    stale = replace(last, position=position, version=last.version + 1)
    await town.loop.bus().publish([to_record(stale, topic)])
    await note(town.desk, last.ticket, "after the zombie")

    async def applied() -> bool:
        return (await town.echo.store.expected(topic, bucket)).get("dispatch", 1) > position

    await wait_until(applied, 10.0, "the next fact")
    found = await asyncio.to_thread(verify, town.place(), ["dispatch"], processes=1)
    assert [what for r in found.reports for what in r.findings] == []
