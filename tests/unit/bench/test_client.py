"""The bench's own HTTP client against its own receiver."""

from __future__ import annotations

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


def test_the_length_is_found_however_it_is_written() -> None:
    assert content_length(b"HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 12\r\n\r\n") == 12
    with pytest.raises(ValueError, match="subsection not found"):
        content_length(b"HTTP/1.1 200 OK\r\n\r\n")
