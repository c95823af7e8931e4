"""`hotline parked`: tickets that wait because a record of theirs made the code fail."""

from __future__ import annotations

import asyncio
import getpass
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar

import asyncpg
import click
import orjson
from rich import box
from rich.console import Console
from rich.table import Table

from hotline.cli.place import Place, of_city
from hotline.kernel.v1.answer_pb2 import RecordParked
from hotline.programs import SERVICES
from services.intake.adapters.boxes import box_of, standing
from services.kernel.names import PARKED, bucket_of, schema_of, topic_of
from services.kernel.parked_pg import ParkedTicket, PostgresParked
from services.kernel.pool_pg import connect
from services.kernel.rows_pg import sealed_part
from services.kernel.scanning import scan, within
from services.kernel.store import ParkedRecord

T = TypeVar("T")
LOOK_S = 0.2
WAIT_S = 30.0
MOST_UNREADABLE = 20
WIDTH_OF_A_FILE = 240
SHUT = "the key of its body was destroyed since: it can be dropped, and not be applied any more"

_SERVICE = click.option("--service", type=click.Choice(SERVICES), help="Where it waits.")
_BY = click.option("--by", default=getpass.getuser, help="Who asks, for the record.")


@click.group("parked")
def command() -> None:
    """Tickets that wait because a record of theirs made the code fail."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object only.")
@_SERVICE
@of_city
def show_all(place: Place, service: str | None, as_json: bool) -> None:
    """Every parked ticket with its reason, and the records from which no ticket can be read."""

    async def work(vaults: dict[str, PostgresParked]) -> dict[str, list[ParkedTicket]]:
        return {name: await vault.tickets() for name, vault in vaults.items()}

    found = _with_vaults(place, service, work)
    unreadable = asyncio.run(_unreadable(place, service))
    if as_json:
        shown = {
            "tickets": [{"service": n, **asdict(t)} for n, rows in found.items() for t in rows],
            "unreadable": unreadable,
        }
        click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2))
        return
    table = Table("service", "ticket", "records", "since", "reason", box=box.SIMPLE)
    for name, rows in found.items():
        for t in rows:
            table.add_row(
                name, t.ticket, f"{t.records:,}", f"{t.since:%Y-%m-%dT%H:%M:%SZ}", t.reason
            )
    _print(table if table.row_count else "No ticket is parked.")
    for record in unreadable:
        _print(
            f"{record['service']} could read no ticket from {record['place']}: {record['reason']}"
        )


@command.command("show")
@click.argument("ticket")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object only.")
@_SERVICE
@of_city
def show(place: Place, ticket: str, service: str | None, as_json: bool) -> None:
    """What waits of TICKET, in order. Bodies are not shown: they may hold what people wrote."""

    async def work(vaults: dict[str, PostgresParked]) -> list[dict[str, Any]]:
        bucket = bucket_of(ticket, place.buckets)
        waiting = [
            (name, record)
            for name, vault in vaults.items()
            for record in await vault.records(bucket, ticket)
        ]
        shut = await _shut_for_ever(place, [record for _, record in waiting])
        return [_shown(name, record, record.value in shut) for name, record in waiting]

    found = _with_vaults(place, service, work)
    if not found:
        raise click.ClickException(f"Nothing waits of {ticket}: see `hotline parked list`.")
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
        return
    table = Table("service", "place", "type", "time", "bytes", "reason", box=box.SIMPLE)
    for r in found:
        table.add_row(r["service"], r["place"], r["type"], r["time"], str(r["bytes"]), r["reason"])
    _print(table)


@command.command("retry")
@click.argument("ticket")
@_SERVICE
@_BY
@of_city
def retry(place: Place, ticket: str, service: str | None, by: str) -> None:
    """Apply what waits of TICKET, in order, each record at its own time."""
    _asked(place, ticket, service, "retry", by)


@command.command("drop")
@click.argument("ticket")
@_SERVICE
@_BY
@click.confirmation_option(prompt="What is dropped is never applied. Go on?")
@of_city
def drop(place: Place, ticket: str, service: str | None, by: str) -> None:
    """Let TICKET go on without what waits of it; who dropped it stays on record."""
    _asked(place, ticket, service, "drop", by)


def _asked(place: Place, ticket: str, service: str | None, action: str, by: str) -> None:
    async def work(vaults: dict[str, PostgresParked]) -> str:
        bucket = bucket_of(ticket, place.buckets)
        waiting = [n for n, v in vaults.items() if await v.records(bucket, ticket, 1)]
        if not waiting:
            raise click.ClickException(f"Nothing waits of {ticket}: see `hotline parked list`.")
        if len(waiting) > 1:
            raise click.ClickException(
                f"{ticket} waits in {' and '.join(waiting)}: choose one with --service."
            )
        outcome = await _outcome(vaults[waiting[0]], bucket, ticket, action, by)
        return f"{waiting[0]}: {outcome}"

    said = _with_vaults(place, service, work)
    click.echo(said)
    if "it still fails" in said:
        raise SystemExit(1)


async def _outcome(vault: PostgresParked, bucket: int, ticket: str, action: str, by: str) -> str:
    """Of the service's process that owns the bucket; it looks twice a second."""
    order = await vault.ask(bucket, ticket, action, by)
    if order is None:
        raise click.ClickException(f"Somebody else's order for {ticket} is open: try again.")
    give_up = time.monotonic() + WAIT_S
    while time.monotonic() < give_up:
        if (outcome := await vault.outcome(order)) is not None:
            return outcome
        await asyncio.sleep(LOOK_S)
    if await vault.withdraw(order):
        raise click.ClickException(
            f"No process owned bucket {bucket} for {WAIT_S:.0f} s, so nothing was done: "
            "see that the service runs."
        )
    return await vault.outcome(order) or ""


