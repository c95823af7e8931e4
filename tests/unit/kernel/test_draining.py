"""A server that stops resets nobody who got through."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from types import SimpleNamespace

import pytest

from services.kernel import draining
from services.kernel.draining import accept_the_rest, hear_the_new

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is Linux's")


@on_linux
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


@on_linux
async def test_where_the_kernel_forbids_the_filter_the_queue_is_accepted_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Forbidding(socket.socket):
        def setsockopt(self, *_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

    served = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.set()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname(), 1.0):
        forbidding = SimpleNamespace(socket=Forbidding, SOL_SOCKET=socket.SOL_SOCKET)
        monkeypatch.setattr(draining, "socket", forbidding)
        with caplog.at_level(logging.INFO, "hotline.draining"):
            await accept_the_rest([s.fileno() for s in server.sockets])
        await asyncio.wait_for(served.wait(), 5.0)
    server.close()
    assert "not refused before the queue is empty: [Errno 1] Operation not permitted" in caplog.text


class Client:
    """Its connection was accepted."""

    cycle: object | None = None


async def test_who_got_through_and_has_not_asked_yet_is_heard() -> None:
    asked, slow = Client(), Client()
    asked.cycle = object()
    hearing = asyncio.create_task(hear_the_new([asked, slow]))
    await asyncio.sleep(0)
    assert not hearing.done()
    slow.cycle = object()
    await asyncio.wait_for(hearing, 5.0)


async def test_who_has_gone_without_asking_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draining, "FIRST_S", 3_600.0)
    gone = Client()
    connections = {gone}
    hearing = asyncio.create_task(hear_the_new(connections))
    await asyncio.sleep(0)
    assert not hearing.done()
    connections.clear()  # as uvicorn does when one closes
    await asyncio.wait_for(hearing, 5.0)


async def test_who_never_asks_does_not_hold_up_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "FIRST_S", 0.02)
    await asyncio.wait_for(hear_the_new([Client()]), 5.0)
