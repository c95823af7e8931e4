"""Whether those who waited for one answer go on together, or each a turn of the loop later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any


async def turns_of(work: Iterable[Awaitable[Any]]) -> int:
    """In how many turns of the event loop some of it ended."""
    turn, ended = 0, set[int]()

    async def count() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def timed(each: Awaitable[Any]) -> None:
        await each
        ended.add(turn)

    counting = asyncio.create_task(count())
    try:
        await asyncio.gather(*map(timed, work))
    finally:
        counting.cancel()
    return len(ended)
