"""The registry: dated versions, one log, the same after a loss; on the real parts and the twins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.kernel.bus import Bus
from services.kernel.clock import ManualClock
from services.kernel.names import REGISTRY, topic_of
from services.kernel.registry import (
    Changed,
    Kind,
    NewEntry,
    Registry,
    RegistryStore,
    Reused,
    Unfit,
    UnknownName,
)
from services.kernel.registry_log import RegistryRelay, read_registry, restore, send_lost
from services.kernel.registry_memory import MemoryRegistry
from tests.support.loops import Loop
from tests.support.virtual import START

SOON, LATER = START + timedelta(seconds=5), START + timedelta(days=1)


def number(document: Any) -> int:
    """What the test's registry means."""
    if not isinstance(document, dict) or not isinstance(document.get("most"), int):
        raise ValueError("most must be a whole number")
    return int(document["most"])


KINDS = {"limits": Kind(3, number, {"most": 3}), "calendar/cn": Kind(0, number)}


@pytest.fixture
async def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def registry(entries: RegistryStore, clock: ManualClock) -> Registry:
    return Registry(entries, clock, KINDS)


async def publish(registry: Registry, most: Any, key: str = "k1", **other: Any) -> Any:
    document = {"most": most}
    return await registry.publish("limits", document, source="No. 7", by="ann", key=key, **other)


async def test_what_was_shipped_is_version_0_and_in_effect_since_ever(registry: Registry) -> None:
    assert registry.at("limits", datetime.min.replace(tzinfo=UTC)) == 3
    assert registry.version("limits", START) == 0
    assert registry.names() == ["calendar/cn", "limits"]


async def test_a_version_counts_from_its_date_on_whenever_it_is_asked(registry: Registry) -> None:
    first = await publish(registry, 5)
    await publish(registry, 9, "k2", effective_at=LATER)
    assert (first.version, first.effective_at) == (1, SOON)
    instants = [START, SOON - timedelta(microseconds=1), SOON, LATER]
    assert [registry.at("limits", at) for at in instants] == [3, 3, 5, 9]
    assert [registry.version("limits", at) for at in instants] == [0, 0, 1, 2]


async def test_a_later_version_that_counts_earlier_prevails(registry: Registry) -> None:
    await publish(registry, 5, effective_at=LATER)
    await publish(registry, 9, "k2")
    assert [registry.at("limits", at) for at in (START, SOON, LATER)] == [3, 9, 9]


async def test_every_replica_has_it_before_it_counts(
    registry: Registry, entries: RegistryStore, clock: ManualClock
) -> None:
    replica = Registry(entries, clock, KINDS)
    await publish(registry, 5)
    assert replica.at("limits", SOON) == 3
    await replica.refresh()
    assert replica.at("limits", SOON) == 5
    assert await replica.refresh() == []


async def test_one_that_would_count_too_soon_for_the_others_is_refused(registry: Registry) -> None:
    with pytest.raises(Unfit, match="5 s ahead"):
        await publish(registry, 5, effective_at=SOON - timedelta(microseconds=1))
    assert registry.entries("limits") == []


async def test_a_document_that_cannot_be_read_is_refused_in_words(registry: Registry) -> None:
    with pytest.raises(Unfit, match="most must be a whole number"):
        await publish(registry, "many")
    with pytest.raises(UnknownName):
        await registry.publish("limitz", {}, source="x", by="ann", key="k1")
    assert registry.entries("limits") == []


async def test_a_repeat_gives_the_same_entry_and_another_document_none(registry: Registry) -> None:
    first = await publish(registry, 5)
    assert await publish(registry, 5) == first
    with pytest.raises(Reused):
        await publish(registry, 6)
    assert registry.entries("limits") == [first]


async def test_who_decided_on_an_older_version_is_told(
    registry: Registry, entries: RegistryStore, clock: ManualClock
) -> None:
    await publish(registry, 5, expected=0)
    with pytest.raises(Changed):
        await publish(registry, 6, "k2", expected=0)
    stale = NewEntry("limits", 1, LATER, "x", b"{}", START, "bob", "bob/k")
    with pytest.raises(Changed):
        await entries.add(stale)
    with pytest.raises(Changed):
        await entries.add(replace(stale, version=2, command_id="ann/k1"))
    assert (await entries.add(replace(stale, version=2))).position == 2


