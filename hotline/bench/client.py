"""A keep-alive HTTP/1.1 client that costs little: one connection, one request at a time.

For measuring only: it believes the server, which answers every request with a Content-Length.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit


class Connection:
    """Opened at the first request; the port of the URL has to be stated."""

    def __init__(self, url: str, token: str) -> None:
        place = urlsplit(url)
        assert place.hostname
        assert place.port
        self._host, self._port = place.hostname, place.port
        self._head = (
            f"Host: {place.hostname}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\n"
        ).encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, target: str) -> tuple[int, bytes]:
        """Status and body. Raises OSError, asyncio.IncompleteReadError."""
        return await self._answer(b"GET %b HTTP/1.1\r\n%b\r\n" % (target.encode(), self._head))

    async def post(self, path: str, key: str, body: bytes) -> tuple[int, bytes]:
        """As `get`."""
        return await self._answer(
            b"POST %b HTTP/1.1\r\n%bIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (path.encode(), self._head, key.encode(), len(body), body)
        )

    async def _answer(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        answer = int(head[9:12]), await reader.readexactly(content_length(head))
        if b"\r\nconnection: close\r\n" in head.lower():
            await self.close()
        return answer

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def content_length(head: bytes) -> int:
    """Of a message whose head is this. Raises ValueError where it has none."""
    lowered = head.lower()
    start = lowered.index(b"content-length:") + len(b"content-length:")
    return int(lowered[start : lowered.index(b"\r\n", start)])
