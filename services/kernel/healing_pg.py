"""What healing asks of PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

import asyncpg
import orjson

from services.kernel.bus import Record
from services.kernel.cloudevents import OPTIONAL
from services.kernel.facts import Fact
from services.kernel.faults_pg import store_faults
from services.kernel.parking import waiting
from services.kernel.queries import named
from services.kernel.rows_pg import columns, pack_headers
from services.kernel.store_pg import PostgresStore

log = logging.getLogger("hotline.healing")
LOOK_S = 0.5
_SAID_AFTER, _SAID_EVERY = 6, 120  # looks
_HELD_FOR_S = "60"
_FILE = resources.files("services.kernel") / "sql" / "healing.sql"


@dataclass(slots=True)
class Parked:
    """What the vault says of the records of one partition: these offsets were never applied; of
    these tickets everything from an offset on waits."""

    offsets: set[int]
    tickets: dict[str, int]


@dataclass(frozen=True, slots=True)
class Answered:
    """A command that has facts in the log, as a repeat of it is answered."""

    sender: str
    key: str
    ticket: str
    status: int
    body: bytes
    version: int
    bucket: int
    position: int


class HealingLedger:
    """One service's ledger while nobody else may append to it."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store
        self._sql = named(_FILE, store.schema, store.vault)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nobody else heals, rebuilds or adopts meanwhile; who is stuck loses the turn."""
        with store_faults():
            async with self.store.pool.acquire() as connection:
                await connection.execute(f"set idle_session_timeout = '{_HELD_FOR_S}s'")
                keeping: asyncio.Task[None] | None = None
                try:
                    name = self.store.schema
                    await self._turn(connection, name)
                    keeping = asyncio.create_task(_keep(connection))
                    yield
                finally:
                    if keeping is not None:
                        keeping.cancel()
                        await asyncio.gather(keeping, return_exceptions=True)
                    await connection.execute(
                        "select pg_advisory_unlock_all(); set idle_session_timeout = 0"
                    )

    async def _turn(self, connection: Any, name: str) -> None:
        """Wait for it, and say whom for: who holds it may be stuck, or on another machine."""
        looks = 0
        while not await connection.fetchval(self._sql["alone"], name):
            if looks % _SAID_EVERY == _SAID_AFTER:
                for pid, place, since in await connection.fetch(self._sql["holder"], name):
                    log.warning(
                        "%s waits for its turn to heal, rebuild or adopt, which the process behind "
                        "server process %d has (%s, connected since %s)",
                        *(name, pid, place, since),
                    )
            looks += 1
            await asyncio.sleep(LOOK_S)

    async def is_healed(self) -> bool:
        """Whether this is the server that the ledger was last healed on."""
        ((healed_on, server),) = await self._fetch("state")
        return bool(healed_on == server)

    async def stopped_for(self) -> str:
        """REBUILDING or RESTORING while somebody does that, and nobody may heal; else empty."""
        ((healed_on, _),) = await self._fetch("state")
        return healed_on if healed_on in (REBUILDING, RESTORING) else ""

    async def places(self, topic: str) -> dict[int, tuple[int, int]]:
        """Of each bucket the next position, and the offset up to which it was read back."""
        return {b: (position, offset) for b, position, offset in await self._fetch("places", topic)}

    async def offsets(self, topic: str) -> dict[int, int]:
        return dict(await self._fetch("offsets", topic))

    async def insert(self, facts: Sequence[Fact]) -> None:
        """In one transaction with the counters."""
        with store_faults():
            async with self.store.pool.acquire() as connection, connection.transaction():
                await connection.execute(self._sql["insert"], *columns(_rows(facts), 9))
                buckets = sorted({f.bucket for f in facts})
                await connection.execute(self._sql["count_on"], buckets)

    async def answer(self, answers: Iterable[Answered]) -> None:
        rows = [
            (a.sender, a.key, b"", a.ticket, a.status, a.body, a.version, a.bucket, a.position)
            for a in answers
        ]
        for start in range(0, len(rows), 1_000):
            await self._fetch("answer", *columns(rows[start : start + 1_000], 9))

    async def skip(self, topic: str, upcoming: Mapping[int, int]) -> None:
        """Go on at these offsets, if they are ahead."""
        await self._fetch("skip", *columns([(topic, p, at) for p, at in upcoming.items()], 3))

    async def parked(self, topic: str) -> dict[int, Parked]:
        """By partition, what was never applied, or not yet."""
        found: dict[int, Parked] = {}
        for partition, offset, ticket, waits in await self._fetch("parked", topic):
            part = found.setdefault(partition, Parked(set(), {}))
            part.offsets.add(offset)
            if waits:
                part.tickets.setdefault(ticket, offset)
        return found

    async def put_back(self, record: Record, bucket: int, ticket: str, reason: str) -> None:
        """A record waits again that waited before the restore."""
        row = waiting(record, ticket, reason)
        await self._fetch(
            "due_parked", bucket, ticket, row.topic, row.partition, row.offset,
            row.timestamp, row.key, row.value, pack_headers(row.headers), reason,
        )  # fmt: skip

    async def fork(self, buckets: Sequence[int]) -> None:
        await self._fetch("fork", list(buckets))

    async def done(self) -> None:
        await self._fetch("done")

    async def stop(self, reason: str) -> None:
        """Nothing is appended until it is `done`."""
        await self._fetch("stop", reason)

    async def forked(self) -> list[int]:
        return [row[0] for row in await self._fetch("forked")]

    async def adopt(self, bucket: int, gone: Sequence[int], facts: Sequence[Fact]) -> int:
        """Positions `gone` are disowned, then `facts` inserted; the new incarnation."""
        with store_faults():
            async with self.store.pool.acquire() as connection, connection.transaction():
                await connection.execute(self._sql["disown"], bucket, list(gone))
                await connection.execute(self._sql["insert"], *columns(_rows(facts), 9))
                found: int = await connection.fetchval(self._sql["adopted"], bucket)
                return found

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            rows: list[Any] = await self.store.pool.fetch(self._sql[name], *arguments)
        return rows


# In place of a server's name, which none of them is: every append is refused meanwhile.
REBUILDING, RESTORING = "stopped", "restoring topics"
BROKEN_OFF = {
    REBUILDING: "a rebuild was broken off: call `hotline rebuild` again",
    RESTORING: "a restore was broken off: call `hotline ops topics restore` again",
}


async def _keep(connection: asyncpg.Connection) -> None:
    """The session of a living process is never idle for long."""
    while True:
        await asyncio.sleep(5.0)
        await connection.execute("select 1")


def _rows(facts: Iterable[Fact]) -> list[tuple[Any, ...]]:
    return [
        (f.bucket, f.position, f.ticket, f.version, f.type, f.data, _metadata(f), f.time,
         f.recorded_at)
        for f in facts
    ]  # fmt: skip


def _metadata(fact: Fact) -> bytes:
    """As `codec.metadata` had it."""
    values = {name: getattr(fact, name) for _, name in OPTIONAL}
    return orjson.dumps({name: value for name, value in values.items() if value})
