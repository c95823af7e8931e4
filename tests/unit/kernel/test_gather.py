"""One round trip for many, an error for everyone in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from services.kernel.gather import Gather


class Doubler:
    """Answers with twice the number, once it is let through."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()

    async def __call__(self, asked: Sequence[int]) -> list[int]:
        self.batches.append(list(asked))
        await self.open.wait()
        if 13 in asked:
            raise LookupError(13)
        return [2 * n for n in asked]


async def asked(gather: Gather[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    async def one(number: int) -> int:
        return await gather(number)

    tasks = [asyncio.create_task(one(n)) for n in numbers]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_what_waits_goes_together_and_each_gets_its_own() -> None:
    doubler = Doubler()
    gather = Gather(doubler, limit=3)
    first = await asked(gather, 1)
    rest = await asked(gather, 2, 3, 4, 5)
    doubler.open.set()
    assert await asyncio.gather(*first, *rest) == [2, 4, 6, 8, 10]
    assert doubler.batches == [[1], [2, 3, 4], [5]]


async def test_an_error_reaches_its_batch_and_nobody_else() -> None:
    doubler = Doubler()
    gather = Gather(doubler)
    await asked(gather, 1)
    bad = await asked(gather, 13, 2)
    doubler.open.set()
    outcomes = await asyncio.gather(*bad, return_exceptions=True)
    assert [type(o) for o in outcomes] == [LookupError, LookupError]
    assert await gather(3) == 6


async def test_a_caller_that_gave_up_does_not_hold_up_the_others() -> None:
    doubler = Doubler()
    gather = Gather(doubler)
    gone, stays = await asked(gather, 1, 2)
    gone.cancel()
    doubler.open.set()
    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await gone
