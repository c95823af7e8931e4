"""API keys on PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from importlib import resources

import asyncpg

from services.kernel.api_keys import ApiKey, KeyExists
from services.kernel.faults_pg import store_faults
from services.kernel.identity import Role
from services.kernel.names import schema_of, vault_of
from services.kernel.queries import named


class PostgresApiKeys:
    """In one service's vault, over a pool, or over one connection for a transaction of several."""

    def __init__(
        self, place: asyncpg.Pool | asyncpg.Connection, service: str, namespace: str = ""
    ) -> None:
        self._place = place
        file = resources.files("services.kernel") / "sql" / "api_keys.sql"
        self._sql = named(file, schema_of(namespace, service), vault_of(namespace, service))

    async def add(self, key: ApiKey) -> None:
        values = (
            key.id,
            key.hash,
            key.name,
            key.role.value,
            key.unit,
            key.department,
            key.created_at,
            key.expires_at,
        )
        if await self._place.fetchval(self._sql["add"], *values) is None:
            raise KeyExists(key.id)

    async def all(self, limit: int) -> list[ApiKey]:
        with store_faults():
            rows = await self._place.fetch(self._sql["all"], limit)
        # A role that this version does not know may do nothing here.
        known = [row for row in rows if row["role"] in set(Role)]
        return [ApiKey(**{**row, "role": Role(row["role"])}) for row in known]

    async def revoke(self, key_id: str, at: datetime) -> bool:
        return await self._place.fetchval(self._sql["revoke"], key_id, at) is not None

    async def expire(self, key_id: str, at: datetime) -> None:
        await self._place.execute(self._sql["expire"], key_id, at)

    async def used(self, key_id: str, at: datetime) -> None:
        with store_faults():
            await self._place.execute(self._sql["used"], key_id, at)
