"""What the kernel promises is tried on the real broker and store and on their twins."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.loops import Loop, memory_loop, real_loop


@pytest.fixture(params=["real", "twin"])
async def loop(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Loop]:
    if request.param == "twin":
        async with memory_loop(namespace) as twin:
            yield twin
    else:
        async with real_loop(request.getfixturevalue("stack"), namespace) as real:
            yield real
