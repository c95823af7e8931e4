"""States of tickets are folds of the own stream, kept for the tickets at work."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.kernel.facts import Append, Fact, NewFact
from services.kernel.names import bucket_of
from services.kernel.states import States
from services.kernel.store_memory import MemoryStore
from tests.support.desks import ProgressNoted, desk
from tests.support.virtual import START

BUCKETS = 4


class Counting(MemoryStore):
    """Counts the queries."""

    def __init__(self) -> None:
        super().__init__("dispatch", BUCKETS, lambda: START)
        self.loads: list[list[str]] = []

    async def load(self, streams: Sequence[tuple[int, str]]) -> dict[str, list[Fact]]:
        self.loads.append([stream for _, stream in streams])
        return await super().load(streams)


@pytest.fixture
def store() -> Counting:
    return Counting()


@pytest.fixture
def states(store: Counting) -> States:
    return States(desk(), store, BUCKETS, limit=3)


async def note(store: Counting, ticket: str, version: int, *notes: str) -> None:
    facts = [desk().codec.encode(ProgressNoted(START, "DOT", n), b"{}") for n in notes]
    await store.append([Append(bucket_of(ticket, BUCKETS), ticket, version, facts)])


async def test_missing_states_come_in_one_query(store: Counting, states: States) -> None:
    await note(store, "a", 0, "one", "two")
    await note(store, "b", 0, "three")
    found = await states.of(["a", "b", "c"])
    assert found == {"a": (("one", "two"), 2), "b": (("three",), 1), "c": ((), 0)}
    assert store.loads == [["a", "b", "c"]]


async def test_a_bucket_that_is_known_is_not_counted_again(
    store: Counting, states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    await note(store, "a", 0, "one")
    bucket = bucket_of("a", BUCKETS)
    monkeypatch.delattr("services.kernel.states.bucket_of")
    assert await states.at([(bucket, "a")]) == {"a": (("one",), 1)}


async def test_a_kept_state_asks_nobody(store: Counting, states: States) -> None:
    states.keep("a", ("kept",), 1)
    assert await states.of(["a"]) == {"a": (("kept",), 1)}
    assert store.loads == []


async def test_an_older_state_never_replaces_a_newer_one(states: States) -> None:
    states.keep("a", ("one", "two"), 2)
    states.keep("a", ("one",), 1)
    assert (await states.of(["a"]))["a"] == (("one", "two"), 2)


async def test_what_is_evicted_is_folded_again(store: Counting, states: States) -> None:
    await note(store, "a", 0, "true")
    states.keep("a", ("wrong",), 1)
    states.keep("b", ("kept",), 1)
    states.evict(["a", "unknown"])
    assert await states.of(["a", "b"]) == {"a": (("true",), 1), "b": (("kept",), 1)}
    states.evict()
    assert (await states.of(["b"]))["b"] == ((), 0)


async def test_anew_is_as_the_ledger_has_it(store: Counting, states: States) -> None:
    await note(store, "a", 0, "one", "of another process")
    states.keep("a", ("one",), 1)
    assert await states.anew("a") == (("one", "of another process"), 2)
    assert await states.anew("b") == ((), 0)


async def test_the_longest_unused_states_go_first(store: Counting, states: States) -> None:
    for ticket in ("a", "b", "c"):
        states.keep(ticket, (ticket,), 1)
    await states.of(["a"])
    states.keep("d", ("d",), 1)
    assert await states.of(["a", "c", "d"]) == {t: ((t,), 1) for t in ("a", "c", "d")}
    assert store.loads == []
    await states.of(["b"])
    assert store.loads == [["b"]]


async def test_facts_that_the_codec_does_not_know_count_as_versions(
    store: Counting, states: States
) -> None:
    await note(store, "a", 0, "one")
    later = NewFact("hotline.kernel.v1.TicketParked", b"", START, b"{}")
    await store.append([Append(bucket_of("a", BUCKETS), "a", 1, [later])])
    assert (await states.of(["a"]))["a"] == (("one",), 2)