async def test_a_version_that_this_code_cannot_read_leaves_the_one_before(
    registry: Registry, entries: RegistryStore, caplog: pytest.LogCaptureFixture
) -> None:
    await publish(registry, 5)
    await entries.add(NewEntry("limits", 2, SOON, "x", b'{"least": 1}', START, "bob", "bob/k"))
    await entries.add(NewEntry("others", 1, SOON, "x", b"{}", START, "bob", "bob/l"))
    await registry.refresh()
    assert registry.at("limits", LATER) == 5
    assert "version 2 of limits cannot be read" in caplog.text


# On the topic


@pytest.fixture
async def bus(loop: Loop) -> Bus:
    return loop.bus()


def relay(entries: RegistryStore, bus: Bus, loop: Loop, *buckets: int) -> RegistryRelay:
    clock = ManualClock(START)
    return RegistryRelay(entries, bus, clock, lambda: set(buckets), "desk", loop.namespace)


async def test_the_log_has_every_version_once_in_order(
    entries: RegistryStore, registry: Registry, bus: Bus, loop: Loop
) -> None:
    await publish(registry, 5)
    await relay(entries, bus, loop, 1, 2).tick()
    assert await read_registry(bus, loop.namespace, "desk") == []  # bucket 0 is another's
    owner = relay(entries, bus, loop, 0)
    await owner.tick()
    await publish(registry, 9, "k2", effective_at=LATER)
    await owner.tick()
    await owner.tick()
    logged = await read_registry(bus, loop.namespace, "desk")
    assert logged == await entries.since(0, 10)
    assert await entries.unrelayed(10) == []
    assert await read_registry(bus, loop.namespace, "other") == []


async def test_a_relay_that_died_before_its_cursor_repeats_and_readers_drop_it(
    entries: RegistryStore, registry: Registry, bus: Bus, loop: Loop
) -> None:
    await publish(registry, 5)
    dying, told = relay(entries, bus, loop, 0), entries.relayed

    async def dead(position: int) -> None:
        raise ConnectionError(position)

    entries.relayed = dead  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await dying.tick()
    entries.relayed = told  # type: ignore[method-assign]
    await relay(entries, bus, loop, 0).tick()
    place = [(topic_of(loop.namespace, REGISTRY), 0)]
    assert len(await loop.read(place, lambda records: len(records) >= 2)) == 2
    assert len(await read_registry(bus, loop.namespace, "desk")) == 1


async def test_a_store_that_lost_entries_gets_them_back_before_anything_is_decided(
    entries: RegistryStore, registry: Registry, bus: Bus, loop: Loop, clock: ManualClock
) -> None:
    twin = MemoryRegistry(clock.now)
    before = Registry(twin, clock, KINDS)
    for most in (5, 6):
        await publish(before, most, f"k{most}")
    await relay(twin, bus, loop, 0).tick()
    await publish(registry, 7, "k7")  # at a position that the log gave to another
    assert await restore(entries, bus, loop.namespace, "desk") == 2
    assert await entries.since(0, 10) == await twin.since(0, 10)
    assert await entries.unrelayed(10) == []
    assert await restore(entries, bus, loop.namespace, "desk") == 0


async def test_a_topic_that_lost_entries_gets_them_back_and_another_one_is_left_alone(
    entries: RegistryStore, registry: Registry, bus: Bus, loop: Loop, clock: ManualClock
) -> None:
    for most in (5, 6):
        await publish(registry, most, f"k{most}")
    assert await send_lost(entries, bus, loop.namespace, "desk") == 2
    assert await read_registry(bus, loop.namespace, "desk") == await entries.since(0, 10)
    assert await entries.unrelayed(10) == []
    assert await send_lost(entries, bus, loop.namespace, "desk") == 0
    other = MemoryRegistry(clock.now)
    await publish(Registry(other, clock, KINDS), 7, "k7")
    with pytest.raises(ValueError, match="holds other entries of desk"):
        await send_lost(other, bus, loop.namespace, "desk")
