"""`hotline adopt`: let a forked bucket go on with what everybody has read."""

from __future__ import annotations

import asyncio

import click

from hotline.cli.opened import opened
from hotline.cli.place import Place, of_city
from hotline.programs import SERVICES
from services.kernel.adopting import Adopted, AdoptRefused, NotForked, adopt


@click.command("adopt")
@click.argument("service", type=click.Choice(SERVICES))
@click.argument("bucket", type=click.IntRange(0))
@click.confirmation_option(prompt="What the log contradicts leaves the ledger. Go on?")
@of_city
def command(place: Place, service: str, bucket: int) -> None:
    """Make the ledger of a forked BUCKET what the log is, and go on as its next incarnation.

    What the log contradicts is kept in the vault's table `disowned`; its timers need a rebuild.
    """
    try:
        found = asyncio.run(_adopted(place, service, bucket))
    except (NotForked, AdoptRefused) as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{service} bucket {bucket}, incarnation {found.incarnation}: {found.adopted} facts taken "
        f"from the log, {found.moved} of ours put behind them, {found.disowned} disowned."
    )
    if found.disowned:
        click.echo(f"Timers had gone with those: run `hotline rebuild {service} --from kafka`.")


async def _adopted(place: Place, service: str, bucket: int) -> Adopted:
    async with opened(place, service) as (store, bus, _):
        return await adopt(store, bus, bucket)
