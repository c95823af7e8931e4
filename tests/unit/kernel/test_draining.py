"""A server that stops resets nobody who got through."""

from __future__ import annotations

import asyncio
import socket
import sys

import pytest

from services.kernel.draining import accept_the_rest


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is Linux's")
async def test_who_is_in_the_queue_is_answered_and_who_comes_later_does_not_get_in() -> None:
    answered = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answered
        await reader.read(1)
        answered += 1
        writer.write(b"!")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    place = server.sockets[0].getsockname()
    waiting = [socket.create_connection(place, 1.0) for _ in range(20)]  # nobody accepts yet
    await accept_the_rest([s.fileno() for s in server.sockets])
    with pytest.raises(TimeoutError), socket.create_connection(place, 0.3):
        pass
    server.close()
    for client in waiting:
        client.sendall(b"?")
    await asyncio.sleep(0.2)
    assert answered == len(waiting)
    assert {client.recv(1) for client in waiting} == {b"!"}
    for client in waiting:
        client.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, 1.0)
