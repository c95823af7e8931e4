"""Acknowledges events in the order of the topic, each once the broker has what it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

Written = asyncio.Future[object]


class Message(Protocol):
    """Where an event came from; the generation is that of the group when it was read."""

    generation_id: int


class Event(Protocol):
    """As Faust gives it."""

    @property
    def message(self) -> Message: ...

    def ack(self) -> object: ...


class InOrder:
    """A queue of `limit` events between who counts and who acknowledges."""

    def __init__(self, generation: Callable[[], int], limit: int) -> None:
        self._generation = generation
        self._waiting: asyncio.Queue[tuple[Event, Written | None]] = asyncio.Queue(limit)

    async def put(self, event: Event, written: Written | None) -> None:
        """`written` is done once the broker has the change; None: nothing was changed."""
        await self._waiting.put((event, written))

    async def run(self) -> None:
        """What is behind an unwritten change waits, whatever its own state. Raises what a write
        failed with: then nothing from there on is acknowledged, and all of it comes again."""
        while True:
            event, written = await self._waiting.get()
            if written is not None:
                await written
            if event.message.generation_id == self._generation():
                event.ack()
