"""All brokers' disks are lost: the topics come back from the ledgers, by the page's own lines."""

from __future__ import annotations

import asyncio
import re
import shlex
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from click.testing import CliRunner, Result

from hotline.cli.main import cli
from hotline.cli.place import Place
from hotline.dev.stack import StackInfo
from hotline.programs import SERVICES
from services.datasync.adapters.log_order import LogOrder
from services.kernel.bus import BusUnavailable, Outgoing, Record
from services.kernel.bus_kafka import KafkaBus
from services.kernel.names import TICKETS, department_of, topic_of, vault_of
from services.kernel.rows_pg import pack_headers, unpack_headers
from services.kernel.scanning import ends_of, scan
from services.kernel.store import StoreUnavailable
from tests.support.drills import CITY, DrillCity, drill_city
from tests.support.images import ROOT
from tests.support.loops import wait_until
from tests.support.past import execute, with_past

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
CHAPTER = PAGE[PAGE.index("### All brokers' disks are lost") :]
LINES = re.findall(r"```sh\n(.*?)```", CHAPTER, re.DOTALL)[0].splitlines()
APPLY, RESTORE, VERIFY = LINES
WITH_OFFSETS = {"fact"}  # datasync notes where in the log each fact stands


@pytest.fixture
async def city(stack: StackInfo, namespace: str, tmp_path: Path) -> AsyncIterator[DrillCity]:
    async with drill_city(stack, namespace, tmp_path) as made:
        yield made


async def told(place: Place, line: str) -> Result:
    """What a line of the page says and does."""
    env = {
        "HOTLINE_KAFKA": place.kafka,
        "HOTLINE_DSN": place.dsn,
        "HOTLINE_NAMESPACE": place.namespace,
        "HOTLINE_CITY": CITY,
        "HOTLINE_BUCKETS": str(place.buckets),
    }
    return await asyncio.to_thread(CliRunner().invoke, cli, shlex.split(line)[1:], env=env)


async def done(place: Place, line: str) -> str:
    found = await told(place, line)
    assert found.exit_code == 0, found.output
    return found.output


async def lose_everything(place: Place) -> None:
    """To a city, new disks are brokers on which none of its topics is."""
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka, request_timeout_ms=20_000)
    await admin.start()
    try:
        mine = [t for t in await admin.list_topics() if t.startswith(f"{place.namespace}.")]
        assert topic_of(place.namespace, TICKETS) in mine
        await admin.delete_topics(mine, timeout_ms=20_000)
        while set(mine) & set(await admin.list_topics()):
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def digests(city: DrillCity) -> dict[str, dict[str, str]]:
    found = {name: await city.digest(name) for name in SERVICES}
    for table in WITH_OFFSETS:
        del found["datasync"][table]
    return found


async def end_of(bus: KafkaBus, topic: str) -> int:
    return sum((await ends_of(bus, topic, range(await bus.partitions(topic)))).values())


@pytest.mark.timeout(300)
async def test_the_topics_come_back_from_the_ledgers_and_the_city_goes_on(
    city: DrillCity,
) -> None:
    place = city.place
    department = topic_of(place.namespace, department_of("NYPD"))

    async def delivered_at_least(count: int) -> bool:
        return await end_of(city.bus, department) >= count

    async with city.load(in_flight=20):
        await wait_until(lambda: delivered_at_least(50), 60.0, "deliveries to NYPD")
    await city.sound()
    told_before = await digests(city)
    sent_before = {(f.source, f.bucket, f.position): f for f in await city.facts()}
    delivered = await end_of(city.bus, department)
    assert delivered >= 50

    for name in SERVICES:
        await city.running.kill(name, signal.SIGTERM)
    await lose_everything(place)
    await done(place, APPLY)
    said = await done(place, RESTORE)
    assert f"{len(sent_before):,} facts" in said
    assert f"{department} is filled again" in said
    assert "hotline.commands.v1 begins anew" in said
    assert ": ok" in await done(place, VERIFY)
    assert "hold everything" in await done(place, RESTORE)

    for name in SERVICES:
        await city.running.restart(name)
    again = {(f.source, f.bucket, f.position): f for f in await city.facts()}
    for place_of_fact, fact in again.items():
        fact.offset, fact.broker_time = -1, None
        sent_before[place_of_fact].offset, sent_before[place_of_fact].broker_time = -1, None
    assert again == sent_before
    await city.quiet()
    assert await digests(city) == told_before
    await wait_until(lambda: delivered_at_least(delivered), 30.0, "the department's topic")
    assert await end_of(city.bus, department) == delivered

    async with city.load(in_flight=10):
        await wait_until(lambda: delivered_at_least(delivered + 10), 60.0, "what is new")
    await city.sound()
    order = await city.digest("datasync")
    await done(place, "hotline rebuild datasync --from kafka")
    assert await city.digest("datasync") == order, "the new log has the order of the lost one"


