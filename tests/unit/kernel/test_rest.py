"""How long a worker rests: as its service says, or by how late it is woken."""

from __future__ import annotations

import asyncio

import pytest

from services.kernel.clock import ManualClock
from services.kernel.rest import SHORTEST_S, Rest
from tests.support.virtual import START


async def rested(rest: Rest, clock: ManualClock, *, late_s: float = 0.0, times: int = 1) -> None:
    """It rests so often, and is woken so late each time."""
    for _ in range(times):
        resting = asyncio.create_task(rest.take(0.0))
        await asyncio.sleep(0)
        clock.advance(seconds=rest.length_s + late_s)
        async with asyncio.timeout(5.0):
            await resting


async def test_it_is_as_long_as_it_is_said_however_late_it_ends() -> None:
    clock = ManualClock(START)
    rest = Rest(clock, 0.2)
    await rested(rest, clock, late_s=5.0, times=3)
    assert rest.length_s == 0.2


async def test_what_was_waited_for_the_batch_counts() -> None:
    clock = ManualClock(START)
    rest = Rest(clock, 0.2)
    resting = asyncio.create_task(rest.take(0.15))
    await asyncio.sleep(0)
    clock.advance(seconds=0.04)
    await asyncio.sleep(0)
    assert not resting.done()
    clock.advance(seconds=0.02)
    await resting
    await rest.take(0.2)  # nothing is left of it: the clock stands


async def test_a_clock_that_went_back_makes_no_rest_longer() -> None:
    clock = ManualClock(START)
    resting = asyncio.create_task(Rest(clock, 0.2).take(-3_600.0))
    await asyncio.sleep(0)
    clock.advance(seconds=0.2)
    async with asyncio.timeout(5.0):
        await resting


async def test_a_hurried_one_is_short_while_the_cpu_is_free() -> None:
    clock = ManualClock(START)
    rest = Rest(clock, 0.05, hurried=True)
    assert rest.length_s == SHORTEST_S
    await rested(rest, clock, late_s=0.0001, times=50)
    assert rest.length_s == SHORTEST_S


async def test_a_hurried_one_grows_with_how_late_it_ends_and_shrinks_again() -> None:
    clock = ManualClock(START)
    rest = Rest(clock, 0.05, hurried=True)
    await rested(rest, clock, late_s=0.001, times=50)
    assert rest.length_s == pytest.approx(0.01, rel=0.01)
    await rested(rest, clock, late_s=0.1)
    assert rest.length_s == 0.05, "it is never longer than its service says"
    await rested(rest, clock, times=100)
    assert rest.length_s == SHORTEST_S
