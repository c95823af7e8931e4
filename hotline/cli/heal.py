"""`hotline heal`: read back from the log what a store lost."""

from __future__ import annotations

import asyncio

import click

from hotline.cli.composed import composed
from hotline.cli.opened import opened
from hotline.cli.place import Place, of_city
from hotline.programs import SERVICES
from services.kernel.healing import Healed, Healer
from services.kernel.store import LostOwnership


@click.command("heal")
@click.argument("service", required=False, type=click.Choice(SERVICES))
@of_city
def command(place: Place, service: str | None) -> None:
    """Bring the ledger of SERVICE (of all, if none is named) up to the log, as every start does.

    For after a restore. Exit code 1: a bucket is forked.
    """
    forked = False
    for name in [service] if service else SERVICES:
        found = asyncio.run(_healed(place, name))
        forked |= bool(found.forked)
        click.echo(f"{name}: {_said(found)}")
    if forked:
        raise SystemExit(1)


def _said(found: Healed) -> str:
    read = f"{found.facts:,} facts read back" if found.facts else "the ledger had everything"
    where = ", on another server or another start of it" if found.moved else ""
    stop = "".join(
        f"; bucket {b} is forked and stands still: see `hotline adopt`" for b in found.forked
    )
    return read + where + stop


async def _healed(place: Place, name: str) -> Healed:
    async with opened(place, name) as (store, bus, clock):
        service = await composed(store, bus, clock, place.city)
        healer = Healer(service, store, bus, clock, place.namespace, place.buckets)
        try:
            return await healer.heal()
        except LostOwnership:
            raise click.ClickException(
                f"{name} took its partitions meanwhile: it heals itself, or try again."
            ) from None
