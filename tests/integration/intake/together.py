"""Whether those who waited for one answer go on together, or each a turn of the loop later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any


async def turns_apart(work: Iterable[Awaitable[Any]]) -> int:
    """Turns of the event loop between the first that ended and the last."""
    turns, ended = 0, []

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def timed(each: Awaitable[Any]) -> None:
        await each
        ended.append(turns)

    counting = asyncio.create_task(count())
    try:
        await asyncio.gather(*map(timed, work))
    finally:
        counting.cancel()
    return max(ended) - min(ended)
