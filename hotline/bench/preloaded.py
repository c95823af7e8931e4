"""Earlier tickets in the store of a bench, so that what a new one reads is as large as a city's."""

from __future__ import annotations

from importlib import resources

import asyncpg

from hotline.bench.site import Say
from services.intake.adapters.registry import City
from services.kernel.names import schema_of, vault_of
from services.kernel.queries import named

AT_ONCE = 100_000
_BESIDE = 1_000  # a bucket that no city has


async def preload(
    dsn: str, namespace: str, buckets: int, city: City, tickets: int, say: Say
) -> None:
    """Views, persons, answers and facts of so many earlier tickets; none is on the topic."""
    schema, vault = schema_of(namespace, "intake"), vault_of(namespace, "intake")
    sql = named(resources.files("hotline.bench") / "preload.sql", schema, vault)
    catalogue = city.catalogue
    categories, areas = list(catalogue.categories), list(catalogue.areas)
    connection = await asyncpg.connect(dsn)
    try:
        for first in range(1, tickets + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, tickets)
            await connection.execute(sql["recent"], buckets, categories, areas, first, last)
            await connection.execute(sql["persons"], first, last)
            await connection.execute(sql["commands"], _BESIDE, first, last)
            await connection.execute(sql["events"], _BESIDE, first, last)
            say(f"{last:,} earlier tickets")
        await connection.execute(sql["analyse"])
    finally:
        await connection.close()
