"""Facts as CloudEvents records: the headers that we write, and those that others may write."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatch.adapters.codec import CODEC
from services.dispatch.domain.events import (
    DispatchConfirmed,
    TicketDispatched,
)
from services.kernel.bus_memory import MemoryBus, MemoryRecord
from services.kernel.clock import ManualClock
from services.kernel.cloudevents import NotAFact, attributes, broker_time, to_fact, to_record
from services.kernel.codec import metadata
from services.kernel.draft import Draft
from services.kernel.facts import Appended, Fact
from services.kernel.relay import Relay
from services.kernel.store_memory import MemoryStore

AT = datetime(2011, 3, 16, 9, 30, 0, 123456, tzinfo=UTC)
TOPIC = "hotline.tickets.v1"
FACT = Fact(
    source="dispatch",
    bucket=3,
    position=7,
    ticket="20110316-000017-X",
    version=2,
    type="hotline.dispatch.v1.DispatchConfirmed",
    data=b"\n\x02u1",
    time=AT,
    recorded_at=AT + timedelta(microseconds=1),
    stage="dispatch",
    import_id="nyc-2011",
    command_id="dpr/17",
    causation="intake/20110316-000017-X/2",
    by="dpr",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
TIMES = st.datetimes(timezones=st.just(UTC))
COUNTS = st.integers(1, 10**18 - 1)


def record(fact: Fact, timestamp: int = 1_300_267_800_500) -> MemoryRecord:
    """The record as the broker keeps it."""
    out = to_record(fact, TOPIC)
    assert out.partition is not None
    return MemoryRecord(TOPIC, out.partition, 11, timestamp, out.key, out.value, out.headers)


def read(fact: Fact) -> Fact:
    kept = record(fact)
    return to_fact(kept, attributes(kept.headers))


def changed(changes: Mapping[str, Any]) -> dict[str, bytes]:
    """The headers of FACT as a reader has them after these changes; None is Kafka's null."""
    return attributes([*dict(record(FACT).headers, **changes).items()])


def test_a_fact_names_everything_in_its_headers() -> None:
    assert attributes(record(FACT).headers) == {
        "ce_specversion": b"1.0",
        "content-type": b"application/protobuf",
        "ce_source": b"dispatch",
        "ce_type": b"hotline.dispatch.v1.DispatchConfirmed",
        "ce_stage": b"dispatch",
        "ce_id": b"20110316-000017-X/2",
        "ce_subject": b"20110316-000017-X",
        "ce_time": b"2011-03-16T09:30:00.123456Z",
        "ce_position": b"7",
        "ce_streamversion": b"2",
        "ce_recordedtime": b"2011-03-16T09:30:00.123457Z",
        "ce_importid": b"nyc-2011",
        "ce_commandid": b"dpr/17",
        "ce_causation": b"intake/20110316-000017-X/2",
        "ce_by": b"dpr",
        "traceparent": b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }


def test_key_and_partition_are_the_tickets_own() -> None:
    out = to_record(FACT, TOPIC)
    assert (out.topic, out.partition, out.key, out.value) == (
        TOPIC, 3, b"20110316-000017-X", b"\n\x02u1",
    )  # fmt: skip


def test_what_is_empty_has_no_header() -> None:
    bare = dataclasses.replace(
        FACT, import_id="", command_id="", causation="", by="", traceparent=""
    )
    names = set(attributes(record(bare).headers))
    optional = {"ce_importid", "ce_commandid", "ce_causation", "ce_by", "traceparent"}
    assert names.isdisjoint(optional)
    assert read(bare).command_id == ""


def test_the_brokers_time_is_its_own() -> None:
    assert read(FACT).broker_time == datetime(2011, 3, 16, 9, 30, 0, 500_000, tzinfo=UTC)
    assert broker_time(record(FACT, timestamp=1)) == datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)


