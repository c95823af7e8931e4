"""Every route of every service declares its roles, and a unit acts and reads only for itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute, RouteContext
from prometheus_client import CollectorRegistry
from starlette.responses import Response
from starlette.routing import Mount, Route

from hotline.programs import SERVICES
from services.deadline.domain.views import ClockView
from services.kernel.api_keys import MemoryApiKeys, make_key
from services.kernel.http import create_app
from services.kernel.identity import (
    Principal,
    Role,
    principal_of,
    require_department,
    require_ticket,
    require_unit,
)
from services.kernel.problems import Problem
from services.kernel.security import (
    OPEN_PATHS,
    Security,
    role,
    roles_of,
    routes_of,
    undeclared_routes,
)
from services.kernel.settings import KernelSettings, parse
from services.kernel.tokens import dev_token
from tests.support.apps import NOW, STAFF, Callers, application, calling, problem, unit

HEADERS = {"Idempotency-Key": "k"}
LEAST = {"HOTLINE_KAFKA": "k:1", "HOTLINE_DSN": "postgresql://u:p@h/d"}


def guarded(app: FastAPI) -> list[RouteContext]:
    return [route for route in routes_of(app) if route.path not in OPEN_PATHS]


def request_of(route: RouteContext) -> tuple[str, str]:
    """(method, path) that reach it."""
    assert route.methods
    return min(route.methods), re.sub(r"\{\w+\}", "20260302-1", str(route.path))


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_declares_a_role(service: str) -> None:
    app = application(service, Callers())
    assert guarded(app)
    assert undeclared_routes(app) == []


async def _route() -> str:
    return "anybody"


async def _endpoint(_: Any) -> Response:
    return Response()


@pytest.mark.parametrize(
    "route",
    [
        APIRoute("/v1/open", _route),
        Route("/v1/open", _endpoint),
        Mount("/v1/open", routes=[]),
        APIRoute("/v1/open", _route, dependencies=[Depends(_route)]),
        APIRoute("/v1/open", _route, dependencies=[Depends(role())]),
    ],
    ids=["api", "plain", "mount", "other dependency", "no roles"],
)
def test_a_route_without_a_role_is_found(route: Any) -> None:
    app = application("dispatch", Callers())
    app.router.routes.append(route)
    assert undeclared_routes(app) == ["/v1/open"]


def test_a_route_without_a_role_is_found_behind_a_router() -> None:
    app, router = application("dispatch", Callers()), APIRouter(prefix="/v1")
    router.add_api_route("/open", _route)
    app.include_router(router)
    assert undeclared_routes(app) == ["/v1/open"]


@pytest.mark.parametrize("service", SERVICES)
async def test_nobody_gets_in_without_proof_and_no_role_beyond_those_declared(service: str) -> None:
    callers = Callers()
    app = application(service, callers)
    async with calling(app) as client:
        for route in guarded(app):
            method, path = request_of(route)
            callers.caller = None
            answer = await client.request(method, path, headers=HEADERS, json={})
            assert problem(answer) == (401, "not-authenticated"), route.path
            for other in set(Role) - roles_of(route.dependant):
                callers.caller = Principal("x", frozenset({other}), "DOT", "DOT", "20260302-1")
                answer = await client.request(method, path, headers=HEADERS, json={})
                assert problem(answer) == (403, "role-missing"), (route.path, other)


async def test_probes_and_figures_are_open() -> None:
    async with calling(application("dispatch", Callers())) as client:
        for path in OPEN_PATHS:
            assert (await client.get(path)).status_code in (200, 503), path


async def test_a_handler_sees_only_the_roles_that_were_admitted() -> None:
    app = create_app("x", _ready, security=Callers(both()), registry=CollectorRegistry())
    seen: list[Principal] = []

    @app.get("/v1/mine")
    async def mine(caller: Principal = Depends(role(Role.UNIT))) -> None:  # noqa: B008
        seen.append(caller)

    async with calling(app) as client:
        await client.get("/v1/mine")
    assert seen[0] == unit("DOT")


async def _ready() -> dict[str, bool]:
    return {"up": True}


def both() -> Principal:
    return replace(unit("DOT"), roles=frozenset({Role.UNIT, Role.STAFF}))


# A unit, a department, a citizen: only for itself


@pytest.mark.parametrize(
    ("require", "bound", "own"),
    [
        (require_unit, Role.UNIT, "unit"),
        (require_department, Role.DEPARTMENT, "department"),
        (require_ticket, Role.CITIZEN, "ticket"),
    ],
)
def test_who_is_bound_stays_within_it(require: Any, bound: Role, own: str) -> None:
    within: Any = {own: "A"}
    caller = replace(Principal("x", frozenset({bound})), **within)
    require(caller, "A")
    for other in ("B", "", "a"):
        with pytest.raises(Problem) as raised:
            require(caller, other)
        assert raised.value.status_code == 403
    with pytest.raises(Problem):
        require(Principal("x", frozenset({bound})), "")


@pytest.mark.parametrize("name", sorted(set(Role)))
def test_only_known_duties_cover_everybody(name: Role) -> None:
    caller = Principal("x", frozenset({name}))
    free = name not in {Role.UNIT, Role.DEPARTMENT, Role.CITIZEN, Role.CHANNEL}
    try:
        require_unit(caller, "A")
        assert free
    except Problem:
        assert not free


class Figures:
    """What a unit may ask for; remembers for whom it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def of_unit(self, wanted: str, *_: Any, **__: Any) -> list[Any]:
        self.asked.append(wanted)
        return []

    due = of_unit


