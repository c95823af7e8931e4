"""Work at once: many waiters in one round trip, many round trips side by side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar, cast

log = logging.getLogger("hotline.gather")
Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


async def all_of(work: Iterable[Awaitable[Answered]]) -> list[Answered]:
    """All at once, and all of it ended when this returns. Raises the first error in their order."""
    found = await asyncio.gather(*work, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return cast("list[Answered]", found)


async def ended(tasks: Sequence[asyncio.Task[None]], timeout_s: float) -> None:
    """However they end; what waits for a broker that is gone is left behind, for it may even keep
    the cancellation to itself."""
    if not tasks:
        return
    done, left = await asyncio.wait(tasks, timeout=timeout_s)
    for task in left:
        task.cancel()
        log.warning("%s did not end in time", task.get_name())
    for task in done:
        if not task.cancelled() and (error := task.exception()):
            log.warning("%s did not end cleanly: %r", task.get_name(), error)


class Gather(Generic[Asked, Answered]):
    """`flush` answers a whole batch in its order; an error of it reaches everyone in the batch."""

    def __init__(
        self,
        flush: Callable[[Sequence[Asked]], Awaitable[Sequence[Answered]]],
        *,
        limit: int = 500,
    ) -> None:
        self._flush, self._limit = flush, limit
        self._waiting: list[tuple[Asked, asyncio.Future[Answered]]] = []
        self._under_way: asyncio.Task[None] | None = None

    async def __call__(self, asked: Asked) -> Answered:
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = (
                    self._waiting[: self._limit],
                    self._waiting[self._limit :],
                )
                await self._one(batch)
        finally:
            self._under_way = None

    async def _one(self, batch: Sequence[tuple[Asked, asyncio.Future[Answered]]]) -> None:
        try:
            answers = await self._flush([asked for asked, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is every waiting caller's
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
