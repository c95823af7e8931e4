"""Brokers and store are lost under load, on real clusters of this machine: nothing is lost."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from click.testing import CliRunner

from hotline.cli.dev import command
from hotline.dev.probes import kafka_answers
from hotline.dev.senders import city_senders, make_senders
from hotline.dev.services import services
from hotline.dev.stack import Stack, erase
from services.kernel.bus_kafka import KafkaBus
from services.kernel.names import TICKETS
from services.kernel.tokens import dev_token
from tests.integration.ops.conftest import MATTER
from tests.support.drills import LONG
from tests.support.stack import ROOT, new_namespace

PACE_S = 0.05
LONGEST_S = 30.0
LATER = 300 if LONG else 10
MEANWHILE = 40
# What intake has appended and not read back from the topic.
UNPUBLISHED = """
select sum(b.next_position - 1) - coalesce(sum((i.expected ->> 'intake')::bigint - 1), 0)
from intake.bucket b
left join intake.inbox i on i.topic = 'hotline.tickets.v1' and i.partition = b.bucket
"""


def silent(_: str) -> None:
    """Nobody waits for progress."""


@dataclass
class Load:
    """Matters posted one after the other; who is not answered sends the same again."""

    http: httpx.AsyncClient
    accepted: list[str] = field(default_factory=list)
    phases: dict[str, list[float]] = field(default_factory=dict)
    phase: str = "before"

    async def run(self) -> None:
        """Until cancelled; the time to the answer counts from the first try."""
        number = 0
        while True:
            number += 1
            began = time.perf_counter()
            ticket = await self._post(f"m{number}")
            self.phases.setdefault(self.phase, []).append(time.perf_counter() - began)
            self.accepted.append(ticket)
            await asyncio.sleep(PACE_S)

    async def _post(self, key: str) -> str:
        while True:
            try:
                answer = await self.http.post(
                    "/v1/tickets", json=MATTER, headers={"Idempotency-Key": key}
                )
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == 201:
                found: str = answer.json()["ticket"]
                return found
            assert answer.status_code in (500, 503), answer.text
            await asyncio.sleep(0.1)

    async def more(self, matters: int) -> None:
        """Until so many were accepted in this phase."""
        async with asyncio.timeout(LONGEST_S):
            while len(self.phases.get(self.phase, ())) < matters:
                await asyncio.sleep(0.1)

    def table(self) -> str:
        """Latency by phase, in ms."""
        lines = [f"{'phase':<24}{'matters':>8}{'p50 ms':>9}{'max ms':>9}"]
        for name, seconds in self.phases.items():
            p50, most = statistics.median(seconds) * 1000, max(seconds) * 1000
            lines.append(f"{name:<24}{len(seconds):>8}{p50:>9.1f}{most:>9.1f}")
        return "\n".join(lines)


@asynccontextmanager
async def under_load(running: Stack, run_dir: Path) -> AsyncIterator[Load]:
    """Intake at work, and matters coming in."""
    make_senders(run_dir, city_senders([]))
    async with services(
        running.info, "", run_dir=run_dir, city="nyc", only=("intake",), say=silent
    ) as up:
        token = dev_token("channel", "web", run_dir=run_dir)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            base_url=up.urls["intake"], headers=headers, timeout=15.0, trust_env=False
        ) as http:
            load = Load(http)
            task = asyncio.create_task(load.run())
            try:
                await asyncio.sleep(2.0)
                yield load
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def on_the_topic(bootstrap: str, wanted: set[str]) -> set[str]:
    """Tickets of which a fact stands in the topic, once all wanted do, or after the time."""
    bus = KafkaBus(bootstrap, "test", lambda: datetime.now(UTC))
    reader = await bus.reader([(TICKETS, p) for p in range(24)], from_end=False)
    seen: set[str] = set()
    give_up = time.monotonic() + LONGEST_S
    try:
        while not wanted <= seen and time.monotonic() < give_up:
            seen |= {(r.key or b"").decode() for r in await reader.fetch(500, 0.2)}
    finally:
        await reader.stop()
        await bus.close()
    return seen


async def in_sync(bootstrap: str, copies: int) -> None:
    """Every partition of the tickets has so many copies, all of them in sync."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2_000)
    await admin.start()
    try:
        async with asyncio.timeout(LONGEST_S):
            while await _copies(admin) != {copies}:
                await asyncio.sleep(0.2)
    finally:
        await admin.close()


