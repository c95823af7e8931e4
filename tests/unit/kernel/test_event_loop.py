"""A service's event loop: how it closes what its peer leaves open."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvloop

from services.kernel.event_loop import GOODBYE_S, EventLoop
from tests.support.certificates import CA, CERTIFICATE, KEY, authority

WELL_BELOW_30_S = 10.0


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    authority("test").issue("peer").write(tmp_path)
    return tmp_path


@contextmanager
def peer_without_goodbye(folder: Path) -> Iterator[int]:
    """Greets over TLS and then neither reads nor closes; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    done = threading.Event()

    def serve() -> None:
        with listening.accept()[0] as plain, context.wrap_socket(plain, server_side=True):
            done.wait()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            done.set()
            thread.join()


async def _open_and_close(
    port: int, folder: Path, timeout_s: float, *, upgraded: bool = False
) -> None:
    context = ssl.create_default_context(cafile=str(folder / CA))
    loop = asyncio.get_running_loop()
    lost: asyncio.Future[None] = loop.create_future()

    class Peer(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            lost.set_result(None)

    if upgraded:
        plain, peer = await loop.create_connection(Peer, "127.0.0.1", port)
        transport = await loop.start_tls(plain, peer, context, server_hostname="127.0.0.1")
        assert transport is not None
    else:
        transport, _ = await loop.create_connection(Peer, "127.0.0.1", port, ssl=context)
    transport.close()
    try:
        await asyncio.wait_for(asyncio.shield(lost), timeout_s)
    finally:
        transport.abort()


@pytest.mark.parametrize("upgraded", [False, True])
def test_a_tls_connection_is_closed_though_its_peer_says_no_goodbye(
    certificates: Path, upgraded: bool
) -> None:
    with (
        peer_without_goodbye(certificates) as port,
        asyncio.Runner(loop_factory=EventLoop) as runner,
    ):
        runner.run(_open_and_close(port, certificates, WELL_BELOW_30_S, upgraded=upgraded))


@pytest.mark.parametrize("upgraded", [False, True])
def test_uvloop_alone_would_wait_for_it(certificates: Path, upgraded: bool) -> None:
    """When this fails, a loop of our own is needed no longer."""
    with (
        peer_without_goodbye(certificates) as port,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        pytest.raises(TimeoutError),
    ):
        runner.run(_open_and_close(port, certificates, 4 * GOODBYE_S, upgraded=upgraded))


async def _hear(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await reader.read()
    finally:
        writer.close()


def test_a_plain_connection_is_opened_as_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as plain:
                plain.sendall(b"good day")

        thread = threading.Thread(target=serve)
        thread.start()
        with asyncio.Runner(loop_factory=EventLoop) as runner:
            assert runner.run(_hear(listening.getsockname()[1])) == b"good day"
        thread.join()
