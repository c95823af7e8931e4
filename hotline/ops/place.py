"""Where a city is, for the commands of its operators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from services.kernel.topics import admin_client

_CONNECT_TIMEOUT_S = 10.0
_STATEMENT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class CityPlace:
    """Broker, store and names; `security` as of kafka_security; `urls` where known."""

    kafka: str
    dsn: str
    namespace: str
    city: str
    buckets: int
    security: dict[str, Any] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def store(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection. Raises OSError, asyncpg.PostgresError."""
        connection = await asyncpg.connect(
            self.dsn, timeout=_CONNECT_TIMEOUT_S, command_timeout=_STATEMENT_TIMEOUT_S
        )
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def brokers(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """An administrator's client. Raises KafkaError."""
        admin = admin_client(self.kafka, self.security)
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()
