"""Who may read the live windows, and what is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from services.evaluation.adapters.registry import load
from services.evaluation.adapters.windows_http import app
from services.kernel.security import Security, undeclared_routes
from services.kernel.tokens import DevTokens, dev_token
from tests.unit.evaluation.windows import NEW_YORK, a_matter, a_measure, counted

NOON = datetime(2011, 3, 16, 12, 20, tzinfo=NEW_YORK)
UNITS = {"NYPD": counted([a_measure(NOON, 1, solved=True)]).SerializeToString()}
MATTERS = {
    f"noise@{area}": counted(a_matter(NOON, n, area=area) for n in range(1, 1 + count))
    for area, count in (("BRONX", 1), ("QUEENS", 20))
}


class Views:
    """The application over two tables, and a caller of any role."""

    def __init__(self, folder: Path) -> None:
        self.ready = {"joined": True, "recovered": True}
        self._folder = folder
        matters = {key: windows.SerializeToString() for key, windows in MATTERS.items()}
        self.app = app(
            UNITS, matters, load("nyc"), self._readiness,
            security=Security(DevTokens(folder), None), figures=CollectorRegistry(),
        )  # fmt: skip
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=("127.0.0.1", 1)),
            base_url="http://windows",
        )

    async def _readiness(self) -> dict[str, bool]:
        return self.ready

    async def get(self, path: str, role: str = "", unit: str | None = None) -> httpx.Response:
        token = dev_token(role, role, unit, run_dir=self._folder) if role else ""
        headers = {"Authorization": f"Bearer {token}"} if role else {}
        return await self._client.get(path, headers=headers)

    async def close(self) -> None:
        await self._client.aclose()


@pytest.fixture
async def views(tmp_path: Path) -> AsyncIterator[Views]:
    made = Views(tmp_path)
    yield made
    await made.close()


async def test_a_unit_reads_its_own_windows(views: Views) -> None:
    own = await views.get("/v1/windows", "unit", unit="NYPD")
    assert own.json() == (await views.get("/v1/windows?unit=NYPD", "staff")).json()
    assert own.json()["unit"] == "NYPD"
    [hour], [day] = own.json()["hours"], own.json()["days"]
    assert hour == {
        "start": "2011-03-16T12:00:00-04:00", "entries": 1, "visited": 1, "contacted": 0,
        "solved": 1, "satisfied": 0, "on_time": 0, "confirmed_on_time": 0,
        "promise_missed": 0,
    }  # fmt: skip
    assert day == {**hour, "start": "2011-03-16T00:00:00-04:00"}


async def test_a_unit_does_not_read_those_of_another(views: Views) -> None:
    assert (await views.get("/v1/windows?unit=NYPD", "unit", unit="DPR")).status_code == 403


async def test_nobody_reads_without_a_role(views: Views) -> None:
    assert (await views.get("/v1/windows?unit=NYPD")).status_code == 401
    assert (await views.get("/v1/windows?unit=NYPD", "channel")).status_code == 403
    assert (await views.get("/v1/surges", "unit", unit="NYPD")).status_code == 403


def test_every_route_declares_its_roles(views: Views) -> None:
    assert undeclared_routes(views.app) == []


async def test_a_unit_without_windows_is_a_problem_of_its_own_type(views: Views) -> None:
    answer = await views.get("/v1/windows?unit=DPR", "staff")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-windows")


async def test_surges_name_place_hour_and_mean(views: Views) -> None:
    queens, bronx = (await views.get("/v1/surges", "analyst")).json()
    assert queens == {
        "category": "noise", "area": "QUEENS", "start": "2011-03-16T12:00:00-04:00",
        "matters": 20, "usual": 0.0, "surge": True,
    }  # fmt: skip
    assert (bronx["area"], bronx["matters"], bronx["surge"]) == ("BRONX", 1, False)
    assert (await views.get("/v1/surges?limit=1", "analyst")).json() == [queens]


@pytest.mark.parametrize("part", ["joined", "recovered"])
async def test_it_is_not_ready_before_its_tables_are(views: Views, part: str) -> None:
    assert (await views.get("/readyz")).json() == {"joined": True, "recovered": True}
    views.ready[part] = False
    assert (await views.get("/readyz")).status_code == 503


async def test_it_tells_its_figures(views: Views) -> None:
    await views.get("/livez")
    found: Any = (await views.get("/metrics")).text
    assert 'hotline_http_requests_total{method="GET",route="/livez",status="200"} 1.0' in found
