"""A poison record stops its ticket only; an operator sees why, and decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from click.testing import CliRunner, Result

from hotline.cli import parked as cli
from hotline.cli.place import Place
from hotline.dev.stack import StackInfo
from services.kernel.bus import Outgoing
from services.kernel.bus_memory import MemoryRecord
from services.kernel.facts import Fact
from services.kernel.names import PARKED, bucket_of, topic_of
from services.kernel.parked_pg import PostgresParked
from services.kernel.parking import spoiled
from services.kernel.releasing import Releaser
from services.kernel.runtime import Runtime
from services.kernel.store_pg import PostgresStore
from tests.integration.kernel.test_loop import note
from tests.support.desks import SeenNote, Start, desk, echo, echo_react
from tests.support.loops import BUCKETS, Loop, real_loop, wait_until
from tests.support.past import execute

BAD = "bad"
HEALTHY = next(t for t in map(str, range(99)) if bucket_of(t, BUCKETS) == bucket_of(BAD, BUCKETS))


@dataclass
class Town:
    """A desk, and an echo whose code can be mended."""

    loop: Loop
    place: Place
    desk: Runtime
    echo: Runtime
    announced: list[tuple[Fact, bool]]
    mended: bool = False

    async def ask(self, *words: str) -> Result:
        """An operator at the command line."""
        where = ["--kafka", self.place.kafka, "--dsn", self.place.dsn]
        where += ["--namespace", self.place.namespace, "--buckets", str(BUCKETS)]
        command = cli.command
        run = CliRunner().invoke
        return await asyncio.to_thread(run, command, [*words, "--service", "deadline", *where])

    async def started(self, ticket: str, note: str) -> bool:
        loaded = await self.echo.store.load([(bucket_of(ticket, BUCKETS), ticket)])
        return any(note.encode() in f.data for f in loaded.get(ticket, []))


@pytest.fixture
async def town(stack: StackInfo, namespace: str) -> AsyncIterator[Town]:
    async with real_loop(stack, namespace) as loop:
        made: Town

        def react(event: SeenNote, state: frozenset[str], at: datetime) -> Sequence[Start]:
            if made.mended and event.note == "poison":
                return [Start(at, "mended", at)]
            return echo_react(event, state, at)

        async def announce(facts: Sequence[Fact], *, released: bool) -> None:
            made.announced.extend((f, released) for f in facts)

        service = echo()
        assert service.decider is not None
        service = replace(service, decider=replace(service.decider, react=react), announce=announce)
        first, second = await loop.run(desk()), await loop.run(service)
        place = Place(stack.bootstrap, stack.dsn, namespace, "nyc", BUCKETS)
        made = Town(loop, place, first, second, [])
        pool = cast(PostgresStore, second.store).pool
        vault = PostgresParked(pool, "deadline", namespace)
        releaser = Releaser(vault, second.inbox.buckets, second.worker.release, second.clock)
        working = asyncio.create_task(releaser.run())
        for words in ("poison", "later"):
            await note(first, BAD, words)
        await note(first, HEALTHY, "called")

        async def parked() -> bool:
            return len(await second.store.parked_records(BAD, 9)) == 2

        await wait_until(parked, what="parking")
        yield made
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_a_poison_record_stops_its_ticket_only_and_the_operator_sees_why(town: Town) -> None:
    await wait_until(lambda: town.started(HEALTHY, "called"), what="the other ticket")
    record = MemoryRecord("hotline.commands.v1", 1, 7, 0, None, b"?", [])
    lost: Outgoing = spoiled(record, "no key", town.place.namespace, "deadline")
    await town.loop.bus().publish([lost])
    table = await town.ask("list")
    assert "ZeroDivisionError: this note makes the code fail" in table.stdout
    assert "could read no ticket from hotline.commands.v1/1/7: no key" in table.stdout
    shown: Any = orjson.loads((await town.ask("list", "--json")).stdout)
    assert [(t["ticket"], t["records"]) for t in shown["tickets"]] == [(BAD, 2)]
    first, second = orjson.loads((await town.ask("show", BAD, "--json")).stdout)
    assert first["type"] == "hotline.dispatch.v1.ProgressNoted"
    assert second["reason"] == "waits behind an earlier record of its ticket"
    assert "ZeroDivisionError" in (await town.ask("show", BAD)).stdout


async def test_a_retry_that_fails_again_changes_nothing_and_says_why(town: Town) -> None:
    done = await town.ask("retry", BAD)
    assert done.exit_code == 1
    assert "it still fails: ZeroDivisionError: this note makes the code fail" in done.stdout
    assert len(await town.echo.store.parked_records(BAD, 9)) == 2


async def test_a_retry_after_the_mend_applies_everything_in_order(town: Town) -> None:
    town.mended = True
    town.announced.clear()
    done = await town.ask("retry", BAD, "--by", "ops")
    assert (done.exit_code, done.stdout) == (0, "deadline: 2 records applied\n")
    assert await town.started(BAD, "mended")
    assert await town.started(BAD, "later")
    told = [f for f, _ in town.announced if f.ticket == BAD and f.source == "dispatch"]
    assert told == []  # the live views heard of them when they were read
    await note(town.desk, BAD, "again")
    await wait_until(lambda: town.started(BAD, "again"), what="the ticket going on")
    assert (await town.ask("list")).stdout == "No ticket is parked.\n"


async def test_a_drop_is_asked_for_twice_and_kept_on_record(town: Town) -> None:
    assert (await town.ask("drop", BAD)).exit_code == 1  # nobody said yes
    done = await town.ask("drop", BAD, "--yes", "--by", "ops")
    assert done.stdout == "deadline: 2 records dropped\n"
    assert not await town.started(BAD, "later")
    pool = cast(PostgresStore, town.echo.store).pool
    vault = f"{town.place.namespace}_deadline_vault"
    kept = await pool.fetch(f"select dropped_by, dropped_at from {vault}.parked")
    assert [(r["dropped_by"], r["dropped_at"] is None) for r in kept] == [("ops", False)] * 2
    await note(town.desk, BAD, "again")
    await wait_until(lambda: town.started(BAD, "again"), what="the ticket going on")


async def test_what_nobody_waits_for_and_nobody_owns_is_said(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await town.ask("retry", HEALTHY)
    assert done.exit_code == 1
    assert f"Nothing waits of {HEALTHY}" in done.output
    assert (await town.ask("show", HEALTHY)).exit_code == 1
    town.echo.inbox.let_go(list(town.echo.inbox.rows))
    monkeypatch.setattr(cli, "WAIT_S", 1.0)
    done = await town.ask("retry", BAD)
    assert done.exit_code == 1
    assert "so nothing was done" in done.output
    await execute(
        town.place,
        "insert into {vault}.parked_order (bucket, ticket, action, by) "
        f"values ({bucket_of(BAD, BUCKETS)}, '{BAD}', 'drop', 'somebody')",
        "deadline",
    )
    assert "is open: try again" in (await town.ask("retry", BAD)).output


@pytest.mark.timeout(60)
async def test_records_that_the_topic_has_dropped_since_are_not_waited_for(town: Town) -> None:
    """`hotline.parked.v1` is kept for thirty days, a city for longer."""
    bad = MemoryRecord("hotline.tickets.v1", 0, 9, 0, b"T1", b"?", [])
    bus = town.loop.bus()
    await bus.publish([spoiled(bad, f"reason {n}", town.place.namespace, "deadline") for n in "ab"])
    topic = topic_of(town.place.namespace, PARKED)
    for gone, left in ((1, ["reason b"]), (2, [])):
        await forget(town.place.kafka, topic, gone)
        shown = (await town.ask("list", "--json")).output
        assert [reason for reason in ("reason a", "reason b") if reason in shown] == left


async def forget(bootstrap: str, topic: str, before: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=before)})
    await admin.close()
