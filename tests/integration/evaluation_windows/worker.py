"""The live views' process on the real broker, as `hotline run` starts it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError

from hotline.dev.services import Services, services
from hotline.dev.stack import StackInfo
from hotline.programs import WINDOWS
from services.evaluation.adapters.figures import MeasuresFeed
from services.evaluation.adapters.registry import load
from services.evaluation.adapters.windows_topics import APP, changelog_topics, source_topic
from services.evaluation.domain.views import COUNTS
from services.evaluation.faust_app import REBALANCE_S, SESSION_S
from services.kernel.bus_kafka import KafkaBus
from services.kernel.facts import Fact
from services.kernel.names import topic_of
from services.kernel.tokens import dev_token
from services.kernel.topics import make_topics
from tests.integration.evaluation_windows.measures import by_key, expected
from tests.unit.evaluation.windows import Rows

CITY = "nyc"
KEEP = load(CITY).keep
# A killed member stays in its group for its session, and whoever joins meanwhile may have to join
# once more: twice that, and then what counting takes.
WAIT_S = 2 * (SESSION_S + REBALANCE_S) + 30.0


class Worker:
    """It runs; `feed` is how evaluation publishes to it."""

    def __init__(self, info: StackInfo, namespace: str, run_dir: Path, running: Services) -> None:
        self.info, self.namespace, self.run_dir = info, namespace, run_dir
        self.running = running
        self.bus = KafkaBus(info.bootstrap, "test", lambda: datetime.now(UTC))
        self.feed = MeasuresFeed(self.bus, namespace)
        token = dev_token("staff", "staff", run_dir=run_dir)
        self.http = httpx.AsyncClient(
            base_url=running.urls[WINDOWS],
            headers={"Authorization": f"Bearer {token}"},
            timeout=10.0,
            trust_env=False,
        )

    @property
    def log(self) -> str:
        return (self.run_dir / "logs" / f"{WINDOWS}.log").read_text("utf-8")

    async def kill(self) -> None:
        await self.running.kill(WINDOWS)

    async def restart(self) -> None:
        await self.running.restart(WINDOWS)

    async def surges(self) -> list[dict[str, Any]]:
        answer = await self.http.get("/v1/surges", params={"limit": 500})
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return found

    async def windows(self, unit: str) -> dict[str, Rows]:
        """Counts by start of the unit's hours and days; nothing where none is kept."""
        answer = await self.http.get("/v1/windows", params={"unit": unit})
        if answer.status_code == 404:
            return {"hours": {}, "days": {}}
        found = answer.raise_for_status().json()
        return {
            length: {w["start"]: [w[name] for name in COUNTS] for w in found[length]}
            for length in ("hours", "days")
        }

    async def all_windows(self, units: Iterable[str]) -> dict[str, dict[str, Rows]]:
        return {unit: await self.windows(unit) for unit in units}

    async def shows(self, facts: Sequence[Fact]) -> dict[str, dict[str, Rows]]:
        """What it must show of the units of these facts, once it does."""
        wanted = {k: expected(m, KEEP) for k, m in by_key(facts).items() if "@" not in k}

        shown: dict[str, dict[str, Rows]] = {}

        async def equal() -> bool:
            shown.update(await self.all_windows(wanted))
            return shown == wanted

        with suppress(TimeoutError):
            await until(equal, WAIT_S)
        assert shown == wanted, self.log[-2_000:]
        return wanted

    async def until_it_shows_other_than(self, shown: dict[str, dict[str, Rows]]) -> None:
        """Some measure of these units was counted since."""

        async def differs() -> bool:
            return await self.all_windows(shown) != shown

        await until(differs, WAIT_S)

    async def forget(self) -> None:
        """Lose all that was kept: the tables' topics, and how far the measures were read."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.info.bootstrap)
        await admin.start()
        try:
            names = [topic_of(self.namespace, topic.name) for topic in changelog_topics()]
            await admin.delete_topics(names)
        finally:
            await admin.close()
        await make_topics(self.info.bootstrap, self.namespace, changelog_topics())
        await self._read_from_the_start()

    async def _read_from_the_start(self) -> None:
        source = source_topic()
        name = topic_of(self.namespace, source.name)
        start = {TopicPartition(name, n): 0 for n in range(source.partitions)}
        group = topic_of(self.namespace, APP)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.info.bootstrap, group_id=group, enable_auto_commit=False
        )
        await consumer.start()
        try:
            consumer.assign(list(start))
            await until(lambda: _committed(consumer, start), WAIT_S)
        finally:
            await consumer.stop()


async def _committed(consumer: AIOKafkaConsumer, places: dict[TopicPartition, int]) -> bool:
    """A member that was killed stays in its group until its session ends."""
    try:
        await consumer.commit(places)
    except CommitFailedError:
        return False
    return True


async def until(met: Callable[[], Awaitable[bool]], timeout_s: float = 30.0) -> None:
    """Wait for the condition; fails when it is not met in time."""
    async with asyncio.timeout(timeout_s):
        while not await met():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def worker(info: StackInfo, namespace: str, run_dir: Path) -> AsyncIterator[Worker]:
    async with services(
        info, namespace, run_dir=run_dir, city=CITY, only=(WINDOWS,), say=lambda _: None
    ) as running:
        made = Worker(info, namespace, run_dir, running)
        try:
            yield made
        finally:
            await made.http.aclose()
            await made.bus.close()
