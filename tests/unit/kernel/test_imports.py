"""What an importer is held to (design: time): off by default, its own tickets, in their order."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import orjson
import pytest
from fastapi import Depends
from prometheus_client import CollectorRegistry

from services.kernel.bus import Outgoing
from services.kernel.http import create_app
from services.kernel.identity import Principal, Role
from services.kernel.imports import MOST_NOTED, Imports, Standing, standing_of
from services.kernel.security import Security, role
from services.kernel.settings import KernelSettings, parse
from services.kernel.store_memory import MemoryStore
from services.kernel.tokens import dev_token
from tests.support.loops import BUCKETS
from tests.support.processes import City, Process
from tests.support.virtual import START
from tests.unit.kernel.importing import THEN, TICKET, UNIT, answers, noting, stated

LEAST = {"HOTLINE_KAFKA": "k:1", "HOTLINE_DSN": "postgresql://u:p@h/d", "HOTLINE_DEV": "1"}


@pytest.fixture
async def dispatch(town: City) -> Process:
    return await noting(town)


async def answered(town: City, dispatch: Process, *records: Outgoing) -> list[tuple[int, str]]:
    """Status and problem of every answer that these records got."""
    found = await answers(town, dispatch, *records)
    kinds = [orjson.loads(a.body).get("type", "").rpartition("/")[2] for a in found]
    return [(a.status, kind) for a, kind in zip(found, kinds, strict=True)]


async def test_an_import_goes_forward_in_a_ticket_and_never_back(
    town: City, dispatch: Process
) -> None:
    day = timedelta(days=1)
    told = await answered(
        town, dispatch, stated("one", THEN), stated("two", THEN + day), stated("back", THEN)
    )
    assert told == [(201, ""), (200, ""), (409, "before-last-fact")]
    again = await answered(town, dispatch, stated("late", THEN + day / 2), stated("on", THEN + day))
    assert again == [(409, "before-last-fact"), (200, "")]
    assert [f.time for f in await dispatch.ledger(TICKET)] == [THEN, THEN + day, THEN + day]


@pytest.mark.parametrize("name", ["i\0", "i" * 201])
async def test_an_import_has_a_name_that_the_store_can_hold(
    town: City, dispatch: Process, name: str
) -> None:
    assert await answered(town, dispatch, stated("one", import_id=name)) == [(400, "bad-import")]
    assert await dispatch.ledger(TICKET) == []


async def test_a_repeat_of_an_import_gets_its_first_answer(town: City, dispatch: Process) -> None:
    first = stated("one", THEN)
    await answered(town, dispatch, first, stated("two", THEN + timedelta(days=1)))
    assert await answered(town, dispatch, first) == [(201, "")]
    assert len(await dispatch.ledger(TICKET)) == 2


async def test_an_import_leaves_live_tickets_and_those_of_others_alone(
    town: City, dispatch: Process
) -> None:
    await town.publish(UNIT.note(TICKET, "live", "c1", START))
    await dispatch.read()
    refused = (403, "not-of-this-import")
    assert await answered(town, dispatch, stated("mine", START)) == [refused]
    assert [f.import_id for f in await dispatch.ledger(TICKET)] == [""]


async def test_another_import_may_not_go_on(town: City, dispatch: Process) -> None:
    await answered(town, dispatch, stated("one", THEN))
    told = await answered(town, dispatch, stated("two", THEN + timedelta(1), import_id="i2"))
    assert told == [(403, "not-of-this-import")]


async def test_imports_are_off_unless_switched_on(
    town: City, dispatch: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dispatch.runtime.commands is not None
    monkeypatch.setattr(dispatch.runtime.commands, "_imports", None)
    assert await answered(town, dispatch, stated("one", THEN)) == [(403, "imports-off")]
    assert await dispatch.ledger(TICKET) == []
    assert parse(KernelSettings, LEAST).imports is False


async def test_a_ticket_that_was_parked_meanwhile_goes_on(town: City, dispatch: Process) -> None:
    await answered(town, dispatch, stated("one", THEN))
    (fact,) = await dispatch.ledger(TICKET)
    parked = replace(fact, type="hotline.kernel.v1.TicketParked", time=START, import_id="")
    assert standing_of([fact, parked]) == Standing("i1", THEN)
    assert standing_of([parked]) is None


@pytest.mark.parametrize(("switch", "status"), [("0", 403), ("1", 200)])
async def test_over_http_the_role_counts_only_where_imports_are_on(
    tmp_path: Path, switch: str, status: int
) -> None:
    env = {**LEAST, "HOTLINE_RUN_DIR": str(tmp_path), "HOTLINE_IMPORTS": switch}
    security = Security.of(parse(KernelSettings, env), None)
    app = create_app("x", _ready, security=security, registry=CollectorRegistry())

    @app.get("/v1/history")
    async def history(
        caller: Principal = Depends(role(Role.IMPORTER, Role.STAFF)),  # noqa: B008
    ) -> list[str]:
        return sorted(caller.roles)

    token = dev_token("importer", "old-city", run_dir=tmp_path)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get("/v1/history", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "/problems/imports-off"
        assert "HOTLINE_IMPORTS=1" in answer.json()["detail"]


def test_an_import_is_logged_once_and_what_is_remembered_is_bounded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    imports = Imports(MemoryStore("dispatch", BUCKETS, lambda: START))
    with caplog.at_level(logging.WARNING, "hotline.security"):
        for n in range(MOST_NOTED + 1):
            imports.note("old-city", f"i{n}")
            imports.note("old-city", f"i{n}")
    assert len(caplog.records) == MOST_NOTED + 1
    assert "old-city imports under the name i0" in caplog.text
    assert len(imports._seen) <= MOST_NOTED


async def _ready() -> dict[str, bool]:
    return {"up": True}
