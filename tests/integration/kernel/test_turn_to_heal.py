"""One process heals, rebuilds or adopts at a time; who waits for its turn says whom for."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from hotline.dev.stack import StackInfo
from services.kernel import healing_pg
from services.kernel.healing_pg import HealingLedger
from services.kernel.store_pg import PostgresStore
from tests.support.loops import wait_until
from tests.support.stores import postgres_store


async def test_who_waits_says_who_has_the_turn(
    stack: StackInfo,
    namespace: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(healing_pg, "LOOK_S", 0.02)
    had = asyncio.Event()
    async with postgres_store(stack, namespace) as made:
        store = cast(PostgresStore, made)
        one, two = HealingLedger(store), HealingLedger(store)

        async def turn() -> None:
            async with two.alone():
                had.set()

        async def said() -> bool:
            return "waits for its turn" in caplog.text

        with caplog.at_level("WARNING", "hotline.healing"):
            async with one.alone():
                waiting = asyncio.create_task(turn())
                await wait_until(said, what="saying who has the turn")
                assert not had.is_set()
                (holder,) = await _holders(store)
            await waiting
    assert f"server process {holder} has (" in caplog.text
    assert had.is_set()


async def _holders(store: PostgresStore) -> list[int]:
    rows = await store.pool.fetch(
        "select l.pid from pg_locks l join pg_stat_activity a using (pid) "
        "where l.locktype = 'advisory' and l.granted and a.application_name = $1",
        store.schema,
    )
    return [row["pid"] for row in rows]