async def _shut_for_ever(place: Place, records: list[ParkedRecord]) -> set[bytes]:
    """Bodies that intake sealed when it parked them, and whose key was destroyed since."""
    sealed = {r.value: part for r in records if r.value and (part := sealed_part(r.value))}
    if not sealed:
        return set()
    pool: asyncpg.Pool = await connect(place.dsn, schema_of(place.namespace, "intake"), size=2)
    try:
        boxes = await standing(pool, place.namespace)
    finally:
        await pool.close()
    return {value for value, part in sealed.items() if box_of(part) not in boxes}


def _shown(service: str, record: ParkedRecord, shut: bool) -> dict[str, Any]:
    headers = dict(record.headers)
    reason = f"{record.reason}; {SHUT}" if shut else record.reason
    return {
        "service": service,
        "place": f"{record.topic}/{record.partition}/{record.offset}",
        "type": (headers.get("ce_type") or b"").decode(errors="replace"),
        "time": f"{datetime.fromtimestamp(record.timestamp / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "bytes": len(record.value or b""),
        "reason": reason,
    }


def _with_vaults(
    place: Place,
    service: str | None,
    work: Callable[[dict[str, PostgresParked]], Awaitable[T]],
) -> T:
    async def run() -> T:
        async with _vaults(place, [service] if service else list(SERVICES)) as vaults:
            return await work(vaults)

    return asyncio.run(run())


@asynccontextmanager
async def _vaults(place: Place, services: list[str]) -> AsyncIterator[dict[str, PostgresParked]]:
    pool: asyncpg.Pool = await connect(place.dsn, schema_of(place.namespace, services[0]), size=2)
    try:
        yield {name: PostgresParked(pool, name, place.namespace) for name in services}
    finally:
        await pool.close()


async def _unreadable(place: Place, service: str | None) -> list[dict[str, Any]]:
    """The last records from which no ticket could be read."""
    bus = place.bus("parked")
    topic = topic_of(place.namespace, PARKED)
    found: list[dict[str, Any]] = []
    try:
        async for records in scan(bus, topic, await within(bus, topic, {0: 0})):
            for record in records:
                name = (record.key or b"").decode()
                if service in (None, name):
                    m = RecordParked.FromString(record.value or b"")
                    at = f"{m.topic}/{m.partition}/{m.offset}"
                    found.append({"service": name, "place": at, "reason": m.reason})
    finally:
        await bus.close()
    return found[-MOST_UNREADABLE:]


def _print(what: Any) -> None:
    width = None if sys.stdout.isatty() else WIDTH_OF_A_FILE
    Console(markup=False, highlight=False, soft_wrap=True, width=width).print(what)
