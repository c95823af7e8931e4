"""Requests whose head is too long or too slow: answered, closed, and nobody else is disturbed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from hotline.dev.ports import LOCALHOST, free_port
from services.kernel import http_protocol
from services.kernel.http_protocol import MOST_HEAD_BYTES, BoundedHttp

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    more = scope["path"] != "/early"
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(http_protocol, "HEAD_S", 0.2)
    found = free_port()
    config = uvicorn.Config(
        _app, host=LOCALHOST, port=found, http=BoundedHttp, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield found
    server.should_exit = True
    await task


async def told(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """All that is answered until the connection is closed, or half a second has passed."""
    reader, writer = await asyncio.open_connection(LOCALHOST, port)
    found = b""
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause_s)
        async with asyncio.timeout(0.5):
            while part := await reader.read(4_096):
                found += part
    except (TimeoutError, ConnectionError):
        found += b" (open)"
    finally:
        writer.close()
    return found


async def test_a_head_up_to_the_limit_is_read(port: int) -> None:
    filler = b"X: " + b"x" * (MOST_HEAD_BYTES - len(GET) - 100) + b"\r\n"
    assert (await told(port, GET + filler + b"\r\n")).startswith(b"HTTP/1.1 204 ")


@pytest.mark.parametrize("line", [b"X: y\r\n", b"x"])
async def test_a_longer_head_is_refused(port: int, line: bytes) -> None:
    head = GET + b"X: " + line * (MOST_HEAD_BYTES // len(line) + 1)
    answer = await told(port, head)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize("parts", [(), (b"GET",), (GET, b"X: y"), (GET + b"\r\n", b"GET / ")])
async def test_a_head_that_does_not_end_is_not_waited_for(
    port: int, parts: tuple[bytes, ...]
) -> None:
    answer = await told(port, *parts)
    assert b"HTTP/1.1 408 " in answer
    assert not answer.endswith(b"(open)")


async def test_a_body_has_its_own_time_and_a_connection_may_rest(port: int) -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
    answer = await told(port, post, b"ab", b"cd", GET + b"\r\n", pause_s=0.25)
    assert answer.count(b"HTTP/1.1 204 ") == 2
    assert answer.endswith(b"(open)")


@pytest.mark.parametrize(
    "parts",
    [
        (GET + b"\r\n", b"\r\n"),
        (b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", b"x"),
        (b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n", b"x"),
    ],
)
async def test_what_comes_after_an_answer_and_begins_no_request_is_not_waited_for(
    port: int, parts: tuple[bytes, ...]
) -> None:
    answer = await told(port, *parts, pause_s=0.05)
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert b"HTTP/1.1 408 " in answer
    assert not answer.endswith(b"(open)")
