"""A channel that posts matters over HTTP: as fast as it is answered, or so many per second."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

from hotline.bench.client import Connection
from hotline.bench.site import Site
from hotline.dev.failure import StackFailure
from hotline.history.nyc import read_rows
from hotline.sim.matters import as_json, matters
from services.kernel.tokens import dev_token


class Posting:
    """Over connections that are kept; each carries one matter at a time."""

    def __init__(self, connections: list[Connection]) -> None:
        self._connections = connections
        self._seed = os.urandom(4).hex()
        self._matters = matters(read_rows(), self._seed)

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
        body = orjson.dumps(as_json(matter))
        status, answer = await connection.post("/v1/tickets", matter.external_id, body)
        if status != 201:
            raise StackFailure(f"A matter was not taken: {status} {answer[:300].decode()}")


@asynccontextmanager
async def posting(place: Site, connections: int) -> AsyncIterator[Posting]:
    """As a channel of the city, with a development token."""
    token = dev_token("channel", "channel", run_dir=place.root)
    opened = [Connection(place.urls["intake"], token) for _ in range(connections)]
    try:
        yield Posting(opened)
    finally:
        for connection in opened:
            await connection.close()