@dataclass
class Lost:
    """A city whose topics are gone; `records` are those that it had."""

    place: Place
    bus: KafkaBus
    records: list[Record]

    async def again(self) -> list[Record]:
        begin = dict.fromkeys(range(self.place.buckets), 0)
        topic = topic_of(self.place.namespace, TICKETS)
        return [r async for found in scan(self.bus, topic, begin) for r in found]


@pytest.fixture
async def lost(stack: StackInfo, namespace: str) -> AsyncIterator[Lost]:
    """Of which dispatch had read everything, but for one record that is parked."""
    place = await with_past(stack, namespace, 20, 4)
    bus = KafkaBus(stack.bootstrap, "drill", lambda: datetime.now(UTC))
    found = Lost(place, bus, [])
    try:
        found.records += await found.again()
        topic, aside = topic_of(namespace, TICKETS), found.records[-1]
        for p in range(place.buckets):
            end = sum(r.partition == p for r in found.records)
            row = f"'{topic}', {p}, {end + 7}"  # the lost log had some twice
            await execute(
                place,
                f"insert into {{schema}}.inbox (topic, partition, next_offset) values ({row})",
            )
        headers = pack_headers(aside.headers).decode()
        row = f"0, 'x', '{topic}', {aside.partition}, {aside.offset + 7}, 0, '{headers}', ''"
        await execute(
            place,
            'insert into {vault}.parked (bucket, ticket, topic, partition, "offset", timestamp, '
            f"headers, reason) values ({row})",
        )
        await lose_everything(place)
        yield found
    finally:
        await bus.close()


async def test_a_restore_that_was_broken_off_goes_on_where_it_was(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, publish, sent = lost.place, KafkaBus.publish, 0
    assert "has 0 partitions" in (await told(place, RESTORE)).output
    await done(place, APPLY)

    async def failing(bus: KafkaBus, records: Sequence[Outgoing]) -> None:
        nonlocal sent
        sent += 1
        if sent > place.buckets // 2:
            raise BusUnavailable("the brokers are away")
        await publish(bus, records)

    with monkeypatch.context() as patched:
        patched.setattr(KafkaBus, "publish", failing)
        assert "call this again" in (await told(place, RESTORE)).output
    refused = await told(place, "hotline rebuild dispatch --from kafka")
    assert "a restore was broken off" in refused.output
    said = await done(place, RESTORE)
    [again] = re.findall(r"^(\d+) facts", said, re.MULTILINE)
    assert 0 < int(again) < len(lost.records)
    assert ": ok" in await done(place, f"{VERIFY} dispatch")
    assert same(await lost.again()) == same(lost.records)


def same(records: Sequence[Record]) -> list[tuple[int, bytes, str]]:
    """Where and what they are, in whatever order."""
    return sorted((r.partition, r.value or b"", str(sorted(r.headers))) for r in records)


async def test_a_parked_fact_is_found_where_it_stands_now(lost: Lost) -> None:
    place = lost.place
    await done(place, APPLY)
    await done(place, RESTORE)
    store = await asyncpg.connect(place.dsn, timeout=10.0)
    try:
        vault = vault_of(place.namespace, "dispatch")
        row = await store.fetchrow(f'select partition, "offset", headers from {vault}.parked')
    finally:
        await store.close()
    [there] = [
        r
        for r in await lost.again()
        if (r.partition, r.offset) == (row["partition"], row["offset"])
    ]
    assert list(there.headers) == unpack_headers(row["headers"])


async def test_a_stranger_on_the_new_topic_is_named_and_nothing_is_sent(lost: Lost) -> None:
    place = lost.place
    await done(place, APPLY)
    late = lost.records[-1]
    await lost.bus.publish(
        [
            Outgoing(
                late.topic, late.partition, late.key or b"", late.value or b"", list(late.headers)
            )
        ]
    )
    found = await told(place, RESTORE)
    assert found.exit_code == 1
    assert "holds something else than the ledgers" in found.output
    await lose_everything(place)
    await done(place, APPLY)
    await done(place, RESTORE)
    assert same(await lost.again()) == same(lost.records)


async def test_departments_topics_are_filled_though_the_restore_was_broken_off_before(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    await done(lost.place, APPLY)

    async def gone(*_: object) -> None:
        raise StoreUnavailable("the store is away")

    with monkeypatch.context() as patched:
        patched.setattr(LogOrder, "send_again", gone)
        assert "call this again" in (await told(lost.place, RESTORE)).output
    refused = await told(lost.place, "hotline rebuild dispatch --from kafka")
    assert "a restore was broken off" in refused.output
    assert "hotline.department.nypd.v1 is filled again" in await done(lost.place, RESTORE)
