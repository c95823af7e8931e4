"""What the kernel's unit tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.processes import City, city


@pytest.fixture
async def town() -> AsyncIterator[City]:
    async with city() as made:
        yield made
