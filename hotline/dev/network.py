"""Wires between the brokers of one machine, and to them, that can be cut: a partition in which a
broker lives, and its packets get nowhere.

Every broker tells others to reach it at a port of ours, from which bytes are carried to its own.
What is cut is held, as TCP holds what is not acknowledged: no connection ends by it, and after a
while all of it arrives. Nothing is needed for it, no rights and no filter of packets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from hotline.dev.ports import LOCALHOST

_CHUNK = 65_536


@dataclass(eq=False, slots=True)
class _Wire:
    """One connection: to which broker, and from which port of whom."""

    to: str
    peer: int
    ends: list[asyncio.StreamWriter]
    whole: asyncio.Event = field(default_factory=asyncio.Event)


class Network:
    """`pid` tells the process of a broker, whose own connections are known by it."""

    def __init__(self, pid: Callable[[str], int]) -> None:
        self._pid = pid
        self._wires: set[_Wire] = set()
        self._cut: set[str] = set()
        self._servers: list[asyncio.Server] = []

    async def carry(self, broker: str, outside: int, inside: int) -> None:
        """From now on, what comes to one port is carried to the other, and back."""

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            wire = _Wire(broker, writer.get_extra_info("peername")[1], [writer])
            self._wires.add(wire)
            try:
                self._mend([wire])
                await _carried(wire, reader, inside)
            finally:
                self._wires.discard(wire)

        self._servers.append(await asyncio.start_server(connected, LOCALHOST, outside))

    def cut_off(self, broker: str) -> None:
        """Nothing that others send reaches it, and nothing that it sends reaches them."""
        self._cut.add(broker)
        self._mend(self._wires)

    def join(self, broker: str) -> None:
        """It is reached again."""
        self._cut.discard(broker)
        self._mend(self._wires)

    async def close(self) -> None:
        """No connection is taken any more, and those that are there end."""
        for server in self._servers:
            server.close()
        while self._wires:
            for wire in self._wires:
                for end in wire.ends:
                    end.transport.abort()
                wire.whole.set()
            await asyncio.sleep(0)

    def _mend(self, wires: Iterable[_Wire]) -> None:
        alone = {port for broker in self._cut for port in self._ports(broker)}
        for wire in wires:
            if wire.to in self._cut or wire.peer in alone:
                wire.whole.clear()
            else:
                wire.whole.set()

    def _ports(self, broker: str) -> set[int]:
        """From which it has opened connections."""
        with suppress(psutil.NoSuchProcess, KeyError):  # it ends, or has not begun
            found = psutil.Process(self._pid(broker)).net_connections("tcp")
            return {connection.laddr.port for connection in found}
        return set()


async def _carried(wire: _Wire, reader: asyncio.StreamReader, inside: int) -> None:
    """Until both ends have closed it."""
    await wire.whole.wait()
    [writer] = wire.ends
    try:
        to_reader, to_writer = await asyncio.open_connection(LOCALHOST, inside)
    except OSError:  # the broker does not run: nor would it take a connection
        writer.close()
        return
    wire.ends.append(to_writer)
    await asyncio.gather(_pump(wire, reader, to_writer), _pump(wire, to_reader, writer))


async def _pump(wire: _Wire, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An end that is closed closes the other, when the word of it arrives."""
    try:
        with suppress(ConnectionError):
            while chunk := await reader.read(_CHUNK):
                await wire.whole.wait()
                writer.write(chunk)
                await writer.drain()
        await wire.whole.wait()
    finally:
        writer.close()
