"""API keys: `hk_<id>_<secret>`, for machines that cannot ask an issuer for tokens.

A key works at every service and no service asks another: each reads its own vault, and
`hotline key` writes all five in one transaction, so that a key is everywhere or nowhere. Only the
worker of the live views, which has no store, takes none. Stored is a hash. The secret is 256
random bits, so that one round of SHA-256 is enough.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import math
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from services.kernel.identity import Principal, Role
from services.kernel.problems import unavailable
from services.kernel.store import StoreUnavailable
from services.kernel.tokens import unauthenticated

log = logging.getLogger("hotline.security")

PREFIX = "hk_"
MOST_KEYS = 10_000
FRESH_S = 2.0
PROVEN_S = 60.0
_READ_S = 2.0
_FORM = re.compile(r"hk_([0-9a-f]{12})_([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored. Keys of one name are one caller, so that they can rotate."""

    id: str
    hash: bytes
    name: str
    role: Role
    created_at: datetime
    unit: str = ""
    department: str = ""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class KeyExists(Exception):
    """The vault holds a key of that id."""


class ApiKeys(Protocol):
    """The keys in one service's vault."""

    async def add(self, key: ApiKey) -> None:
        """Raises KeyExists."""

    async def all(self, limit: int) -> list[ApiKey]:
        """Those that were not revoked first, then by age, the newest first."""

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Whether there is such a key; the first revocation counts."""

    async def expire(self, key_id: str, at: datetime) -> None:
        """It ends then, or when it would have before."""

    async def used(self, key_id: str, at: datetime) -> None:
        """It proved its caller."""


class MemoryApiKeys:
    """ApiKeys in memory."""

    def __init__(self) -> None:
        self.keys: dict[str, ApiKey] = {}
        self.reads = 0

    async def add(self, key: ApiKey) -> None:
        if key.id in self.keys:
            raise KeyExists(key.id)
        self.keys[key.id] = key

    async def all(self, limit: int) -> list[ApiKey]:
        self.reads += 1
        newest = sorted(self.keys.values(), key=lambda k: (k.created_at, k.id), reverse=True)
        return sorted(newest, key=lambda k: k.revoked_at is not None)[:limit]

    async def revoke(self, key_id: str, at: datetime) -> bool:
        known = self.keys.get(key_id)
        if known is not None and known.revoked_at is None:
            self.keys[key_id] = replace(known, revoked_at=at)
        return known is not None

    async def expire(self, key_id: str, at: datetime) -> None:
        known = self.keys[key_id]
        self.keys[key_id] = replace(known, expires_at=min(known.expires_at or at, at))

    async def used(self, key_id: str, at: datetime) -> None:
        known = self.keys[key_id]
        self.keys[key_id] = replace(known, last_used_at=max(known.last_used_at or at, at))


def make_key(
    name: str,
    role: Role,
    *,
    created_at: datetime,
    unit: str = "",
    department: str = "",
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is kept nowhere. Raises ValueError.

    A unit's key names its unit and a department's its department, since it may act for no other;
    a citizen proves one ticket by its code and has no key.
    """
    if not 0 < len(name) <= 200 or not name.isprintable():
        raise ValueError("a name has 1 to 200 printable characters")
    if role is Role.CITIZEN:
        raise ValueError("a citizen has no key")
    for bound, whose in ((Role.UNIT, unit), (Role.DEPARTMENT, department)):
        if (role is bound) != bool(whose):
            raise ValueError(f"the key of a {bound} names its {bound}, and no other key does")
    if expires_at is not None and expires_at <= created_at:
        raise ValueError("a key ends after it begins")
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    hashed = _hash(key_id, secret)
    key = ApiKey(key_id, hashed, name, role, created_at, unit, department, expires_at)
    return key, f"{PREFIX}{key_id}_{secret}"


def successor(
    old: ApiKey, *, created_at: datetime, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """A key of the same caller, to take the place of `old`. Raises ValueError."""
    if old.revoked_at is not None or (old.expires_at and old.expires_at <= created_at):
        raise ValueError(f"the key {old.id} has ended: make a new one")
    return make_key(
        old.name, old.role, created_at=created_at, unit=old.unit, department=old.department,
        expires_at=expires_at,
    )  # fmt: skip


def _hash(key_id: str, secret: str) -> bytes:
    return hashlib.sha256(f"hotline-api-key\0{key_id}\0{secret}".encode()).digest()


def is_api_key(token: str) -> bool:
    """Whether it says so itself."""
    return token.startswith(PREFIX)


def id_of(token: str) -> str:
    """What it says is its id, without the secret."""
    return token.removeprefix(PREFIX)[:12]


class KeyVerifier:
    """Proves callers by their keys from a copy of the vault's, at most FRESH_S old.

    So requests cost no query and at most one is asked per FRESH_S, whatever callers send; a new
    or revoked key takes effect within that time. What a key proves holds for PROVEN_S, so that a
    stream under a revoked key ends within a minute. That a key was used is noted once per
    PROVEN_S; where the store does not take it, the next minute does.
    """

    def __init__(
        self,
        keys: ApiKeys,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._now, self._monotonic = keys, now, monotonic
        self._keys: dict[str, ApiKey] | None = None
        self._read_at = -math.inf
        self._lock = asyncio.Lock()
        self._noted: dict[str, float] = {}

    async def verify(self, token: str) -> Principal:
        """Raises Problem: 401 without saying which part is wrong, 503 without a fresh copy."""
        form = _FORM.fullmatch(token)
        key = (await self._fresh()).get(form[1]) if form else None
        if form is None or key is None:
            raise unauthenticated("The API key is not valid.")
        now = self._now()
        right = hmac.compare_digest(key.hash, _hash(*form.groups()))
        ended = key.expires_at is not None and key.expires_at.timestamp() <= now
        if not right or ended or key.revoked_at is not None:
            raise unauthenticated("The API key is not valid.")
        await self._note(key.id, now)
        until = now + PROVEN_S
        if key.expires_at is not None:
            until = min(until, key.expires_at.timestamp())
        unit, department = key.unit or None, key.department or None
        return Principal(key.name, frozenset({key.role}), unit, department, expires_at=until)

    async def _note(self, key_id: str, now: float) -> None:
        if now < self._noted.get(key_id, -math.inf) + PROVEN_S:
            return
        if len(self._noted) >= MOST_KEYS:
            self._noted.clear()
        self._noted[key_id] = now
        try:
            async with asyncio.timeout(_READ_S):
                await self._source.used(key_id, datetime.fromtimestamp(now, UTC))
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("the use of the API key %s was not noted: %s", key_id, error)

    async def _fresh(self) -> dict[str, ApiKey]:
        if self._is_old():
            async with self._lock:
                if self._is_old():
                    await self._read()
        if self._keys is None:
            raise unavailable("The API keys cannot be read.")
        return self._keys

    def _is_old(self) -> bool:
        return self._monotonic() - self._read_at >= FRESH_S

    async def _read(self) -> None:
        asked_at = self._monotonic()
        try:
            async with asyncio.timeout(_READ_S):
                found = await self._source.all(MOST_KEYS)
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("the API keys were not read: %s", error)
            self._keys, self._read_at = None, self._monotonic()
        else:
            self._keys, self._read_at = {key.id: key for key in found}, asked_at
