"""`hotline verify` holds each registry against its topic, and names every way to break that."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hotline.cli.place import Place
from hotline.cli.verify import verify
from hotline.dev.stack import StackInfo
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import to_record
from services.kernel.names import REGISTRY, schema_of, topic_of
from services.kernel.pool_pg import connect
from services.kernel.registry import Entry, NewEntry
from services.kernel.registry_log import RegistryRelay, to_registry_fact
from services.kernel.registry_pg import PostgresRegistry
from services.kernel.verify import BucketReport
from tests.support.past import execute, installed

BUCKETS, ENTRIES = 4, 3
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def place(stack: StackInfo, namespace: str) -> Place:
    """A city of which intake and dispatch have published three entries each."""
    place = await installed(stack, namespace, BUCKETS, ["intake", "dispatch"])
    for service in ("intake", "dispatch"):
        await publish(place, service, ENTRIES)
    return place


async def publish(place: Place, service: str, count: int, *, relayed: bool = True) -> list[Entry]:
    """As an administrator and the relay do."""
    pool = await connect(place.dsn, schema_of(place.namespace, service))
    bus = KafkaBus(place.kafka, "registry", lambda: NOW)
    try:
        store = PostgresRegistry(pool, service, place.namespace)
        version = len(await store.since(0, 100)) + 1
        for n in range(version, version + count):
            await store.add(NewEntry("calendar/cn", n, NOW, "notice", b"{}", NOW, "ada", f"c-{n}"))
        if relayed:
            relay = RegistryRelay(store, bus, None, lambda: [0], service, place.namespace)  # type: ignore[arg-type]
            await relay.tick()
        return await store.since(0, 100)
    finally:
        await bus.close()
        await pool.close()


async def put(place: Place, *entries: Entry) -> None:
    """Onto the topic, as dispatch."""
    bus = KafkaBus(place.kafka, "registry", lambda: NOW)
    topic = topic_of(place.namespace, REGISTRY)
    try:
        await bus.publish([to_record(to_registry_fact(e, "dispatch"), topic) for e in entries])
    finally:
        await bus.close()


async def report(place: Place) -> BucketReport:
    """Of dispatch's registry; everything else is as it should be."""
    found = await asyncio.to_thread(verify, place, ["intake", "dispatch"], processes=1)
    (mine,) = [r for r in found.reports if (r.service, r.log) == ("dispatch", "registry")]
    assert not any(r.wrong for r in found.reports if r is not mine)
    assert found.ok == (not mine.wrong)
    return mine


async def test_a_sound_registry_is_ok_and_counted(place: Place) -> None:
    found = await report(place)
    assert (found.ledger, found.topic, found.waiting, found.repeats) == (ENTRIES, ENTRIES, 0, 0)
    assert found.findings == []


CHANGES = (
    "document = '{\"x\":1}'",
    "by = 'somebody'",
    "source = 'another notice'",
    "effective_at = effective_at + interval '1 day'",
    "recorded_at = recorded_at - interval '1 day'",
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.partition(" ")[0])
async def test_a_changed_byte_of_an_entry_is_named(place: Place, change: str) -> None:
    await execute(place, f"update {{schema}}.registry set {change} where position = 2")
    assert (await report(place)).findings == [
        "position 2 (calendar/cn version 2) is not what stands on the topic"
    ]


async def test_an_entry_that_the_store_lost_is_named(place: Place) -> None:
    await execute(place, "delete from {schema}.registry where position = 3")
    assert (await report(place)).findings == ["position 3 is on the topic and not in the registry"]


async def test_a_hole_in_the_registry_is_named(place: Place) -> None:
    await execute(place, "delete from {schema}.registry where position = 2")
    assert (await report(place)).findings == [
        "between 1 and 3 an entry is missing",
        "position 2 is on the topic and not in the registry",
    ]


async def test_an_entry_that_waits_is_counted_and_named_once_it_is_late(place: Place) -> None:
    await publish(place, "dispatch", 1, relayed=False)
    found = await report(place)
    assert (found.waiting, found.wrong) == (1, 0)
    late = "recorded_at = recorded_at - interval '1 minute'"
    await execute(place, f"update {{schema}}.registry set {late} where position = 4")
    (said,) = (await report(place)).findings
    assert said.startswith("position 4 (calendar/cn version 4) has waited for the relay for 6")


async def test_a_hole_in_the_topic_is_named(place: Place) -> None:
    entries = await publish(place, "dispatch", 2, relayed=False)
    await put(place, entries[-1])
    said = (await report(place)).findings
    assert said == ["position 4 is missing on the topic, later ones are there"]
    await put(place, *entries[-2:])  # as the relay mends it
    found = await report(place)
    assert (found.topic, found.wrong) == (ENTRIES + 2, 0)


async def test_a_repeat_of_the_relay_is_counted_and_no_fault(place: Place) -> None:
    await put(place, *await publish(place, "dispatch", 0))
    found = await report(place)
    assert (found.repeats, found.wrong) == (ENTRIES, 0)


async def test_other_bytes_at_a_position_are_named_though_readers_drop_them(place: Place) -> None:
    last = (await publish(place, "dispatch", 0))[-1]
    await put(place, replace(last, document=b"forged"))
    assert (await report(place)).findings == [
        "position 3 stands twice on the topic, in different bytes"
    ]
