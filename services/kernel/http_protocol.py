"""What the server itself leaves open: how many connections there may be, how long a request's head
may be, and how long in coming."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.kernel.in_flight import NEWCOMER

MOST_CONNECTIONS = 2_000
MOST_HEAD_BYTES = 65_536
HEAD_S = 10.0
_TOO_LARGE = b"431 Request Header Fields Too Large"
_TOO_SLOW = b"408 Request Timeout"


async def _newcomer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """A connection beyond the most gets one answer; those who are in are served on."""

    async def last(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    await app({**scope, NEWCOMER: True}, receive, last)


class BoundedHttp(HttpToolsProtocol):
    """A connection whose next request's head is too long, or has not come whole HEAD_S after
    anything came (of the first: after the connection was made), is answered and closed (RFC 6585,
    9110)."""

    _head_bytes = 0
    _in_head = True
    _give_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self.app: Any = partial(_newcomer, self.app)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._waited()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse(_TOO_LARGE)
        if self._give_up is None and (self._in_head or self._is_idle()):
            self._wait()

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._waited()
        self._in_head = False
        super().on_headers_complete()

    def _is_idle(self) -> bool:
        """No answer is under way, so what came was the rest of a body or nothing yet."""
        return bool(getattr(self.cycle, "response_complete", True))

    def _wait(self) -> None:
        self._give_up = self.loop.call_later(HEAD_S, self._refuse, _TOO_SLOW)

    def _waited(self) -> None:
        if self._give_up is not None:
            self._give_up.cancel()
            self._give_up = None

    def _refuse(self, status: bytes) -> None:
        self._waited()
        if not self.transport.is_closing():
            line = b"HTTP/1.1 " + status
            self.transport.write(line + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()
