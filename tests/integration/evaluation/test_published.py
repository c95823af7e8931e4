"""The score formula published over HTTP (R31), on the twins and on the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.evaluation.adapters.registry import document
from tests.integration.evaluation.running import running
from tests.support.loops import wait_until
from tests.support.site import Site, loop_of

VISIT = {"contacted": True, "solved": True, "satisfied": False, "generated": False}


@pytest.fixture(params=["twin", "real"])
async def evaluation(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    async with loop_of(request) as loop, running(loop, tmp_path) as made:
        yield made


async def test_r31_a_published_formula_weighs_the_month_that_runs(evaluation: Site) -> None:
    content = deepcopy(document("sample"))
    content["version"] = "2"
    content["weights"] |= {"solved": 30, "satisfied": 40}
    content["effective"] = content["effective"].isoformat()
    body = {"document": content, "source": "notice 1"}
    await evaluation.say("W-1", dispatch.TicketCompleted(unit="transport", solved=True, round=1))
    await evaluation.done("W-1/visit", VISIT, "staff")
    await evaluation.say("W-1", dispatch.TicketArchived(unit="transport"))
    await _weighed(evaluation, "sample/1", 70)
    assert (await evaluation.lay_down("formula", body, "supervisor")).status_code == 403
    made = await evaluation.lay_down("formula", body, "administrator")
    assert (made.status_code, made.json()["version"]) == (201, 1)
    await _weighed(evaluation, "sample/2/1", 60)


async def _weighed(evaluation: Site, formula: str, score: int) -> None:
    async def is_so() -> bool:
        rows: list[Any] = (await evaluation.get("/figures", "analyst")).json()["figures"]
        return [(row["formula"], row["rates"]["score"]) for row in rows] == [(formula, score)]

    await wait_until(is_so, timeout_s=15, what=formula)
