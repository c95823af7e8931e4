"""A process that stops lets go within its limits, whatever does not answer it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from services.kernel import runtime as kernel
from services.kernel.runtime import Runtime
from tests.support.desks import desk, echo
from tests.support.loops import memory_loop

LIMIT_S = 0.05


async def never() -> None:
    """As of a client whose broker is gone: the first cancellation is swallowed too."""
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def breaks() -> None:
    raise ConnectionResetError


async def stopped(runtime: Runtime) -> None:
    """Or fails: a cancellation alone might be swallowed, and the test would hang."""
    stop = asyncio.create_task(runtime.stop())
    await asyncio.wait([stop], timeout=5)
    assert stop.done()
    await stop


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "PARTS_END_S", LIMIT_S)


@pytest.mark.parametrize("ends", [never, breaks])
@pytest.mark.parametrize("name", ["consumer", "_watermarks"])
async def test_a_reader_that_does_not_stop_keeps_nobody_from_stopping(
    name: str, ends: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    closed = asyncio.Event()

    async def close() -> None:
        closed.set()

    async with memory_loop("stop") as loop:
        runtime = await loop.run(echo())
        monkeypatch.setattr(getattr(runtime, name), "stop", ends)
        monkeypatch.setattr(runtime.bus, "close", close)
        await stopped(runtime)
        assert closed.is_set()
        assert ("reader did not end in time" in caplog.text) is (ends is never)


async def test_a_part_that_does_not_end_keeps_nobody_from_stopping() -> None:
    async def with_a_part(runtime: Runtime) -> None:
        runtime.add("stubborn", never)

    async with memory_loop("stop") as loop:
        runtime = await loop.run(desk(), before_start=with_a_part)
        await stopped(runtime)
