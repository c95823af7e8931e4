"""Three thousand at once who ask again at once: were they let, over ten times what intake can take.
Memory stays bounded, everything acknowledged is there, what fits is taken all the while, whoever
asks whether the process lives is told so, and as soon as it is over anything is taken."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from pathlib import Path

import asyncpg
import httpx
import orjson
import psutil
import pytest

from hotline.bench.client import Connection
from hotline.dev.services import services
from hotline.dev.stack import StackInfo
from services.kernel.names import schema_of
from services.kernel.tokens import dev_token
from tests.support.loops import wait_until

# OVERLOAD_S=120 is the long form.
SECONDS = float(os.environ.get("OVERLOAD_S", "20"))
CALLERS = 3
CONNECTIONS = 1_000  # of each; a caller may have half as many requests under way, all together one
TAKEN_PER_S = 50  # a tenth of what two cores take beside the flood
PARTS, TAKEN = 5, 20  # of the time; in each of them more matters than that are taken
PROBE_S, PROBES = 5.0, 6  # after so many in a row that took so long a process is restarted
MOST_GROWTH_BYTES = 150 * 1024 * 1024
MATTER = {
    "channel": "web", "kind": "complaint", "category": "traffic/road", "area": "yingzhou",
    "title": "Pothole", "contact": "13800138000", "description": "Deep. " * 50,
}  # fmt: skip


class Flood:
    """Posts as fast as it is answered; what was refused is not sent again."""

    def __init__(self, url: str, run_dir: Path) -> None:
        self.statuses: Counter[int] = Counter()
        self.acknowledged: set[str] = set()
        self.taken_at: list[float] = []
        self._body = orjson.dumps(MATTER)
        tokens = [dev_token("channel", f"c{n}", run_dir=run_dir) for n in range(CALLERS)]
        self._open = [Connection(url, token) for token in tokens for _ in range(CONNECTIONS)]

    async def run(self, until: float) -> None:
        await asyncio.gather(*(self._one(n, c, until) for n, c in enumerate(self._open)))

    async def _one(self, number: int, connection: Connection, until: float) -> None:
        count = 0
        while time.monotonic() < until:
            count += 1
            try:
                status, body = await connection.post("/v1/tickets", f"{number}-{count}", self._body)
            except (OSError, asyncio.IncompleteReadError):
                self.statuses[0] += 1
                await connection.close()
                continue
            self.statuses[status] += 1
            if status == 201:
                self.acknowledged.add(orjson.loads(body)["ticket"])
                self.taken_at.append(time.monotonic())
            else:
                await asyncio.sleep(0.01)  # impatient: it was told to wait a second
        await connection.close()


async def _watch(process: psutil.Process, until: float) -> int:
    """The most bytes that it held."""
    most = 0
    while time.monotonic() < until:
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(0.2)
    return most


async def _probe(url: str, until: float) -> int:
    """How often in a row it did not say in time that it lives, at worst."""
    failed = worst = 0
    while time.monotonic() < until:
        try:
            async with httpx.AsyncClient(timeout=PROBE_S) as platform:
                (await platform.get(f"{url}/livez")).raise_for_status()
            failed = 0
        except httpx.HTTPError:
            failed += 1
        worst = max(worst, failed)
        await asyncio.sleep(0.2)
    return worst


@pytest.mark.timeout(SECONDS + 120)
async def test_what_overflows_is_refused_and_what_was_acknowledged_is_there(
    stack: StackInfo, namespace: str, tmp_path: Path
) -> None:
    async with services(
        stack, namespace, run_dir=tmp_path, city="sample", only=("intake",), say=lambda _: None
    ) as up:
        process = psutil.Process(up.pid("intake"))
        before = process.memory_info().rss
        flood, began = Flood(up.urls["intake"], tmp_path), time.monotonic()
        until = began + SECONDS
        url = up.urls["intake"]
        _, most, failed = await asyncio.gather(
            flood.run(until), _watch(process, until), _probe(url, until)
        )
        await _taken_again(url, dev_token("channel", "late", run_dir=tmp_path))
        received = await _received(stack, namespace)
    assert most - before < MOST_GROWTH_BYTES, f"{(most - before) / 2**20:.0f} MB more"
    assert set(flood.statuses) <= {0, 201, 429, 503}, flood.statuses
    assert flood.statuses[503], flood.statuses
    assert len(flood.acknowledged) == flood.statuses[201] > TAKEN_PER_S * SECONDS, flood.statuses
    parts = Counter(min(int((at - began) / SECONDS * PARTS), PARTS - 1) for at in flood.taken_at)
    assert len(parts) == PARTS, (parts, flood.statuses)
    assert min(parts.values()) > TAKEN, (parts, flood.statuses)
    assert failed < PROBES, failed
    assert flood.acknowledged <= received


async def _taken_again(url: str, token: str) -> None:
    connection = Connection(url, token)

    async def taken() -> bool:
        status, _ = await connection.post("/v1/tickets", "afterwards", orjson.dumps(MATTER))
        return status == 201

    await wait_until(taken, 10.0, "taking a matter after the flood")
    await connection.close()


async def _received(stack: StackInfo, namespace: str) -> set[str]:
    connection = await asyncpg.connect(stack.dsn)
    try:
        name = "hotline.intake.v1.TicketReceived"
        table = f"{schema_of(namespace, 'intake')}.event"
        rows = await connection.fetch(f"select stream from {table} where type = $1", name)
        return {row["stream"] for row in rows}
    finally:
        await connection.close()
