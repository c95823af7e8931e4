"""Nothing is acknowledged before the broker has it, nor before what came earlier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from services.evaluation.adapters.in_order import InOrder, Written


class Log:
    """Events of one partition, and which of them were acknowledged."""

    def __init__(self) -> None:
        self.generation, self.acked = 1, list[int]()
        self.order = InOrder(lambda: self.generation, limit=10)

    async def put(self, offset: int, *, changes: bool = True) -> Written:
        """The event at this offset; what is given back is done when its change is written."""
        written: Written = asyncio.get_running_loop().create_future()
        event = SimpleNamespace(
            message=SimpleNamespace(generation_id=self.generation),
            ack=lambda: self.acked.append(offset),
        )
        await self.order.put(event, written if changes else None)
        return written

    async def settled(self) -> list[int]:
        """What is acknowledged once everything that can run has run."""
        for _ in range(10):
            await asyncio.sleep(0)
        return self.acked


@asynccontextmanager
async def running(log: Log) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(log.order.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_event_waits_until_the_broker_has_its_change() -> None:
    log = Log()
    async with running(log):
        written = await log.put(1)
        assert await log.settled() == []
        written.set_result(None)
        assert await log.settled() == [1]


async def test_what_is_written_waits_for_what_came_before() -> None:
    log = Log()
    async with running(log):
        first, second = await log.put(1), await log.put(2)
        await log.put(3, changes=False)
        second.set_result(None)
        assert await log.settled() == []
        first.set_result(None)
        assert await log.settled() == [1, 2, 3]


async def test_an_event_of_an_earlier_generation_is_left_to_come_again() -> None:
    log = Log()
    async with running(log):
        before = await log.put(1)
        log.generation = 2
        after = await log.put(1)
        before.set_result(None)
        assert await log.settled() == []
        after.set_result(None)
        assert await log.settled() == [1]


async def test_a_failed_write_ends_it_and_nothing_from_there_on_is_acknowledged() -> None:
    log = Log()
    async with running(log) as task:
        failed, behind = await log.put(1), await log.put(2)
        behind.set_result(None)
        failed.set_exception(ConnectionError("the broker is gone"))
        with pytest.raises(ConnectionError):
            await task
        assert log.acked == []


async def test_who_counts_waits_when_too_much_is_unwritten() -> None:
    log = Log()
    async with running(log):
        first, *_ = [await log.put(offset) for offset in range(11)]
        one_more = asyncio.create_task(log.put(11))
        await log.settled()
        assert not one_more.done()
        first.set_result(None)
        await one_more
