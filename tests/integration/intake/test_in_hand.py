"""A matter's time is that at which it is taken in hand: one that waited longer than the grace for
that is recorded like any other."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import asyncpg
import pytest

from services.intake.adapters import in_hand
from services.kernel.names import schema_of
from tests.integration.intake.hall import CONTACT, MATTER, Hall
from tests.support.loops import wait_until

MISSED = {"channel": "phone", "called_number": "12345", "waited_s": 31, "caller": CONTACT}


async def test_what_waited_longer_than_the_grace_is_recorded(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_hand, "WAIT_S", 60.0)
    async with AsyncExitStack() as busy:
        for _ in range(in_hand.MOST_IN_HAND):
            await busy.enter_async_context(hall.desk.in_hand.place())
        sent_at = datetime.now(UTC)
        matter = asyncio.create_task(hall.post("tickets", MATTER))
        call = asyncio.create_task(hall.post("calls/missed", MISSED))
        await _closed_after(hall, sent_at)
        assert not (matter.done())
        assert not (call.done())
    assert [(await made).status_code for made in (matter, call)] == [201, 201]


async def _closed_after(hall: Hall, at: datetime) -> None:
    """No live fact of that time is appended any more, in whatever bucket."""
    assert hall.loop.info is not None
    connection = await asyncpg.connect(hall.loop.info.dsn)
    table = f"{schema_of(hall.loop.namespace, 'intake')}.bucket"

    async def closed() -> bool:
        return bool(await connection.fetchval(f"select min(closed_until) > $1 from {table}", at))

    try:
        await wait_until(closed, 30.0, "closing the buckets")
    finally:
        await connection.close()
