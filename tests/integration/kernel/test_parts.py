"""A process never lives on with a part missing: it lets go of the rest and ends with code 1."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from hotline.dev.ports import free_port
from services.kernel.api_keys import MemoryApiKeys
from services.kernel.bus_memory import MemoryBus
from services.kernel.http import create_app
from services.kernel.passes import MemoryPasses
from services.kernel.process import Parts, Ports, serve
from services.kernel.registry_memory import MemoryRegistry
from services.kernel.releasing import Order
from services.kernel.runtime import Runtime
from services.kernel.settings import KernelSettings, parse
from services.kernel.store_memory import MemoryStore
from services.kernel.topics import ticket_topics
from tests.support.apps import Callers
from tests.support.desks import desk
from tests.support.loops import BUCKETS, MachineClock

Beside = Callable[[Runtime], Awaitable[None]]


class Bus(MemoryBus):
    """Knows whether it was let go of."""

    closed = False

    async def close(self) -> None:
        self.closed = True


class NoOrders:
    """Nobody asks for anything."""

    async def orders(self, buckets: list[int], limit: int) -> list[Order]:
        return []

    async def done(self, order: Order, outcome: str) -> None:
        raise AssertionError(order)


async def exit_code(port: int, beside: Beside | None = None) -> int:
    """Of the kernel's own desk on the twins; what it held was let go of."""
    env = {
        "HOTLINE_KAFKA": "twin:1",
        "HOTLINE_DSN": "postgresql://twin",
        "HOTLINE_BUCKETS": str(BUCKETS),
        "HOTLINE_HTTP_PORT": str(port),
    }
    clock = MachineClock()
    bus = Bus(clock.now)
    for topic in ticket_topics(BUCKETS):
        bus.create(topic.name, topic.partitions)
    store: Any = MemoryStore("dispatch", BUCKETS, clock.now)
    ports = Ports(
        store,
        bus,
        clock,
        CollectorRegistry(),
        MemoryApiKeys(),
        NoOrders(),
        MemoryPasses(),
        MemoryRegistry(clock.now),
    )
    with pytest.raises(SystemExit) as raised:
        async with asyncio.timeout(20):
            await serve(parse(KernelSettings, env), ports, Parts(desk(), application, beside))
    assert bus.closed
    return int(raised.value.code or 0)


def application(runtime: Runtime) -> Any:
    registry = runtime.registry
    return create_app("dispatch", runtime.readiness, security=Callers(), registry=registry)


async def fails(_: Runtime) -> None:
    raise ZeroDivisionError("beside")


async def ends(_: Runtime) -> None:
    """Without an error, but by itself."""


@pytest.mark.parametrize("beside", [fails, ends])
async def test_a_process_ends_with_its_parts(
    beside: Beside, caplog: pytest.LogCaptureFixture
) -> None:
    assert await exit_code(free_port(), beside) == 1
    assert "the service stops" in caplog.text


async def test_a_port_in_use_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert await exit_code(taken.getsockname()[1]) == 1
    assert "address already in use" in caplog.text
