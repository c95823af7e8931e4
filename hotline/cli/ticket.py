"""`hotline ticket show`: a whole ticket as a timeline."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, tzinfo
from typing import Any

import asyncpg
import click
import httpx
import orjson
from rich import box
from rich.console import Console
from rich.table import Table

from hotline.cli.place import Place, of_city
from hotline.intake.v1.events_pb2 import TicketReceived
from hotline.replay import Ledger, read_ticket
from services.datasync.adapters.documents import ticket_document
from services.datasync.adapters.events import to_fact
from services.datasync.adapters.registry import load
from services.datasync.domain.ticket_file import ticket_file
from services.kernel.bus import BusUnavailable
from services.kernel.facts import Fact
from services.kernel.tokens import dev_token

WIDTH_OF_A_FILE = 160
Read = tuple[dict[str, Any] | None, str]  # the ticket file, and the person's id where facts tell it
RECORDERS = ("intake", "dispatch", "deadline", "evaluation")


@click.group("ticket")
def command() -> None:
    """Look at tickets."""


@command.command("show")
@click.argument("ticket")
@click.option(
    "--from",
    "origin",
    type=click.Choice(["file", "ledger", "kafka"]),
    default=None,
    help="The ticket file of a city that runs here, the ledgers (else), or the topic alone.",
)
@click.option("--at", "at_text", default="", help="As it was then: an RFC 3339 time with its zone.")
@click.option("--json", "as_text", is_flag=True, help="Print one JSON object.")
@of_city
def show(place: Place, ticket: str, origin: str | None, at_text: str, as_text: bool) -> None:
    """The timeline of TICKET over all services; from ledgers and topic with the person's id."""
    at = _time(at_text) if at_text else None
    if at is not None and origin not in (None, "ledger"):
        raise click.UsageError("--at reads the ledgers: leave --from out.")
    try:
        file, person = _read(place, ticket, origin or ("file" if place.urls else "ledger"), at)
    except (OSError, httpx.TransportError, BusUnavailable, asyncpg.PostgresError) as error:
        raise click.ClickException(f"{_where(place)} does not answer ({error}).") from None
    if file is None:
        raise click.ClickException(f"There is no ticket {ticket}{' at that time' if at else ''}.")
    if as_text:
        click.echo(orjson.dumps(file, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    else:
        _print(file, load(place.city).zone, person)


def _where(place: Place) -> str:
    if place.urls:
        return f"Call `make run` first: the city in {place.run_dir}"
    return "The store or the broker that the settings name"


def _read(place: Place, ticket: str, origin: str, at: datetime | None) -> Read:
    if at is not None or origin == "ledger":
        return _folded(place, _ledger_facts(place, ticket, at))
    if origin == "kafka":
        return _folded(place, asyncio.run(_log_facts(place, ticket)))
    if not place.urls:
        raise click.UsageError("--from file is of a city that runs here.")
    return _served(place, ticket), ""


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException(f"--at: {text!r} is no RFC 3339 time.") from None
    if at.tzinfo is None:
        raise click.ClickException(f"--at: {text!r} has no zone: add Z or an offset as +08:00.")
    return at.astimezone(UTC)


def _ledger_facts(place: Place, ticket: str, at: datetime | None) -> list[Fact]:
    """From every service's ledger, in the order in which they were recorded."""
    found: list[Fact] = []
    for service in RECORDERS:
        ledger = Ledger(place.dsn, service, namespace=place.namespace, buckets=place.buckets)
        found += ledger.facts(ticket, at=at)
    return sorted(found, key=lambda f: (f.recorded_at, f.source, f.version))


async def _log_facts(place: Place, ticket: str) -> list[Fact]:
    bus = place.bus("ticket-show")
    try:
        return await read_ticket(bus, ticket, namespace=place.namespace, buckets=place.buckets)
    finally:
        await bus.close()


def _folded(place: Place, facts: list[Fact]) -> Read:
    if not facts:
        return None, ""
    file = ticket_file(map(to_fact, facts), zone=load(place.city).zone)
    packed = orjson.dumps(ticket_document(file), option=orjson.OPT_UTC_Z)
    shown: dict[str, Any] = orjson.loads(packed)
    return shown, _person(facts)


def _person(facts: list[Fact]) -> str:
    """The random id that `hotline forget` takes; empty where nobody gave a contact."""
    name = TicketReceived.DESCRIPTOR.full_name
    found = (TicketReceived.FromString(f.data).person_id for f in facts if f.type == name)
    return next(found, "")


def _served(place: Place, ticket: str) -> dict[str, Any] | None:
    token = dev_token("staff", "ticket-show", run_dir=place.run_dir)
    answer = httpx.get(
        f"{place.urls['datasync']}/v1/tickets/{ticket}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10.0,
    )
    if answer.status_code == 404:
        return None
    if answer.status_code != 200:
        raise click.ClickException(f"datasync answered {answer.status_code}: {answer.text[:300]}")
    served: dict[str, Any] = answer.json()
    return served


def _print(file: dict[str, Any], zone: tzinfo, person: str = "") -> None:
    """In the city's time, as the sentences have it. What citizens wrote is text, not markup."""
    width = None if sys.stdout.isatty() else WIDTH_OF_A_FILE
    console = Console(markup=False, highlight=False, width=width)
    header = file["header"] or {}
    console.print(file["ticket"], header.get("state", ""), header.get("title", ""), style="bold")
    console.print(header.get("category", ""), header.get("area", ""), header.get("unit", ""))
    if person:
        console.print("person", person)
    if related := file.get("related"):
        console.print("related", *related)
    console.print(f"times in {zone}")
    table = Table("time", "stage", "actor", "what", "什么", box=box.SIMPLE)
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.overflow = "fold"
    for line in sorted(file["timeline"], key=lambda line: str(line["time"])):
        at, said = datetime.fromisoformat(line["time"]).astimezone(zone), line["text"]
        table.add_row(
            f"{at:%Y-%m-%d %H:%M:%S}", line["stage"], line["actor"], said["en"], said["zh"]
        )
    console.print(table)
