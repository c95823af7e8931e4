"""The keys of an OpenID Connect issuer: read over HTTP, kept for a while."""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from services.kernel.problems import unavailable

log = logging.getLogger("hotline.security")

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
_MOST_JWKS_BYTES = 256 * 1024
_LEAST_RSA_BITS = 2048

FetchJwks = Callable[[], Awaitable[Mapping[str, Any]]]


class JwksUnavailable(Exception):
    """The issuer's keys could not be read; those known stay in use for a while."""


def jwks_over_http(
    issuer: str, url: str = "", timeout_s: float = 5.0, verify: ssl.SSLContext | bool = True
) -> FetchJwks:
    """Reads an issuer's keys at `url`, or where its discovery document says."""

    async def fetch() -> Mapping[str, Any]:
        async with httpx.AsyncClient(
            timeout=timeout_s, follow_redirects=False, verify=verify
        ) as client:
            where = url
            if not where:
                base = issuer.rstrip("/")
                document = await _get(client, f"{base}/.well-known/openid-configuration")
                if document.get("issuer") != issuer:
                    raise JwksUnavailable(f"the discovery document is not of {issuer}")
                where = str(document.get("jwks_uri"))
            return await _get(client, where)

    return fetch


async def _get(client: httpx.AsyncClient, url: str) -> Mapping[str, Any]:
    try:
        async with client.stream("GET", url) as response:
            response.raise_for_status()
            content = b""
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > _MOST_JWKS_BYTES:
                    raise JwksUnavailable(f"{url} answered more than {_MOST_JWKS_BYTES} bytes")
        found = orjson.loads(content)
    except (httpx.HTTPError, httpx.InvalidURL, orjson.JSONDecodeError) as error:
        raise JwksUnavailable(f"{url}: {type(error).__name__}: {error}") from None
    if not isinstance(found, dict):
        raise JwksUnavailable(f"{url} answered no JSON object")
    return found


class SigningKeys:
    """An issuer's public keys by id, read again when old or when an unknown id is asked for."""

    def __init__(
        self,
        fetch: FetchJwks,
        *,
        lifespan_s: float = 300.0,
        cooldown_s: float = 10.0,
        keep_s: float = 3600.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """At most one read per `cooldown_s`, whatever callers send; after `lifespan_s` keys are
        read again, and without an answer trusted for `keep_s` at most."""
        self._fetch, self._now, self._cooldown_s = fetch, now, cooldown_s
        self._lifespan_s, self._keep_s = lifespan_s, keep_s
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked_at = self._read_at = -math.inf
        self._lock = asyncio.Lock()

    async def get(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of that id; without an id the only key. Raises Problem 503."""
        found = self._find(key_id)
        if found is None or self._age() > self._lifespan_s:
            async with self._lock:
                await self._refresh()
            found = self._find(key_id)
        if self._age() > self._keep_s:
            raise unavailable("The keys of the token's issuer cannot be read.", 10)
        return found

    def _age(self) -> float:
        return self._now() - self._read_at

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    async def _refresh(self) -> None:
        if self._now() - self._asked_at < self._cooldown_s:
            return
        self._asked_at = self._now()
        try:
            self._keys = usable_keys(await self._fetch())
            self._read_at = self._now()
        except JwksUnavailable as error:
            log.warning("the issuer's keys were not read: %s", error)


def usable_keys(jwks: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    """The keys that may sign tokens; others are left out. Raises JwksUnavailable."""
    listed = jwks.get("keys")
    if not isinstance(listed, list):
        raise JwksUnavailable("no list of keys")
    found = {}
    for entry in listed[:100]:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(entry)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        weak = isinstance(key.key, RSAPublicKey) and key.key.key_size < _LEAST_RSA_BITS
        if key.algorithm_name in ALGORITHMS and not weak:
            found[str(key.key_id or "")] = key
    return found
