"""Every test of these runs on the twin, then on the real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from services.kernel.clock import ManualClock
from tests.integration.datasync.stores import Kept, memory, postgres
from tests.integration.datasync.web import Web


@pytest.fixture(params=["memory", "postgres"])
async def kept(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Kept]:
    """The twin, then the real one."""
    if request.param == "memory":
        async with memory() as made:
            yield made
    else:
        stack = request.getfixturevalue("stack")
        async with postgres(stack.dsn, namespace) as made:
            yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


@pytest.fixture
async def web(kept: Kept, clock: ManualClock) -> AsyncIterator[Web]:
    made = Web(kept, clock)
    yield made
    await made.client.aclose()
