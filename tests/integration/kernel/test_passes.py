"""Passes in a vault: one suite for PostgreSQL and its twin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from hotline.cli.migrate import migrations
from hotline.dev.stack import StackInfo
from services.kernel.identity import Principal, Role
from services.kernel.migrate import migrate
from services.kernel.names import schema_of
from services.kernel.passes import LIFETIME, MemoryPasses, Passes, PostgresPasses, issue, redeem
from services.kernel.pool_pg import connect

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CALLER = Principal("dpr", frozenset({Role.UNIT}), unit="DPR", expires_at=17.0)
PLACE = "GET /v1/feeds/dpr/events"


@pytest.fixture(params=["postgres", "memory"])
async def passes(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Passes]:
    if request.param == "memory":
        yield MemoryPasses()
        return
    stack: StackInfo = request.getfixturevalue("stack")
    await migrate(stack.dsn, "desk", namespace, migrations("dispatch"), 4)
    pool = await connect(stack.dsn, schema_of(namespace, "desk"), size=4)
    try:
        yield PostgresPasses(pool, "desk", namespace)
    finally:
        await pool.close()


async def test_of_many_at_once_one_is_let_in(passes: Passes) -> None:
    text = await issue(passes, CALLER, PLACE, NOW)
    found = await asyncio.gather(*(redeem(passes, text, PLACE, NOW) for _ in range(8)))
    assert [who for who in found if who is not None] == [CALLER]


async def test_one_for_another_place_or_too_late_is_used_up(passes: Passes) -> None:
    for place, at in (("GET /v1/feeds", NOW), (PLACE, NOW + LIFETIME)):
        text = await issue(passes, CALLER, PLACE, NOW)
        assert await redeem(passes, text, place, at) is None
        assert await redeem(passes, text, PLACE, NOW) is None


async def test_what_expired_is_removed_with_the_next(passes: Passes) -> None:
    old = await issue(passes, CALLER, PLACE, NOW)
    new = await issue(passes, CALLER, PLACE, NOW + LIFETIME)
    assert await redeem(passes, old, PLACE, NOW) is None
    assert await redeem(passes, new, PLACE, NOW + LIFETIME) == CALLER
