"""A service made again from the log: ledger, views, timers; never its vault.

The processes of the service may run on: nothing is appended meanwhile (503 with Retry-After), and
afterwards each of them claims its partitions again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from services.kernel import names
from services.kernel.bus import Bus
from services.kernel.clock import Clock
from services.kernel.faults_pg import store_faults
from services.kernel.healing import Healer, own_facts
from services.kernel.healing_pg import BROKEN_OFF, REBUILDING, RESTORING, HealingLedger
from services.kernel.queries import named, placed
from services.kernel.reading_pg import PAGE, LedgerReader
from services.kernel.replaying import Progress, Replay, silent
from services.kernel.rows_pg import columns
from services.kernel.scanning import ends_of, scan
from services.kernel.service import Service
from services.kernel.store_pg import PostgresStore

DRAIN_S = 1.5  # whoever waits for a bucket's lock waits for a second
PATIENCE_S = 10.0


class NotRelayed(Exception):
    """The ledger holds facts that the log does not: they would be lost."""


class Forked(Exception):
    """Which facts are right has to be decided first."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`digest_before` is empty where there was no ledger."""

    facts: int
    digest_before: str
    digest: str


class Rebuilder:
    """For one service of one city. `files` are all its migrations."""

    def __init__(
        self,
        service: Service,
        store: PostgresStore,
        bus: Bus,
        clock: Clock,
        buckets: int,
        files: Sequence[Traversable],
    ) -> None:
        self._service, self._bus, self._clock = service, bus, clock
        self._count, self._files = buckets, files
        self._topic = names.topic_of(store.namespace, names.TICKETS)
        self._store = PostgresStore(store.pool, store.service, store.namespace, healing=True)
        self._ledger = HealingLedger(self._store)
        self._reader = LedgerReader(store.pool, store.service, store.namespace)
        self._healer = Healer(service, store, bus, clock, store.namespace, buckets)
        file = resources.files("services.kernel") / "sql" / "rebuilding.sql"
        self._sql = named(file, store.schema, store.vault)

    async def run(self, progress: Progress = silent) -> Rebuilt:
        """Everything but the vault. Raises NotRelayed, Forked, and what the ports raise: then it
        has to be called again, and until then the service appends nothing."""
        async with self._ledger.alone():
            reason = await self._ledger.stopped_for()
            if reason == RESTORING:
                raise NotRelayed(f"Of the topics {BROKEN_OFF[reason]}.")
            begun = reason == REBUILDING  # one before us was broken off
            if not begun:
                await self._require_relayed()
            before = "" if begun else await self.digest()
            await self._make_again()
            facts, until = await self._healer.read_all(progress)
            if not self._service.codec.reads_others:  # then it reacts to nothing
                until = await ends_of(self._bus, self._topic, range(self._count))
            await self._replay(until, progress, inbox=True)
            after = await self.digest()
            await self._ledger.done()
        return Rebuilt(facts, before, after)

    async def view(
        self, service: Service, tables: Sequence[str], progress: Progress = silent
    ) -> None:
        """These tables alone, with the views (and timers) of `service`, up to where it stands."""
        async with self._ledger.alone():
            await self._ledger.stop(REBUILDING)
            await asyncio.sleep(DRAIN_S)
            schema = self._store.schema
            lines = ", ".join(f"{schema}.{table}" for table in tables)
            with store_faults():
                await self._store.pool.execute(f"truncate {lines}")
            until = await self._ledger.offsets(self._topic)
            work = Replay(service, self._ledger, self._bus, self._topic, inbox=False)
            await work.run(until, progress)
            await self._ledger.done()

    async def digest(self) -> str:
        """SHA-256 over every fact of the ledger, bucket by bucket, in order."""
        found = hashlib.sha256()
        for bucket, (_, last) in sorted((await self._reader.ends()).items()):
            for first in range(1, last + 1, PAGE):
                for row in await self._reader.range(bucket, first, min(last, first + PAGE - 1)):
                    found.update(repr((bucket, *row)).encode())
        return found.hexdigest()

    async def _replay(self, until: Mapping[int, int], progress: Progress, *, inbox: bool) -> None:
        work = Replay(self._service, self._ledger, self._bus, self._topic, inbox=inbox)
        await work.run(until, progress)

    # Before anything is dropped

    async def _require_relayed(self) -> None:
        """Let the relays finish, then stop the writers; what came between is waited for again."""
        if forked := await self._ledger.forked():
            raise Forked(f"Buckets {forked} are forked: call `hotline adopt` first.")
        give_up = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            behind = await self._behind()
            if not behind:
                await self._ledger.stop(REBUILDING)
                await asyncio.sleep(DRAIN_S)
                behind = await self._behind()
                if not behind:
                    return
                await self._ledger.done()
            if asyncio.get_running_loop().time() > give_up:
                raise NotRelayed(
                    f"{sum(behind.values())} facts of buckets {sorted(behind)} are not on the "
                    "topic: nothing was changed; start the service and let it relay them."
                )
            await asyncio.sleep(0.5)

    async def _behind(self) -> dict[int, int]:
        """By bucket, facts that the log does not hold; where the service has not read its own
        back, the log itself is asked."""
        source = self._service.name
        rows = await self._fetch("expected", self._topic, source)
        due = {row["bucket"]: row["expected"] for row in rows}
        ends = {row["bucket"]: row["next_position"] for row in rows}
        begin = {
            r["bucket"]: r["next_offset"] for r in rows if due[r["bucket"]] < ends[r["bucket"]]
        }
        async for records in scan(self._bus, self._topic, begin):
            incarnations: dict[int, dict[str, int]] = {bucket: {} for bucket in begin}
            for bucket, facts in own_facts(records, source, incarnations).items():
                for fact, _ in facts:
                    due[bucket] += fact.position == due[bucket]
        return {b: ends[b] - due[b] for b in ends if due[b] < ends[b]}

    # Drop and make

    async def _make_again(self) -> None:
        """In one transaction. The migrations make a vault too: the old one stands aside."""
        schema, vault = self._store.schema, self._store.vault
        fill, aside = placed(schema, vault), f"{vault}_aside"
        with store_faults():
            async with self._store.pool.acquire() as connection, connection.transaction():
                await connection.execute("set local idle_in_transaction_session_timeout = '60s'")
                buckets = await connection.fetch(self._sql["buckets"])
                inputs = await connection.fetch(self._sql["inputs"], self._topic)
                await connection.execute(f"drop schema {schema} cascade")
                await connection.execute(f"alter schema {vault} rename to {aside}")
                await connection.execute(f"create schema {schema}; create schema {vault}")
                for file in self._files:
                    await connection.execute(fill(file.read_text("utf-8")))
                await connection.execute(f"drop schema {vault} cascade")
                await connection.execute(f"alter schema {aside} rename to {vault}")
                await connection.execute(
                    f"insert into {schema}.bucket (bucket) select generate_series(0, $1::int - 1)",
                    self._count,
                )
                rows: list[Any] = [
                    (b["bucket"], b["closed_until"], b["incarnation"]) for b in buckets
                ]
                await connection.execute(self._sql["put_buckets"], *columns(rows, 3))
                await connection.execute(self._sql["put_inputs"], *columns(list(inputs), 3))
                await connection.execute(self._sql["stopped"], REBUILDING)

    async def _fetch(self, name: str, *arguments: Any) -> list[Any]:
        with store_faults():
            rows: list[Any] = await self._store.pool.fetch(self._sql[name], *arguments)
        return rows