@settings(max_examples=500)
@given(
    st.builds(
        Fact,
        source=WORDS,
        bucket=st.integers(0, 239),
        position=COUNTS,
        ticket=WORDS,
        version=COUNTS,
        type=WORDS,
        data=st.binary(max_size=50),
        time=TIMES,
        recorded_at=TIMES,
        stage=WORDS | st.just(""),
        import_id=WORDS | st.just(""),
        command_id=WORDS | st.just(""),
        causation=WORDS | st.just(""),
        by=WORDS | st.just(""),
        traceparent=WORDS | st.just(""),
    )
)
def test_a_fact_comes_back_as_it_was(fact: Fact) -> None:
    found = read(fact)
    assert dataclasses.replace(found, offset=-1, broker_time=None) == fact
    assert to_record(found, TOPIC) == to_record(fact, TOPIC)


# From memory and from the ledger


async def relayed(store: MemoryStore, facts: list[Fact]) -> list[Any]:
    """What a relay publishes that was offered these facts, or finds them in the ledger."""
    clock = ManualClock(AT)
    bus = MemoryBus(clock.now)
    bus.create(TOPIC, 1)
    relay = Relay(CODEC, TOPIC, store, bus, clock, 1)
    relay.own({0: 1})
    relay.offer(facts)
    running = asyncio.create_task(relay.run())
    try:
        async with asyncio.timeout(5.0):
            while len(bus.logs[TOPIC, 0]) < 2:
                await asyncio.sleep(0)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return [(r.key, r.value, list(r.headers)) for r in bus.logs[TOPIC, 0]]


@pytest.mark.parametrize(
    "meta", [{}, metadata(by="dpr", command_id="dpr/17", causation="x", import_id="nyc-2011")]
)
async def test_memory_and_ledger_give_the_same_bytes(meta: Mapping[str, str]) -> None:
    dispatched = TicketDispatched(AT, "u1", ("u2",), "city", "noise", "a", "directory", "v1", 1)
    draft = Draft(0, "T1", None, 0)
    packed = orjson.dumps(meta)
    draft.facts = [CODEC.encode(e, packed) for e in (dispatched, DispatchConfirmed(AT, "u1"))]
    store = MemoryStore("dispatch", 1, lambda: AT + timedelta(microseconds=3))
    (outcome,) = await store.append([draft.append()])
    assert isinstance(outcome, Appended)
    from_memory = await relayed(store, draft.committed(CODEC, outcome))
    assert from_memory == await relayed(store, [])


# Headers of others

NEEDED = [
    "ce_source", "ce_position", "ce_subject", "ce_streamversion", "ce_type", "ce_time",
    "ce_recordedtime", "ce_stage",
]  # fmt: skip
HOSTILE: list[tuple[str, bytes | None]] = [
    *((name, b"\xff\xfe") for name in (*NEEDED, "ce_importid", "ce_by", "traceparent")),
    *((name, b"") for name in NEEDED if name != "ce_stage"),
    *((name, None) for name in NEEDED if name != "ce_stage"),
    *(
        (name, value)
        for name in ("ce_position", "ce_streamversion")
        for value in (b"0", b"00", b"-1", b"+1", b" 1", b"1_0", b"1.0", b"9" * 19, b"9" * 5000)
    ),
    *(
        (name, value)
        for name in ("ce_time", "ce_recordedtime")
        for value in (b"now", b"2026-01-01", b"2026-01-01T00:00:00", b"0001-01-01T00:00:00+14:00")
    ),
]  # fmt: skip


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_header_makes_it_no_fact(name: str) -> None:
    headers = attributes(record(FACT).headers)
    del headers[name]
    with pytest.raises(NotAFact, match=f"offset 11: '{name}' is missing"):
        to_fact(record(FACT), headers)


@pytest.mark.parametrize(("name", "value"), HOSTILE, ids=lambda v: repr(v)[:30])
def test_a_hostile_header_makes_it_no_fact(name: str, value: Any) -> None:
    with pytest.raises(NotAFact, match="offset 11: "):
        to_fact(record(FACT), changed({name: value}))


@settings(max_examples=2_000)
@given(st.dictionaries(st.sampled_from(NEEDED), st.none() | st.binary(max_size=30), max_size=4))
def test_no_headers_raise_anything_but_not_a_fact(changes: dict[str, Any]) -> None:
    with suppress(NotAFact):
        to_fact(record(FACT), changed(changes))


def test_the_last_of_a_repeated_header_counts() -> None:
    assert attributes([("ce_id", b"1"), ("ce_id", b"2")]) == {"ce_id": b"2"}
