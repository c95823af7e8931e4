"""The live views on the real broker: exact after kill -9, after nonsense, and made again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from hotline.dev.stack import StackInfo
from hotline.programs import WINDOWS
from services.kernel.facts import Fact
from services.kernel.names import MEASURES, bucket_of, topic_of
from tests.integration.evaluation_windows.measures import Source, by_key
from tests.integration.evaluation_windows.worker import KEEP, Worker, until, worker
from tests.support.stack import new_namespace
from tests.unit.evaluation.windows import hours_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
KILLS, CHUNK, BATCH = 3, 600, 40


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(stack: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Worker]:
    """One worker for all tests of this file; each has units of its own."""
    folder = tmp_path_factory.mktemp("windows")
    async with worker(stack, new_namespace(), folder) as running:
        yield running


async def publish(live: Worker, facts: Sequence[Fact]) -> None:
    """In batches, every third of them twice: evaluation publishes at least once."""
    for number, start in enumerate(range(0, len(facts), BATCH)):
        batch = facts[start : start + BATCH]
        for _ in range(2 if number % 3 == 0 else 1):
            await live.feed.announce(batch, released=False)


async def test_windows_are_exact_though_the_worker_is_killed_again_and_again(live: Worker) -> None:
    units = [f"K{n}" for n in range(10)]
    source, facts = Source(1, units, ["QUEENS", "BRONX"]), list[Fact]()
    for _ in range(KILLS):
        shown, chunk = await live.all_windows(units), source.facts(CHUNK)
        facts += chunk
        publishing = asyncio.create_task(publish(live, chunk))
        # Killed as soon as some of the chunk counts: the offset of it is not committed yet.
        await live.until_it_shows_other_than(shown)
        await live.kill()
        await publishing
        await live.restart()
    await live.shows(facts)
    assert {s["area"]: s["matters"] for s in await live.surges()} == newest_hours(facts)


def newest_hours(facts: Sequence[Fact]) -> dict[str, int]:
    """Matters accepted in the newest hour of each area."""
    matters = {key.partition("@")[2]: m for key, m in by_key(facts).items() if "@" in key}
    return {area: list(hours_of(m, KEEP).values())[-1][0] for area, m in matters.items()}


async def test_a_record_that_is_no_measure_is_told_and_skipped(live: Worker) -> None:
    unit = "SKIPS"
    place = bucket_of(unit, await live.bus.partitions(topic_of(live.namespace, MEASURES)))
    facts = Source(2, [unit], ["SKIPS"]).facts(40)
    pid, told = live.running.pid(WINDOWS), live.log.count("is no measure")
    await publish(live, facts[:20])
    await nonsense(live, place)
    await publish(live, facts[20:])
    await live.shows(facts)
    assert live.running.pid(WINDOWS) == pid
    assert live.log.count("is no measure") - told == 4


async def nonsense(live: Worker, place: int) -> None:
    """Records that nobody writes: no message, no key, a key that is no text, another's key."""
    good = by_key(Source(3, ["U1"], []).facts(1))["U1"][0].SerializeToString()
    producer = AIOKafkaProducer(bootstrap_servers=live.info.bootstrap)
    await producer.start()
    try:
        for key, value in ((b"SKIPS", b"\xff\xff"), (None, good), (b"\xff", good), (b"U2", good)):
            await producer.send_and_wait(
                topic_of(live.namespace, MEASURES), value, key=key, partition=place
            )
    finally:
        await producer.stop()


async def test_what_is_lost_is_made_again_from_the_measures(live: Worker) -> None:
    facts = Source(4, ["R1", "R2"], ["STATEN ISLAND"]).facts(200)
    await publish(live, facts)
    wanted = await live.shows(facts)
    surges = await live.surges()
    await live.kill()
    await live.forget()
    await live.restart()
    assert await live.shows(facts) == wanted

    async def all_again() -> bool:
        return await live.surges() == surges

    await until(all_again)
