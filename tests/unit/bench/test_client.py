"""The bench's own HTTP client against its own receiver."""

from __future__ import annotations

import asyncio

import pytest

from hotline.bench.client import Connection, content_length
from hotline.bench.receiver import receiver
from hotline.dev.ports import free_port


async def test_every_body_arrives_over_one_connection() -> None:
    taken: list[bytes] = []
    port = free_port()
    async with receiver(port, taken.append):
        connection = Connection(f"http://127.0.0.1:{port}", "token")
        for body in (b"one", b"", b"x" * 70_000):
            assert await connection.post("/hook", "key", body) == (204, b"")
        await connection.close()
    assert taken == [b"one", b"", b"x" * 70_000]


async def test_a_connection_that_the_server_ends_is_opened_again() -> None:
    opened = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        writer.close()

    port = free_port()
    async with await asyncio.start_server(once, "127.0.0.1", port):
        connection = Connection(f"http://127.0.0.1:{port}", "token")
        for _ in range(2):
            assert await connection.post("/hook", "key", b"") == (503, b"no")
    assert opened == 2


async def test_what_is_asked_for_is_read_without_a_body_being_sent() -> None:
    asked = b""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        writer.close()

    port = free_port()
    async with await asyncio.start_server(once, "127.0.0.1", port):
        connection = Connection(f"http://127.0.0.1:{port}", "token")
        assert await connection.get("/v1/articles?q=noise") == (200, b"[]")
        await connection.close()
    assert asked.startswith(b"GET /v1/articles?q=noise HTTP/1.1\r\nHost: ")
    assert b"Content-Length" not in asked


def test_the_length_is_found_however_it_is_written() -> None:
    assert content_length(b"HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 12\r\n\r\n") == 12
    with pytest.raises(ValueError, match="subsection not found"):
        content_length(b"HTTP/1.1 200 OK\r\n\r\n")
