"""Fixtures of intake's wired tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hotline.dev.stack import StackInfo
from tests.integration.intake.hall import Hall, open_hall


@pytest.fixture
async def hall(stack: StackInfo, namespace: str, tmp_path: Path) -> AsyncIterator[Hall]:
    async with open_hall(stack, namespace, tmp_path) as made:
        yield made
