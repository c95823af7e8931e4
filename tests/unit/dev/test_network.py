"""A wire that is cut holds what is sent on it, both ways and whoever opened it; none breaks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from hotline.dev.network import Network
from hotline.dev.ports import LOCALHOST, free_port

LONG_S, SHORT_S = 5.0, 0.1
# To the network we are broker-2: whom a connection of this process comes from.
NOBODY = 2**30
PIDS = {"broker-1": NOBODY, "broker-2": os.getpid(), "broker-3": NOBODY}


class Line:
    """A connection to an echo."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    def send(self, said: bytes) -> None:
        self.writer.write(said + b"\n")

    async def heard(self, within_s: float = LONG_S) -> bytes:
        async with asyncio.timeout(within_s):
            return await self._reader.readline()

    async def silent(self) -> bool:
        """Nothing comes, not even an end."""
        try:
            await self.heard(SHORT_S)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def wired(broker: str) -> AsyncIterator[tuple[Network, int]]:
    """A broker that echoes lines, and the port at which it is reached."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    inside, outside = free_port(), free_port()
    network = Network(PIDS.__getitem__)
    async with await asyncio.start_server(echo, LOCALHOST, inside):
        await network.carry(broker, outside, inside)
        try:
            yield network, outside
        finally:
            await network.close()


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(LOCALHOST, port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize("lonely", ["broker-1", "broker-2"])
async def test_what_a_broker_is_sent_and_what_it_sends_is_held_until_it_joins(lonely: str) -> None:
    async with wired("broker-1") as (network, port), line(port) as before:
        before.send(b"one")
        assert await before.heard() == b"one\n"
        network.cut_off(lonely)
        before.send(b"two")
        before.send(b"three")
        assert await before.silent()
        async with line(port) as during:
            during.send(b"four")
            assert await during.silent()
            network.join(lonely)
            assert [await before.heard(), await before.heard()] == [b"two\n", b"three\n"]
            assert await during.heard() == b"four\n"


async def test_others_go_on() -> None:
    async with wired("broker-1") as (network, port), line(port) as between:
        network.cut_off("broker-3")
        between.send(b"one")
        assert await between.heard() == b"one\n"


async def test_the_end_of_a_connection_is_not_heard_of_over_a_wire_that_is_cut() -> None:
    async with wired("broker-1") as (network, port), line(port) as cut:
        cut.send(b"one")
        assert await cut.heard() == b"one\n"
        network.cut_off("broker-1")
        cut.writer.write_eof()
        assert await cut.silent()
        network.join("broker-1")
        assert await cut.heard() == b""


async def test_what_is_cut_ends_with_the_network() -> None:
    """Also where the broker that is cut off has ended before."""
    async with wired("broker-1") as (network, port), line(port) as cut:
        cut.send(b"one")
        assert await cut.heard() == b"one\n"
        network.cut_off("broker-1")
        network.cut_off("a broker that has ended")
        async with line(port) as late:
            async with asyncio.timeout(LONG_S):
                await network.close()
            for end in (cut, late):
                with suppress(ConnectionError):
                    assert await end.heard() == b""


async def test_a_broker_that_does_not_run_takes_no_connection() -> None:
    network, outside = Network(PIDS.__getitem__), free_port()
    await network.carry("broker-1", outside, free_port())
    async with line(outside) as nobody:
        assert await nobody.heard() == b""
    await network.close()
