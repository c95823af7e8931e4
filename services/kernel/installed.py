"""A process starts on what was installed, or says in one sentence why not: raises SystemExit."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from services.kernel.migrate import installed_buckets, installed_city
from services.kernel.names import schema_of, vault_of
from services.kernel.pool_pg import connect
from services.kernel.settings import KernelSettings
from services.kernel.topics import TopicsWrong, check_topics, ticket_topics


def require_free(host: str, port: int) -> None:
    """Before anything else begins, and in words."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            place.bind((host, port))
        except OSError as error:
            raise SystemExit(
                f"Cannot listen on {host}:{port} ({error.strerror}): set HOTLINE_HTTP_HOST and "
                "HOTLINE_HTTP_PORT to an address of this machine and a free port."
            ) from None


async def connected(settings: KernelSettings, schema: str) -> asyncpg.Pool:
    """To the store. Raises SystemExit, as all here do."""
    try:
        return await connect(settings.dsn, schema)
    except ValueError:  # what it says may show a part of the password
        raise SystemExit("HOTLINE_DSN is no address that the driver can read.") from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise SystemExit(
            f"The store cannot be used ({str(error) or 'it does not answer'}): "
            "see that PostgreSQL runs and that HOTLINE_DSN is right."
        ) from None


async def require_installed(pool: asyncpg.Pool, name: str, settings: KernelSettings) -> None:
    """The newest column of the kernel's migrations stands for all of them."""
    schema = schema_of(settings.namespace, name)
    vault = vault_of(settings.namespace, name)
    try:
        await pool.fetchval(f"select traceparent from {schema}.timer limit 1")
        buckets = await installed_buckets(pool, schema)
        city = await installed_city(pool, vault)
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
        raise SystemExit(
            f"The schema {schema} is not there or not up to date: run `hotline migrate`."
        ) from None
    if city not in ("", settings.city):
        raise SystemExit(
            f"The schema {schema} was installed for the city {city}: set HOTLINE_CITY to {city}, "
            f"or HOTLINE_NAMESPACE to the namespace of {settings.city}."
        )
    if buckets != settings.buckets:
        raise SystemExit(
            f"The schema {schema} was installed with {buckets} buckets: "
            f"set HOTLINE_BUCKETS to {buckets}, not {settings.buckets}."
        )


async def require_topics(settings: KernelSettings, brokers: Mapping[str, Any]) -> None:
    """As installed: what was deleted or shortened must never be taken for all that there was."""
    try:
        topics = ticket_topics(settings.buckets)
        await check_topics(settings.kafka, settings.namespace, topics, **brokers)
    except TopicsWrong as wrong:
        raise SystemExit(f"The topics are not as installed: {wrong}.") from None
    except (KafkaError, OSError) as error:
        raise SystemExit(
            f"The brokers cannot be reached ({error!r}): see that HOTLINE_KAFKA is right."
        ) from None
