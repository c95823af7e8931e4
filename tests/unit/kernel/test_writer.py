"""Group commit: one flush at a time, many commands in each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from prometheus_client import CollectorRegistry

from services.kernel.facts import Append, Appended, CommandKey, Conflict, NewFact, Outcome
from services.kernel.measure import Meter
from services.kernel.store import StoreUnavailable
from services.kernel.store_memory import MemoryStore
from services.kernel.writer import BATCH, QUEUE, Overloaded, Writer
from tests.support.virtual import START


class Gate(MemoryStore):
    """A store whose flushes wait until they are let through."""

    def __init__(self) -> None:
        super().__init__("desk", 4, lambda: START)
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.fault: Exception | None = None

    async def append(self, batch: Sequence[Append]) -> list[Outcome]:
        self.batches.append([a.stream for a in batch])
        await self.open.wait()
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return await super().append(batch)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def writer(gate: Gate) -> AsyncIterator[Writer]:
    made = Writer(gate, Meter(CollectorRegistry()))
    running = asyncio.create_task(made.run())
    yield made
    assert not running.done(), "the writer ended"
    running.cancel()


def note(stream: str, expected: int = 0, key: str = "", bucket: int = 0) -> Append:
    new = NewFact("hotline.test.v1.Noted", b"", START, b"{}")
    commands = [CommandKey("web", key, b"", 201, b"{}")] if key else []
    return Append(bucket, stream, expected, [new], commands=commands)


async def waiting(writer: Writer, *appends: Append) -> list[asyncio.Task[Outcome]]:
    """The appends, queued in this order."""
    tasks = [asyncio.create_task(writer.append(a)) for a in appends]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_what_waits_while_a_flush_is_under_way_goes_with_the_next(
    gate: Gate, writer: Writer
) -> None:
    first = await waiting(writer, note("a"))
    rest = await waiting(writer, note("b"), note("c"), note("d"))
    assert gate.batches == [["a"]]
    gate.open.set()
    outcomes = await asyncio.gather(*first, *rest)
    assert gate.batches == [["a"], ["b", "c", "d"]]
    assert [o.position for o in outcomes if isinstance(o, Appended)] == [1, 2, 3, 4]


async def test_a_batch_has_its_limit(gate: Gate, writer: Writer) -> None:
    tasks = await waiting(writer, *(note(f"t{n}") for n in range(BATCH + 2)))
    gate.open.set()
    await asyncio.gather(*tasks)
    assert sum(map(len, gate.batches)) == BATCH + 2
    assert max(map(len, gate.batches)) <= BATCH


async def test_a_batch_holds_one_command_of_a_stream_and_keeps_their_order(
    gate: Gate, writer: Writer
) -> None:
    await waiting(writer, note("first"))
    tasks = await waiting(writer, note("a"), note("b"), note("a", 1), note("c"), note("a", 2))
    gate.open.set()
    outcomes = await asyncio.gather(*tasks)
    assert gate.batches == [["first"], ["a", "b", "c"], ["a"], ["a"]]
    assert all(isinstance(o, Appended) for o in outcomes)


async def test_a_batch_holds_one_use_of_a_command_id(gate: Gate, writer: Writer) -> None:
    await waiting(writer, note("first"))
    tasks = await waiting(writer, note("a", key="k"), note("b", key="k", bucket=1))
    gate.open.set()
    kinds = [type(o).__name__ for o in await asyncio.gather(*tasks)]
    assert gate.batches == [["first"], ["a"], ["b"]]
    assert kinds == ["Appended", "Repeated"]


async def test_a_conflict_is_answered_to_its_own_command_only(gate: Gate, writer: Writer) -> None:
    gate.open.set()
    stale, good = await asyncio.gather(writer.append(note("a", 7)), writer.append(note("b")))
    assert isinstance(stale, Conflict)
    assert isinstance(good, Appended)


async def test_a_full_queue_refuses_instead_of_growing(gate: Gate, writer: Writer) -> None:
    await waiting(writer, note("first"))
    tasks = await waiting(writer, *(note(f"t{n}") for n in range(QUEUE)))
    with pytest.raises(Overloaded):
        await writer.append(note("one too many"))
    gate.open.set()
    await asyncio.gather(*tasks)
    assert isinstance(await writer.append(note("later")), Appended)


async def test_a_store_that_is_gone_is_told_to_everyone_who_waits(
    gate: Gate, writer: Writer
) -> None:
    gate.fault = StoreUnavailable("gone")
    tasks = await waiting(writer, note("a"), note("b"))
    gate.open.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(o) for o in outcomes] == ["gone", "gone"]
    assert isinstance(await writer.append(note("a")), Appended)


async def test_an_append_that_no_store_can_take_fails_alone(gate: Gate, writer: Writer) -> None:
    gate.open.set()
    outcomes = await asyncio.gather(
        *(writer.append(a) for a in (note("a"), note("b", bucket=99), note("c"))),
        return_exceptions=True,
    )
    assert [type(o).__name__ for o in outcomes] == ["Appended", "ValueError", "Appended"]


async def test_a_caller_that_gave_up_does_not_hold_up_the_others(
    gate: Gate, writer: Writer
) -> None:
    gone, stays = await waiting(writer, note("a"), note("b"))
    gone.cancel()
    gate.open.set()
    assert isinstance(await stays, Appended)


async def test_drained_means_that_nothing_waits_and_nothing_is_under_way(
    gate: Gate, writer: Writer
) -> None:
    await writer.drained()
    tasks = await waiting(writer, note("a"), note("b"))
    drained = asyncio.create_task(writer.drained())
    await asyncio.sleep(0)
    assert not drained.done()
    gate.open.set()
    await drained
    assert all(task.done() for task in tasks)
