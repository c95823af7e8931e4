"""Behind a proxy the caller is whom it names; whoever is none of ours names nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import Request

from hotline.dev.ports import LOCALHOST, free_port
from services.kernel.api_keys import KeyVerifier, MemoryApiKeys
from services.kernel.attempts import MOST_OF_KEY
from services.kernel.http import create_app
from services.kernel.process import _server
from services.kernel.security import Security
from services.kernel.settings import KernelSettings, parse

WRONG = f"hk_{1:012x}_{1:064x}"
CITIZEN, OTHER = "203.0.113.7", "203.0.113.8"


@asynccontextmanager
async def served(proxies: str) -> AsyncIterator[httpx.AsyncClient]:
    """The server as a process makes it, under HOTLINE_PROXIES, on this machine."""
    port = free_port()
    env = {"HOTLINE_KAFKA": "b:1", "HOTLINE_DSN": "postgresql://u:p@h/d"}
    env |= {"HOTLINE_HTTP_PORT": str(port), "HOTLINE_PROXIES": proxies}
    security = Security(None, None, KeyVerifier(MemoryApiKeys()))
    app = create_app("x", _ready, security=security, registry=CollectorRegistry())

    @app.get("/v1/who")
    async def who(request: Request) -> str:
        assert request.client is not None
        return request.client.host

    @app.get("/v1/closed")
    async def closed(request: Request) -> None:
        await security.principal(request)

    server = _server(parse(KernelSettings, env), app, 1)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        async with httpx.AsyncClient(base_url=f"http://{LOCALHOST}:{port}") as client:
            yield client
    finally:
        server.should_exit = True
        await serving


async def _ready() -> dict[str, bool]:
    return {"up": True}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        ("127.0.0.1", CITIZEN, CITIZEN),
        ("10.0.0.0/8,127.0.0.0/8", CITIZEN, CITIZEN),
        ("127.0.0.1,198.51.100.0/24", f"{OTHER}, {CITIZEN}, 198.51.100.3", CITIZEN),
        ("10.0.0.0/8", CITIZEN, LOCALHOST),
        ("", CITIZEN, LOCALHOST),
    ],
)
async def test_only_a_known_proxy_says_who_calls(proxies: str, forwarded: str, seen: str) -> None:
    """The last address that is none of a proxy; anybody could have written what stands before."""
    async with served(proxies) as client:
        answer = await client.get("/v1/who", headers={"X-Forwarded-For": forwarded})
    assert answer.json() == seen


@pytest.mark.parametrize(("proxies", "status"), [("127.0.0.1", 401), ("", 429)])
async def test_failed_logins_are_counted_by_caller_behind_a_known_proxy(
    proxies: str, status: int
) -> None:
    async def tried(client: httpx.AsyncClient, address: str) -> int:
        headers = {"X-Forwarded-For": address, "Authorization": f"Bearer {WRONG}"}
        return (await client.get("/v1/closed", headers=headers)).status_code

    async with served(proxies) as client:
        for _ in range(MOST_OF_KEY):
            assert await tried(client, CITIZEN) == 401
        assert await tried(client, CITIZEN) == 429
        assert await tried(client, OTHER) == status


def test_what_is_no_address_is_refused_at_the_start() -> None:
    env = {"HOTLINE_KAFKA": "b:1", "HOTLINE_DSN": "postgresql://u:p@h/d"}
    with pytest.raises(ValueError, match="HOTLINE_PROXIES"):
        parse(KernelSettings, env | {"HOTLINE_PROXIES": "*"})
