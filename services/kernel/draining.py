"""The last connections of a server that stops: answered, not reset.

What waits in a listening socket's queue when it is closed is reset, and no client can tell whether
its request was begun. So first no new handshake gets through (on Linux: a filter that drops every
packet to the listening socket; the client's kernel tries again and is refused), then the queue is
accepted, then the socket is closed.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
import sys
from collections.abc import Iterable

_SO_ATTACH_FILTER = 26
_DROP_ALL = (ctypes.c_uint64 * 1)(0x06)  # one instruction: return 0 bytes of the packet
ACCEPT_S = 0.1


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


async def accept_the_rest(listening: Iterable[int]) -> None:
    """File descriptors of listening sockets, which their event loop goes on to accept from."""
    for descriptor in listening:
        _refuse_new(descriptor)
    await asyncio.sleep(ACCEPT_S)


def _refuse_new(descriptor: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    program = _Program(1, ctypes.cast(_DROP_ALL, ctypes.c_void_p))
    with socket.socket(fileno=os.dup(descriptor)) as place:
        place.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(program))