async def _copies(admin: AIOKafkaAdminClient) -> set[int]:
    """How many copies of the partitions are in sync; none where the broker that was asked is away,
    as the client, which asks another the next time, does not know."""
    try:
        [topic] = await admin.describe_topics([TICKETS])
    except KafkaError:
        return set()
    return {len(p["isr"]) for p in topic["partitions"]}


@pytest.fixture
def root() -> Iterator[Path]:
    ROOT.mkdir(parents=True, exist_ok=True)
    place = ROOT / new_namespace()
    yield place
    erase(place)


async def test_brokers_and_store_are_lost_one_after_the_other_and_nothing_is_lost(
    root: Path,
) -> None:
    async with (
        Stack(root, say=silent, brokers=3, standby=True, wires=True) as running,
        under_load(running, root / "city") as load,
    ):
        bootstrap, dsn = running.info.bootstrap, running.info.dsn
        assert bootstrap.count(",") == 2
        await in_sync(bootstrap, 3)
        await _lose_brokers(running, load)
        await in_sync(bootstrap, 3)
        await _lose_the_majority(running, load)
        await in_sync(bootstrap, 3)
        assert await value(dsn, "select sync_state from pg_stat_replication") == "sync"
        load.phase = "store killed"
        await running.kill("postgres")
        await running.promote()
        load.phase = "standby promoted"
        await load.more(10)
        accepted = set(load.accepted)
        kept = await value(dsn, "select array_agg(distinct stream) from intake.event")
        assert accepted <= set(kept)
        assert accepted <= await on_the_topic(bootstrap, accepted)
    sys.stderr.write(f"\n{load.table()}\n")
    assert len(load.phases) >= 9, "work went on in every phase"
    assert max(max(seconds) for seconds in load.phases.values()) < LONGEST_S


async def _lose_brokers(running: Stack, load: Load) -> None:
    """One is killed and comes back, then another lives on where nobody reaches it."""
    load.phase = "one broker killed"
    await running.kill("kafka-2")
    await asyncio.sleep(3.0)
    load.phase = "it comes back"
    await running.restart("kafka-2")
    await in_sync(running.info.bootstrap, 3)
    load.phase = "another cut off"
    running.cut_off("kafka-3")
    others, _, lonely = running.info.bootstrap.rpartition(",")
    await in_sync(others, 2)  # its session is over: the others have taken its partitions
    assert psutil.Process(running.pid("kafka-3")).status() != psutil.STATUS_STOPPED
    assert not await kafka_answers(lonely)(), "it lives, and nobody reaches it"
    load.phase = "the others lead"
    await load.more(LATER)
    load.phase = "it is reached again"
    running.join("kafka-3")  # and believes for a moment that it leads
    await load.more(LATER)


async def _lose_the_majority(running: Stack, load: Load) -> None:
    """With one broker of three nothing is published, and matters are accepted all the same."""
    load.phase = "two of three cut off"
    for name in ("kafka-2", "kafka-3"):
        running.cut_off(name)
    await load.more(MEANWHILE)
    behind = await value(running.info.dsn, UNPUBLISHED)
    assert behind >= MEANWHILE // 2, f"{behind} facts wait for the brokers"
    load.phase = "they are reached again"
    for name in ("kafka-2", "kafka-3"):
        running.join(name)
    await load.more(MEANWHILE)


async def value(dsn: str, sql: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_two_brokers_are_no_cluster() -> None:
    done = CliRunner().invoke(command, ["up", "--brokers", "2"])
    assert done.exit_code == 2
    assert "no majority" in done.output
