"""The services' HTTP applications for tests: over the twins, with callers of every kind."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.requests import Request

from services.kernel.bus_memory import MemoryBus
from services.kernel.clock import ManualClock
from services.kernel.codec import Codec
from services.kernel.identity import Principal, Role
from services.kernel.runtime import Place, Runtime
from services.kernel.security import Security
from services.kernel.senders import Senders
from services.kernel.service import CommandRule, Service
from services.kernel.store_memory import MemoryStore
from services.kernel.tokens import unauthenticated

BUCKETS = 4
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STAFF = Principal("clerk", frozenset({Role.STAFF}))


def unit(name: str | None) -> Principal:
    return Principal(f"unit-{name}", frozenset({Role.UNIT}), unit=name)


class Callers(Security):
    """Proves that the caller is whoever the test says; nobody at first."""

    def __init__(self, caller: Principal | None = None) -> None:
        super().__init__(None, None, imports=True)
        self.caller = caller

    async def principal(self, request: Request) -> Principal:
        if self.caller is None:
            raise unauthenticated("Nobody calls.")
        return self.caller


def runtime(name: str, commands: Iterable[CommandRule] = ()) -> Runtime:
    """Of a service that is not started: its routes can be looked at."""
    clock = ManualClock(NOW)
    store = MemoryStore(name, BUCKETS, clock.now)
    service = Service(name, Codec(name, own=()), commands=tuple(commands))
    place = Place("", BUCKETS, "0")
    bus = MemoryBus(clock.now)
    return Runtime(service, place, store, bus, clock, Senders(None), CollectorRegistry())


def application(name: str, security: Security, **parts: Any) -> FastAPI:
    """A service's own application; what it is composed of beside is `parts`, or nothing."""
    commands = getattr(import_module(f"services.{name}.service"), "COMMANDS", ())
    made = import_module(f"services.{name}.adapters.http").app
    given = {"runtime": runtime(name, commands), "security": security, **parts}
    nothing = SimpleNamespace(vault=None, books=None, boxes=None)
    found: FastAPI = made(**{p: given.get(p, nothing) for p in inspect.signature(made).parameters})
    return found


@asynccontextmanager
async def calling(app: FastAPI, *, raises: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application, from this machine; `raises`: defects reach the test."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=raises)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


def problem(response: httpx.Response) -> tuple[int, str]:
    """Status and type of an RFC 9457 answer."""
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
    return response.status_code, response.json()["type"].removeprefix("/problems/")
