"""Every rule of the kernel is tried on the real broker and store and on their twins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from hotline.dev.stack import StackInfo
from services.kernel.registry import RegistryStore
from services.kernel.registry_memory import MemoryRegistry
from services.kernel.registry_pg import PostgresRegistry
from services.kernel.store import Store
from services.kernel.store_pg import PostgresStore
from tests.support.stores import memory_store, postgres_store


@pytest.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Store]:
    if request.param == "memory":
        async with memory_store() as twin:
            yield twin
    else:
        stack: StackInfo = request.getfixturevalue("stack")
        async with postgres_store(stack, namespace) as real:
            yield real


@pytest.fixture
def entries(store: Store, namespace: str) -> RegistryStore:
    """Of the same kind as the store."""
    if isinstance(store, PostgresStore):
        return PostgresRegistry(store.pool, "desk", namespace)
    return MemoryRegistry(lambda: datetime.now(UTC))
