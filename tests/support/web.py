"""The desk over HTTP, in virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.requests import Request

from services.kernel.http import create_app
from services.kernel.identity import Principal, Role
from services.kernel.routes import command_router
from services.kernel.security import Security
from services.kernel.service import CommandRule, Service
from tests.support.desks import NoteProgress, desk
from tests.support.processes import City, Process, city
from tests.support.virtual import VirtualClock, run_virtual

DPR = Principal("dpr", frozenset({Role.UNIT}), unit="DPR")
TICKET = "T-1"


class Caller(Security):
    """Proves that the caller is whoever the test says."""

    def __init__(self) -> None:
        super().__init__(None, None)
        self.caller = DPR

    async def principal(self, request: Request) -> Principal:
        return self.caller


class Web:
    """The desk over HTTP."""

    def __init__(self, town: City, process: Process) -> None:
        self.town, self.process, self.security = town, process, Caller()
        runtime = process.runtime
        app: FastAPI = create_app(
            "dispatch", runtime.readiness, security=self.security, registry=runtime.registry
        )
        app.include_router(command_router(runtime))
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://dispatch"
        )

    async def note(self, words: str, key: str = "k", ticket: str = TICKET, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            named["Idempotency-Key"] = key
        return await self.client.post(
            f"/v1/tickets/{ticket}/note", json={"note": words}, headers=named
        )

    async def recorded(self) -> list[str]:
        return await self.process.names(TICKET)

    async def travelled(self) -> None:
        await self.process.relay()
        await self.process.read()


@asynccontextmanager
async def _web(service: Service) -> Any:
    rule = CommandRule("note", NoteProgress, frozenset({"unit", "staff"}))
    async with city(VirtualClock()) as town:
        yield Web(town, await town.process(replace(service, commands=(rule,))))


def on_the_web(
    test: Callable[[Web], Awaitable[None]], made: Callable[[], Service] = desk
) -> Callable[[], None]:
    """Runs a test in virtual time: nothing that waits takes any."""

    async def run() -> None:
        async with _web(made()) as web:
            await test(web)

    def virtual() -> None:
        run_virtual(run())

    return virtual


def problem(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].rpartition("/")[2]


def seen(response: Any) -> tuple[Any, ...]:
    headers = response.headers
    return response.status_code, response.content, headers["etag"], headers["hotline-position"]
