"""What stands in an address: a pass for one place, once, within a minute, and never a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Depends
from prometheus_client import CollectorRegistry

from hotline.contracts.openapi import APPS
from services.kernel.http import create_app
from services.kernel.identity import Principal, Role
from services.kernel.passes import LIFETIME, MemoryPasses
from services.kernel.security import Security, role
from services.kernel.tokens import DevTokens, dev_token

NOW = 1_770_000_000.0
DPR = Principal("dpr", frozenset({Role.UNIT}), unit="DPR", expires_at=NOW + 500.0)
PLACE = "/v1/feeds/dpr/events"


@dataclass
class House:
    """An application with a stream that admits passes and a list that does not."""

    security: Security
    passes: MemoryPasses
    client: httpx.AsyncClient
    now: float = NOW

    async def given(self) -> str:
        return await self.security.give_pass(DPR, f"GET {PLACE}")

    async def get(self, path: str = PLACE, **query: str) -> int:
        return (await self.client.get(path, params=query)).status_code


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    passes = MemoryPasses()
    made: list[House] = []
    security = Security(
        DevTokens(tmp_path, lambda: NOW),
        None,
        now=lambda: made[0].now if made else NOW,
        passes=passes,
    )
    app = create_app("x", _ready, security=security, registry=CollectorRegistry())

    @app.get("/v1/feeds/{name}/events")
    async def follow(
        name: str,
        caller: Principal = Depends(role(Role.UNIT, by_pass=True)),  # noqa: B008
    ) -> dict[str, Any]:
        return caller.claims()

    @app.get("/v1/feeds")
    async def listed(
        caller: Principal = Depends(role(Role.UNIT)),  # noqa: B008
    ) -> dict[str, Any]:
        return caller.claims()

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        made.append(House(security, passes, client))
        yield made[0]


async def test_a_pass_speaks_for_its_caller_once(house: House) -> None:
    text = await house.given()
    answer = await house.client.get(PLACE, params={"pass": text})
    assert answer.json() == DPR.claims()
    assert await house.get(**{"pass": text}) == 401


async def test_a_pass_ends_after_a_minute(house: House) -> None:
    text = await house.given()
    house.now += LIFETIME.total_seconds()
    assert await house.get(**{"pass": text}) == 401


@pytest.mark.parametrize("path", ["/v1/feeds/dot/events", "/v1/feeds"])
async def test_a_pass_opens_no_other_place_and_is_used_up_by_trying(
    house: House, path: str
) -> None:
    text = await house.given()
    assert await house.get(path, **{"pass": text}) == 401
    if path != "/v1/feeds":  # that one does not look at passes
        assert await house.get(**{"pass": text}) == 401


@pytest.mark.parametrize("text", ["", "hp_", "hp_" + "x" * 43, "x" * 5_000, "\ufffd"])
async def test_what_is_no_pass_is_refused(house: House, text: str) -> None:
    await house.given()
    assert await house.get(**{"pass": text}) == 401


async def test_only_the_hash_is_kept_and_what_expired_goes(house: House) -> None:
    text = await house.given()
    assert text not in repr(house.passes.kept)
    house.now += LIFETIME.total_seconds()
    await house.given()
    assert len(house.passes.kept) == 1


@pytest.mark.parametrize("name", ["pass", "access_token", "token", "authorization", "api_key"])
async def test_a_token_in_an_address_is_not_looked_at(
    house: House, tmp_path: Path, name: str
) -> None:
    token = dev_token("unit", "dpr", "DPR", run_dir=tmp_path, now=lambda: NOW)
    assert await house.get(**{name: token}) == 401
    bearer = {"Authorization": f"Bearer {token}"}
    client = httpx.ASGITransport(house.client._transport.app, client=("127.0.0.1", 1))  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=client, base_url="http://x") as here:
        assert (await here.get(PLACE, headers=bearer)).status_code == 200


@pytest.mark.parametrize("service", APPS)
def test_no_route_takes_a_credential_in_its_address(service: str) -> None:
    for path, operations in APPS[service]().openapi()["paths"].items():
        for operation in operations.values():
            asked = {p["name"] for p in operation.get("parameters", ()) if p["in"] != "header"}
            assert not [n for n in asked if any(word in n.lower() for word in _SECRETS)], path


_SECRETS = ("token", "key", "code", "secret", "password", "authorization", "contact", "phone")


async def _ready() -> dict[str, bool]:
    return {"up": True}
