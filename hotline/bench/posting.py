"""A channel that posts matters over HTTP: as fast as it is answered, or so many per second. Before
some of them it looks for an answer in the knowledge base (R5)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import quote
from zlib import crc32

import orjson

from hotline.bench.client import Connection
from hotline.bench.site import Site
from hotline.dev.failure import StackFailure
from hotline.history.nyc import read_rows
from hotline.intake.v1.commands_pb2 import SubmitMatter
from hotline.sim.matters import as_json, matters
from services.intake.adapters.registry import City
from services.kernel.tokens import dev_token


class Posting:
    """Over connections that are kept; each carries one matter at a time."""

    def __init__(
        self, connections: list[Connection], city: City | None = None, searched: float = 0.0
    ) -> None:
        self._connections, self._searched = connections, searched
        self._due, self.searches, self.hits = 0.0, 0, 0
        self._seed = os.urandom(4).hex()
        drawn = matters(read_rows(), self._seed)
        self._matters = drawn if city is None else _moved(drawn, city)

    async def full(self, seconds: float) -> tuple[float, list[float]]:
        """(seconds it took, seconds of each answer)."""
        began = time.perf_counter()
        parts = await asyncio.gather(
            *(self._until(connection, began + seconds) for connection in self._connections)
        )
        took = time.perf_counter() - began
        return took, [latency for part in parts for latency in part]

    async def paced(self, rate: float, seconds: float) -> list[float]:
        """Seconds from the moment each matter was due to its answer, waiting for a turn counted."""
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in self._connections:
            free.put_nowait(connection)
        began, latencies = time.perf_counter(), list[float]()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                due = began + number / rate
                pause = due - time.perf_counter()
                if pause > 0:
                    await asyncio.sleep(pause)
                connection = await free.get()
                group.create_task(self._one(connection, due, latencies, free))
        return latencies

    async def _one(
        self,
        connection: Connection,
        due: float,
        latencies: list[float],
        free: asyncio.Queue[Connection],
    ) -> None:
        await self._post(connection)
        latencies.append(time.perf_counter() - due)
        free.put_nowait(connection)

    async def _until(self, connection: Connection, until: float) -> list[float]:
        latencies, began = list[float](), time.perf_counter()
        while began < until:
            await self._post(connection)
            ended = time.perf_counter()
            latencies.append(ended - began)
            began = ended
        return latencies

    async def _post(self, connection: Connection) -> None:
        matter = next(self._matters)
        self._due += self._searched
        if self._due >= 1.0:
            self._due -= 1.0
            await self._search(connection, matter.title)
        body = orjson.dumps(as_json(matter))
        status, answer = await connection.post("/v1/tickets", matter.external_id, body)
        if status != 201:
            raise StackFailure(f"A matter was not taken: {status} {answer[:300].decode()}")

    async def _search(self, connection: Connection, title: str) -> None:
        status, answer = await connection.get(f"/v1/articles?q={quote(title)}")
        if status != 200:
            raise StackFailure(f"Nothing was searched: {status} {answer[:300].decode()}")
        self.searches += 1
        self.hits += answer != b"[]"


def _moved(drawn: Iterator[SubmitMatter], city: City) -> Iterator[SubmitMatter]:
    """The same matters under the categories and areas of another city."""
    categories, areas = list(city.catalogue.categories), list(city.catalogue.areas)
    for matter in drawn:
        matter.category = categories[crc32(matter.category.encode()) % len(categories)]
        matter.area = areas[crc32(matter.area.encode()) % len(areas)]
        yield matter


@asynccontextmanager
async def posting(
    place: Site, connections: int, city: City | None = None, searched: float = 0.0
) -> AsyncIterator[Posting]:
    """As a channel, with a development token; of `city` if it is not that of the sample rows.
    `searched` is the share of the matters before which it looks into the knowledge base."""
    token = dev_token("channel", "channel", run_dir=place.root)
    opened = [Connection(place.urls["intake"], token) for _ in range(connections)]
    try:
        yield Posting(opened, city, searched)
    finally:
        for connection in opened:
            await connection.close()
