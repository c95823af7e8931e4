"""Earlier tickets in the store of a bench, so that what a new one reads is as large as a city's."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from importlib import resources

import asyncpg

from hotline.bench.site import Say
from hotline.history.nyc import Row, read_rows
from services.intake.adapters.registry import City
from services.intake.domain.similar import cell_of
from services.kernel.names import schema_of, vault_of
from services.kernel.queries import named
from services.kernel.rows_pg import columns

AT_ONCE = 100_000
_BESIDE = 1_000  # a bucket that no city has
_AROUND = 0.002  # degrees, some 200 m: the next house is seldom the same one


async def preload(
    dsn: str, namespace: str, buckets: int, city: City, tickets: int, say: Say
) -> None:
    """Views, persons, answers and facts of so many earlier tickets; none is on the topic."""
    schema, vault = schema_of(namespace, "intake"), vault_of(namespace, "intake")
    sql = named(resources.files("hotline.bench") / "preload.sql", schema, vault)
    catalogue = city.catalogue
    categories, areas = list(catalogue.categories), list(catalogue.areas)
    points = _points(read_rows(), city.same.radius_m if city.same else 0.0)
    connection = await asyncpg.connect(dsn)
    try:
        for first in range(1, tickets + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, tickets)
            placed = columns([next(points) for _ in range(first, last + 1)], 3)
            await connection.execute(sql["recent"], buckets, categories, areas, first, *placed)
            await connection.execute(sql["persons"], first, last)
            await connection.execute(sql["commands"], _BESIDE, first, last)
            await connection.execute(sql["events"], _BESIDE, first, last)
            say(f"{last:,} earlier tickets")
        await connection.execute(sql["analyse"])
        await connection.execute(sql["checkpoint"])
    finally:
        await connection.close()


Point = tuple[float | None, float | None, int | None]


def _points(rows: Sequence[Row], radius_m: float) -> Iterator[Point]:
    """Without an end: around the places of the sample's rows, as dense and as often unknown."""
    drawn = random.Random("points")
    while True:
        row = drawn.choice(rows)
        if row.latitude is None or row.longitude is None or not radius_m:
            yield None, None, None
            continue
        latitude, longitude = (
            drawn.gauss(degrees, _AROUND) for degrees in (row.latitude, row.longitude)
        )
        yield latitude, longitude, cell_of(latitude, longitude, radius_m)
