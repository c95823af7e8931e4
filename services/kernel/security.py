"""Who may call: every route declares its roles; who calls is proven by a token or a key."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.requests import Request

from services.kernel.api_keys import ApiKeys, KeyVerifier, id_of, is_api_key
from services.kernel.attempts import Attempts
from services.kernel.identity import (
    Principal,
    Role,
    require_department,
    require_ticket,
    require_unit,
)
from services.kernel.imports import OFF
from services.kernel.issuer import SigningKeys, jwks_over_http
from services.kernel.passes import Passes, issue, redeem
from services.kernel.probes import PROBES
from services.kernel.problems import Problem
from services.kernel.settings import KernelSettings, loaded
from services.kernel.telemetry import current_ticket
from services.kernel.tokens import (
    SKEW_S,
    DevTokens,
    TokenVerifier,
    is_dev_token,
    is_loopback,
    unauthenticated,
)
from services.kernel.transport import trusted

__all__ = [
    "Principal", "Role", "Security", "require_department", "require_ticket", "require_unit", "role",
    "roles_of", "routes_of", "undeclared_routes",
]  # fmt: skip

PROVEN_S, MOST_PROVEN = 60.0, 10_000
PASS = "pass"
_IMPORTING = frozenset({Role.IMPORTER})
OPEN_PATHS = PROBES | {"/openapi.json"}


@dataclass(frozen=True, slots=True)
class _Proven:
    """A token whose signature was checked: a minute holds, but never past its own end."""

    principal: Principal
    only_here: bool
    since: float

    def holds(self, now: float) -> bool:
        end = self.principal.expires_at
        return self.since <= now < self.since + PROVEN_S and (end is None or now < end + SKEW_S)


class Security:
    """Proves who calls. Development tokens count on loopback and with HOTLINE_DEV=1 only."""

    def __init__(
        self,
        dev: DevTokens | None,
        issuer: TokenVerifier | None,
        keys: KeyVerifier | None = None,
        now: Callable[[], float] = time.time,
        *,
        imports: bool = False,
        passes: Passes | None = None,
    ) -> None:
        self._dev, self._issuer, self._keys = dev, issuer, keys
        self.imports, self.passes = imports, passes
        self._now, self._proven = now, dict[str, _Proven]()
        self._attempts = Attempts(now)

    @classmethod
    def of(
        cls, settings: KernelSettings, keys: ApiKeys | None, passes: Passes | None = None
    ) -> Security:
        """As the settings say, with keys and passes of the service's own vault, if it has one."""
        issuer = None
        if settings.oidc_issuer:
            trust = loaded(trusted, settings)
            fetch = jwks_over_http(settings.oidc_issuer, settings.jwks_url, verify=trust)
            signing = SigningKeys(fetch)
            issuer = TokenVerifier(signing, settings.oidc_issuer, settings.oidc_audience)
        dev = DevTokens(settings.run_dir) if settings.dev else None
        verifier = KeyVerifier(keys) if keys is not None else None
        return cls(dev, issuer, verifier, imports=settings.imports, passes=passes)

    async def principal(self, request: Request) -> Principal:
        """Raises Problem 401, 429 after too many failures, 503."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("Send a token or an API key: Authorization: Bearer <token>.")
        host = request.client.host if request.client else ""
        if is_api_key(token):
            if self._keys is None:
                raise unauthenticated("API keys are not accepted here.")
            with self._attempts.trying(host, id_of(token), token):
                return await self._keys.verify(token)
        proven = self._proven.get(token)
        if proven is None or not proven.holds(self._now()):
            with self._attempts.trying(host, "", token):
                proven = await self._prove(token)
        if proven.only_here and not is_loopback(host):
            raise unauthenticated("Development tokens are not accepted here.")
        return proven.principal

    async def give_pass(self, principal: Principal, purpose: str) -> str:
        """A pass for one request (`GET /v1/…`) within a minute. Raises StoreUnavailable."""
        assert self.passes is not None, "a service that gives passes needs a place for them"
        return await issue(self.passes, principal, purpose, self._instant())

    def _instant(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)

    async def passed(self, request: Request) -> Principal:
        """Who holds the pass in the request's address. Raises Problem 401, StoreUnavailable."""
        assert self.passes is not None, "a route that admits passes needs a place for them"
        text, purpose = request.query_params[PASS], f"{request.method} {request.url.path}"
        found = await redeem(self.passes, text, purpose, self._instant())
        if found is None:
            raise unauthenticated("The pass is unknown, used or too old: ask for a new one.")
        return found

    async def _prove(self, token: str) -> _Proven:
        if len(self._proven) >= MOST_PROVEN:
            self._proven.clear()
        only_here = is_dev_token(token)
        if only_here:
            if self._dev is None:
                raise unauthenticated("Development tokens are not accepted here.")
            principal = self._dev.verify(token)
        elif self._issuer is None:
            raise unauthenticated("The token is none that counts here.")
        else:
            principal = await self._issuer.verify(token)
        found = self._proven[token] = _Proven(principal, only_here, self._now())
        return found


def role(*allowed: Role, by_pass: bool = False) -> Callable[[Request], Awaitable[Principal]]:
    """The dependency that every route declares: one of these roles; `by_pass`: also proven by a
    pass in the address, for browsers that can send no header."""
    wanted = frozenset(allowed)

    async def declared(request: Request) -> Principal:
        current_ticket.set(request.path_params.get("ticket", ""))
        security: Security = request.app.state.security
        passing = by_pass and PASS in request.query_params
        found = await (security.passed if passing else security.principal)(request)
        admitted = found.roles & wanted
        barred = admitted & _IMPORTING if not security.imports else frozenset()
        if barred and barred == admitted:
            raise Problem(OFF[0], OFF[1], "Importers are not admitted now.", OFF[2])
        admitted -= barred
        if not admitted:
            names = ", ".join(sorted(wanted))
            raise Problem(403, "role-missing", "This caller may not do that.", f"One of: {names}.")
        if admitted == found.roles:
            return found
        return Principal(
            found.name, admitted, found.unit, found.department, found.ticket, found.expires_at
        )

    declared.allowed = wanted  # type: ignore[attr-defined]
    return declared


def undeclared_routes(app: FastAPI) -> list[str]:
    """Routes without a role, of whatever kind: there must be none."""
    return [
        str(route.path)
        for route in iter_route_contexts(app.routes)
        if route.path not in OPEN_PATHS and not _admitted(route)
    ]


def _admitted(route: RouteContext) -> frozenset[Role]:
    is_ours = isinstance(route.original_route, APIRoute)
    return roles_of(route.dependant) if is_ours else frozenset()


def routes_of(app: FastAPI) -> Iterator[Any]:
    """Every route, also of the routers that the application includes."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            yield route


def roles_of(dependant: Any) -> frozenset[Role]:
    """The roles that a route's dependencies admit; empty where none declares any."""
    found: frozenset[Role] = frozenset()
    for part in dependant.dependencies:
        found |= getattr(part.call, "allowed", frozenset()) | roles_of(part)
    return found