@pytest.mark.parametrize(
    ("service", "path", "part"),
    [("deadline", "/v1/due", "clocks"), ("evaluation", "/v1/figures", "figures")],
)
async def test_a_unit_reads_its_own_figures_only(service: str, path: str, part: str) -> None:
    callers, figures = Callers(unit("DOT")), Figures()
    app = application(service, callers, **{part: figures})
    async with calling(app) as client:
        assert (await client.get(path)).status_code == 200
        assert (await client.get(path, params={"unit": "DOT"})).status_code == 200
        assert problem(await client.get(path, params={"unit": "DPR"})) == (403, "not-yours")
        callers.caller = unit(None)
        assert problem(await client.get(path)) == (403, "not-yours")
        callers.caller = STAFF
        assert (await client.get(path, params={"unit": "DPR"})).status_code == 200
    assert figures.asked == ["DOT", "DOT", "DPR"]


class Clocks:
    """The clocks of a ticket that two units had."""

    async def of_ticket(self, _bucket: int, ticket: str) -> list[ClockView]:
        units = ("DOT", "DPR", "")
        return [ClockView(ticket, "resolve", 1, u, "running", NOW, None) for u in units]


async def test_a_unit_reads_its_own_clocks_of_a_ticket_only() -> None:
    callers = Callers()
    seen: dict[str, list[str]] = {}
    async with calling(application("deadline", callers, clocks=Clocks())) as client:
        for caller in (unit("DOT"), unit("HPD"), unit(None), STAFF):
            callers.caller = caller
            answer = await client.get("/v1/tickets/20260302-1/clocks")
            rows = answer.json() if answer.status_code == 200 else []
            seen[caller.name] = [row["unit"] for row in rows]
    assert seen == {
        "unit-DOT": ["DOT"], "unit-HPD": [], "unit-None": [], "clerk": ["DOT", "DPR", ""],
    }  # fmt: skip


# What proves a caller


async def proven(security: Security, authorization: str | None, host: str = "127.0.0.1") -> Any:
    headers = {} if authorization is None else {"authorization": authorization}
    request: Any = SimpleNamespace(headers=headers, client=SimpleNamespace(host=host))
    return await security.principal(request)


async def refused(security: Security, authorization: str | None, host: str = "127.0.0.1") -> str:
    with pytest.raises(Problem) as raised:
        await proven(security, authorization, host)
    assert raised.value.status_code == 401
    return raised.value.detail


def secured(run_dir: Path, **env: str) -> Security:
    settings = parse(KernelSettings, {**LEAST, "HOTLINE_RUN_DIR": str(run_dir), **env})
    return Security.of(settings, MemoryApiKeys())


async def test_a_development_token_counts_on_this_machine_only(tmp_path: Path) -> None:
    security = secured(tmp_path, HOTLINE_DEV="1")
    token = f"Bearer {dev_token('staff', 'x', run_dir=tmp_path)}"
    assert (await proven(security, token)).roles == {Role.STAFF}
    for host in ("10.0.0.1", "203.0.113.9", "::ffff:10.0.0.1"):
        assert "not accepted here" in await refused(security, token, host)


@pytest.mark.parametrize("env", [{}, {"HOTLINE_DEV": "0"}])
async def test_a_development_token_counts_nowhere_but_in_development(
    tmp_path: Path, env: dict[str, str]
) -> None:
    token = f"Bearer {dev_token('staff', 'x', run_dir=tmp_path)}"
    assert "not accepted here" in await refused(secured(tmp_path, **env), token)


def test_without_development_no_key_is_made(tmp_path: Path) -> None:
    secured(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic eDp5", "x"])
async def test_without_a_bearer_nobody_is_proven(tmp_path: Path, authorization: str | None) -> None:
    assert "Authorization: Bearer" in await refused(secured(tmp_path), authorization)


async def test_without_an_issuer_its_tokens_are_refused(tmp_path: Path) -> None:
    assert "none that counts here" in await refused(secured(tmp_path), "Bearer a.b.c")


async def test_an_api_key_is_accepted_from_anywhere(tmp_path: Path) -> None:
    keys = MemoryApiKeys()
    key, text = make_key("board", Role.CHANNEL, created_at=NOW)
    await keys.add(key)
    security = Security.of(parse(KernelSettings, {**LEAST, "HOTLINE_RUN_DIR": str(tmp_path)}), keys)
    assert (await proven(security, f"bearer {text}", "203.0.113.9")).name == "board"
    assert "not valid" in await refused(security, f"Bearer {text}0")


def test_a_principal_is_read_from_the_claims_that_it_gives() -> None:
    given = Principal("x", frozenset({Role.UNIT, Role.STAFF}), "DOT", "HPD", "T-1", 17.0)
    assert principal_of(given.claims()) == given
