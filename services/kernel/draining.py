"""The last connections of a server that stops: answered, not reset.

What waits in a listening socket's queue when it is closed is reset, and no client can tell whether
its request was begun. So first no new handshake gets through (on Linux: a filter that drops every
packet to the listening socket; the client's kernel tries again and is refused), then the queue is
accepted, then who got through and has not asked yet may do so, then everything is closed.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import socket
import sys
from collections.abc import Collection, Iterable
from typing import Protocol

log = logging.getLogger("hotline.draining")
_SO_ATTACH_FILTER = 26
_DROP_ALL = (ctypes.c_uint64 * 1)(0x06)  # one instruction: return 0 bytes of the packet
ACCEPT_S = 0.1
FIRST_S, LOOK_S = 0.5, 0.01


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


async def accept_the_rest(listening: Iterable[int]) -> None:
    """File descriptors of listening sockets, which their event loop goes on to accept from."""
    for descriptor in listening:
        _refuse_new(descriptor)
    await asyncio.sleep(ACCEPT_S)


class Connection(Protocol):
    """As uvicorn has it; `cycle` is its request, or the last one: None before the first."""

    cycle: object | None


async def hear_the_new(connections: Collection[Connection]) -> None:
    """`connections` are all that are open; one that asks nothing is not waited for any longer, nor
    one that has gone."""
    fresh = [connection for connection in connections if connection.cycle is None]
    give_up = asyncio.get_running_loop().time() + FIRST_S
    while any(c.cycle is None and c in connections for c in fresh):
        if asyncio.get_running_loop().time() > give_up:
            return
        await asyncio.sleep(LOOK_S)


def _refuse_new(descriptor: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    program = _Program(1, ctypes.cast(_DROP_ALL, ctypes.c_void_p))
    with socket.socket(fileno=os.dup(descriptor)) as place:
        try:
            place.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(program))
        except OSError as error:  # a kernel that lets only the privileged do it
            log.info("new connections are not refused before the queue is empty: %s", error)
