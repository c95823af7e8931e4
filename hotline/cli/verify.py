"""`hotline verify`: the ledgers and the feeds of a city against its topic."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import repeat
from multiprocessing import get_context

import asyncpg
import click
import orjson
from rich import box
from rich.console import Console
from rich.table import Table

from hotline.cli.place import Place, of_city
from hotline.cli.progress import Progress
from hotline.programs import SERVICES
from services.datasync.adapters.events import event_types
from services.datasync.adapters.registry import load
from services.datasync.adapters.store_pg import PostgresFeedStore
from services.datasync.adapters.verify import FeedVerifier
from services.kernel.bus_kafka import KafkaBus
from services.kernel.names import schema_of, vault_of
from services.kernel.pool_pg import connect
from services.kernel.reading_pg import LedgerReader
from services.kernel.verify import BucketReport, Verifier
from services.kernel.verify_registry import RegistryVerifier

RECORDERS = tuple(name for name in SERVICES if name != "datasync")
MOST_PROCESSES = 8


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found, and what it took; CPU seconds are those of the reading processes."""

    reports: list[BucketReport]
    facts: int
    seconds: float
    cpu_s: float = 0.0

    @property
    def facts_per_s(self) -> float:
        return self.facts / self.seconds

    @property
    def ok(self) -> bool:
        return not any(report.wrong for report in self.reports)


@click.command("verify")
@click.argument("service", required=False, type=click.Choice(SERVICES))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object only.")
@of_city
def command(place: Place, service: str | None, as_json: bool) -> None:
    """Compare SERVICE (all, if none is named) with the topics: every fact, position, byte and feed,
    and what its registry published.

    Exit code 0: all is as promised; 1: something is not, or could not be read.
    """
    progress = Progress()
    found = verify(place, [service] if service else list(SERVICES), progress)
    if as_json:
        shown = {
            "ok": found.ok,
            "facts": found.facts,
            "seconds": round(found.seconds, 3),
            "facts_per_s": round(found.facts_per_s),
            "cpu_us_per_fact": round(1e6 * found.cpu_s / max(1, found.facts), 2),
            "buckets": [asdict(report) for report in found.reports],
        }
        click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2))
    else:
        _show(found)
    if not found.ok:
        sys.exit(1)


def verify(
    place: Place,
    services: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    processes: int = 0,
) -> Verified:
    """Ledgers in as many processes as there are processors, then the feeds and the registries.

    Raises BusUnavailable, LogHole, StoreUnavailable.
    """
    began, reports, facts, used = time.perf_counter(), list[BucketReport](), 0, _cpu_s()
    ledgers = [name for name in services if name in RECORDERS]
    if ledgers:
        count = processes or min(os.cpu_count() or 1, MOST_PROCESSES, place.buckets)
        parts = [list(range(n, place.buckets, count)) for n in range(count)]
        for found, read in _in_processes(place, ledgers, parts, progress):
            reports += found
            facts += read
    if "datasync" in services:
        found, read = asyncio.run(_feeds(place, progress))
        reports += found
        facts += read
    found, read = asyncio.run(_registries(place, services))
    reports += found
    facts += read
    reports.sort(key=lambda r: (SERVICES.index(r.service), r.log != "tickets", r.bucket))
    return Verified(reports, facts, time.perf_counter() - began, _cpu_s() - used)


def _cpu_s() -> float:
    """Of this process and of those that it has started and seen end."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


Found = tuple[list[BucketReport], int]


def _in_processes(
    place: Place,
    services: list[str],
    parts: list[list[int]],
    progress: Callable[[int, int], None],
) -> list[Found]:
    if len(parts) == 1:
        return [asyncio.run(_ledgers(place, services, parts[0], progress))]
    with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
        return list(pool.map(_part, repeat(place), repeat(services), parts))


def _part(place: Place, services: list[str], buckets: list[int]) -> Found:
    """In a process of its own; each tells how far it has come of its own part."""
    gc.disable()  # nothing here makes cycles, and looking for them costs a third of the time
    progress = Progress(f"{len(buckets)} buckets: ")
    return asyncio.run(_ledgers(place, services, buckets, progress))


async def _ledgers(
    place: Place, services: list[str], buckets: list[int], progress: Callable[[int, int], None]
) -> Found:
    event_types()  # from here on every type has its stage
    async with _bus(place) as bus, _pools(place, services) as pools:
        readers = [LedgerReader(pool, name, place.namespace) for name, pool in pools.items()]
        await asyncio.gather(*(reader.ends() for reader in readers))  # are they installed at all?
        verifier = Verifier(readers, bus, place.namespace, place.buckets, progress, buckets)
        return await verifier.run(), verifier.read


async def _feeds(place: Place, progress: Callable[[int, int], None]) -> Found:
    sharing = load(place.city).sharing
    async with _bus(place) as bus, _pools(place, ["datasync"]) as pools:
        (pool,) = pools.values()
        ledger = LedgerReader(pool, "datasync", place.namespace)
        schema, vault = (
            schema_of(place.namespace, "datasync"),
            vault_of(place.namespace, "datasync"),
        )
        feeds = PostgresFeedStore(pool, schema, vault)
        verifier = FeedVerifier(
            ledger, feeds, sharing, bus, place.namespace, place.buckets, progress
        )
        return await verifier.run(), verifier.read


async def _registries(place: Place, services: Sequence[str]) -> Found:
    async with _bus(place) as bus, _pools(place, services) as pools:
        readers = [LedgerReader(pool, name, place.namespace) for name, pool in pools.items()]
        verifier = RegistryVerifier(readers, bus, place.namespace)
        return await verifier.run(), verifier.read


@asynccontextmanager
async def _bus(place: Place) -> AsyncIterator[KafkaBus]:
    bus = place.bus("verify")
    try:
        yield bus
    finally:
        await bus.close()


@asynccontextmanager
async def _pools(place: Place, services: Sequence[str]) -> AsyncIterator[dict[str, asyncpg.Pool]]:
    pools: dict[str, asyncpg.Pool] = {}
    try:
        for name in services:
            pools[name] = await connect(place.dsn, schema_of(place.namespace, name), size=2)
        yield pools
    finally:
        for pool in pools.values():
            await pool.close()


def _show(found: Verified) -> None:
    table = Table(
        "service", "bucket", "stored", "topic", "repeats", "waiting", "state", box=box.SIMPLE
    )
    for column in table.columns[1:6]:
        column.justify = "right"
    for r in found.reports:
        state = f"{r.wrong} wrong" if r.wrong else "ok"
        counts = (f"{n:,}" for n in (r.ledger, r.topic, r.repeats, r.waiting))
        table.add_row(r.service, _place(r), *counts, state)
    console = Console(markup=False, highlight=False, soft_wrap=True)
    console.print(table)
    for r in found.reports:
        for what in r.findings:
            where = f"bucket {r.bucket}" if r.log == "tickets" else r.log
            console.print(f"{r.service} {where}: {what}")
    rate = found.facts_per_s
    verdict = "ok" if found.ok else f"{sum(r.wrong for r in found.reports)} wrong"
    console.print(f"{found.facts:,} facts in {found.seconds:.1f} s ({rate:,.0f}/s): {verdict}")


def _place(report: BucketReport) -> str:
    """A bucket by its number, a log without buckets by its name."""
    return str(report.bucket) if report.log == "tickets" else report.log
