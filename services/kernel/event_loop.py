"""The event loop of a service's process: uvloop, that waits for no goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import uvloop

GOODBYE_S = 0.5


class EventLoop(uvloop.Loop):
    """Closes a TLS connection of ours after half a second, not 30, if its peer says no goodbye.

    Brokers often say none, and a client of theirs has closed only when its connections have: a
    start closes several. aiokafka sets no limit of its own.
    """

    async def create_connection(self, *args: Any, **options: Any) -> Any:
        if options.get("ssl"):
            options.setdefault("ssl_shutdown_timeout", GOODBYE_S)
        return await super().create_connection(*args, **options)

    async def start_tls(self, *args: Any, **options: Any) -> Any:
        options.setdefault("ssl_shutdown_timeout", GOODBYE_S)
        return await super().start_tls(*args, **options)


def run(main: Coroutine[Any, Any, None]) -> None:
    """As asyncio.run."""
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(main)
