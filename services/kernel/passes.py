"""Passes: what a browser may carry in an address, where no header can be sent.

A pass is for one request to one place, once, within a minute. The caller's own token or key never
stands in an address, where logs and histories would keep it. Stored is a hash.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Protocol

import asyncpg
import orjson

from services.kernel.faults_pg import store_faults
from services.kernel.identity import Principal, principal_of
from services.kernel.names import schema_of, vault_of
from services.kernel.queries import named

PREFIX = "hp_"
LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Kept:
    """A pass as it is stored: for which place, for whom and until when."""

    purpose: str
    claims: bytes
    expires_at: datetime


class Passes(Protocol):
    """Where passes are kept, shared by the processes of a service."""

    async def put(self, digest: bytes, kept: Kept, now: datetime) -> None:
        """And forget those that have expired. Raises StoreUnavailable."""

    async def take(self, digest: bytes) -> Kept | None:
        """Once: from here nobody else finds it. Raises StoreUnavailable."""


async def issue(passes: Passes, principal: Principal, purpose: str, now: datetime) -> str:
    """The text of a new pass of the caller, for `purpose` alone (`GET /v1/…`)."""
    text = PREFIX + secrets.token_urlsafe(32)
    kept = Kept(purpose, orjson.dumps(principal.claims()), now + LIFETIME)
    await passes.put(_digest(text), kept, now)
    return text


async def redeem(passes: Passes, text: str, purpose: str, now: datetime) -> Principal | None:
    """Whose it is; None where it is unknown, used, too old or for another place: used up too."""
    kept = await passes.take(_digest(text))
    if kept is None or kept.purpose != purpose or kept.expires_at <= now:
        return None
    return principal_of(orjson.loads(kept.claims))


def _digest(text: str) -> bytes:
    return hashlib.sha256(b"hotline-pass\0" + text.encode()).digest()


class MemoryPasses:
    """Passes in memory."""

    def __init__(self) -> None:
        self.kept: dict[bytes, Kept] = {}

    async def put(self, digest: bytes, kept: Kept, now: datetime) -> None:
        self.kept = {d: k for d, k in self.kept.items() if k.expires_at > now}
        self.kept[digest] = kept

    async def take(self, digest: bytes) -> Kept | None:
        return self.kept.pop(digest, None)


class PostgresPasses:
    """In one service's vault."""

    def __init__(self, pool: asyncpg.Pool, service: str, namespace: str = "") -> None:
        self._pool = pool
        file = resources.files("services.kernel") / "sql" / "passes.sql"
        self._sql = named(file, schema_of(namespace, service), vault_of(namespace, service))

    async def put(self, digest: bytes, kept: Kept, now: datetime) -> None:
        values = (digest, kept.purpose, kept.claims, kept.expires_at, now)
        with store_faults():
            await self._pool.execute(self._sql["put"], *values)

    async def take(self, digest: bytes) -> Kept | None:
        with store_faults():
            row = await self._pool.fetchrow(self._sql["take"], digest)
        return None if row is None else Kept(**row)
