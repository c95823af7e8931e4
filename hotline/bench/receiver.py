"""A department's endpoint: takes every webhook and says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hotline.bench.client import content_length
from hotline.dev.ports import LOCALHOST

_TAKEN = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def receiver(port: int, take: Callable[[bytes], None]) -> AsyncIterator[None]:
    """Listens on loopback for the length of a block; `take` gets every body."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                take(await reader.readexactly(content_length(head)))
                writer.write(_TAKEN)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, LOCALHOST, port, limit=2**20)
    try:
        yield
    finally:
        server.close()
