"""What intake counts comes back from the topic, each view by itself (R3, R5, R16)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from click.testing import CliRunner

from hotline.cli.composed import composed
from hotline.cli.rebuild import VIEWS, command
from tests.integration.intake.hall import Hall
from tests.support.loops import BUCKETS, wait_until

COUNTED = "select ticket, article from answer", "select article, answered from article_use"
MISSED = {"channel": "phone", "called_number": "12345", "waited_s": 31, "caller": "13800138000"}


async def counted(hall: Hall) -> list[list[tuple[Any, ...]]]:
    """What the views hold, matters that are compared included."""
    store: Any = hall.runtime.store
    queries = (*COUNTED, "select ticket from missed_call", "select ticket, cell from recent")
    return [sorted(map(tuple, await store.pool.fetch(query))) for query in queries]


@pytest.mark.parametrize("view", ["tallies", "recent"])
async def test_r5_answers_calls_and_near_matters_come_back_as_they_were(
    hall: Hall, view: str
) -> None:
    await hall.submit(kind="consultation", facts={"kb_answer": "KB-1"})
    await hall.submit(latitude=32.9, longitude=115.8)
    assert (await hall.post("calls/missed", MISSED)).status_code == 201

    async def are_there() -> bool:
        return [len(rows) for rows in await counted(hall)] == [1, 1, 1, 2]

    await wait_until(are_there)
    before, info = await counted(hall), hall.loop.info
    store: Any = hall.runtime.store
    for table in VIEWS["intake", view].tables:
        await store.pool.execute(f"delete from {table}")
    assert await counted(hall) != before
    assert info is not None
    words = [
        "intake",
        "--from",
        "kafka",
        "--view",
        view,
        "--kafka",
        info.bootstrap,
        "--dsn",
        info.dsn,
    ]
    words += ["--namespace", hall.loop.namespace, "--city", "sample", "--buckets", str(BUCKETS)]
    done = await asyncio.to_thread(CliRunner().invoke, command, words)
    assert done.exit_code == 0, done.output
    assert await counted(hall) == before


async def test_a_whole_rebuild_makes_every_view_that_intake_keeps_in_its_store(hall: Hall) -> None:
    store: Any = hall.runtime.store
    made = await composed(store, hall.loop.bus(), hall.runtime.clock, "sample")
    running = [type(view) for view in hall.runtime.service.views]
    assert [type(view) for view in made.views] == running
