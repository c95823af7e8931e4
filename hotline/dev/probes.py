"""Questions whose answer tells that a program is ready. Each makes a probe: True is ready."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import httpx
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hotline.dev.program import Probe

_TIMEOUT_S = 2.0


def http_ok(url: str) -> Probe:
    """A GET of the URL is answered with 200."""

    async def probe() -> bool:
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=_TIMEOUT_S) as client:
            try:
                return (await client.get(url)).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

    return probe


def kafka_answers(bootstrap: str, **security: Any) -> Probe:
    """The broker is part of its cluster and serves clients."""

    async def probe() -> bool:
        if not await _listens(bootstrap):
            return False
        admin = AIOKafkaAdminClient(
            bootstrap_servers=bootstrap, request_timeout_ms=int(_TIMEOUT_S * 1000), **security
        )
        try:
            await admin.start()
            return bool((await admin.describe_cluster())["brokers"])
        except (KafkaError, OSError):
            return False
        finally:
            await admin.close()

    return probe


def postgres_answers(dsn: str) -> Probe:
    """The store lets us in and answers a query."""

    async def probe() -> bool:
        try:
            connection = await asyncpg.connect(dsn, timeout=_TIMEOUT_S)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        try:
            return bool(await connection.fetchval("SELECT true"))
        finally:
            await connection.close()

    return probe


async def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
