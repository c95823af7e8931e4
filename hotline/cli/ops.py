"""`hotline ops`: look at a city, examine it, prepare changes."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console
from rich.live import Live

from hotline.cli.migrate import topics as topics_of
from hotline.cli.ops_channel import channel
from hotline.cli.ops_department import department
from hotline.cli.ops_restore import restore
from hotline.cli.ops_unit import unit
from hotline.cli.reaching import run
from hotline.cli.running import running
from hotline.ops.doctor import examine
from hotline.ops.look import look
from hotline.ops.master_key import rewrap
from hotline.ops.place import CityPlace
from hotline.ops.screen import lag_rows, lag_table, status
from hotline.ops.topics import carry_out, plan
from services.intake.settings import IntakeSettings
from services.kernel.personal import new_key
from services.kernel.settings import BadSetting, parse
from services.kernel.transport import kafka_security, transport_of_environment

_EVERY_S = 2.0


@click.group("ops")
@click.option("--kafka", envvar="HOTLINE_KAFKA", default="", help="The brokers as host:port.")
@click.option("--dsn", envvar="HOTLINE_DSN", default="", help="The store's URL.")
@click.option("--namespace", envvar="HOTLINE_NAMESPACE", default="")
@click.option("--city", envvar="HOTLINE_CITY", default="sample")
@click.option("--buckets", envvar="HOTLINE_BUCKETS", default=24)
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    default=Path(".run"),
    help="Where a city runs, if no --dsn says where its store is.",
)
@click.pass_context
def command(
    context: click.Context,
    kafka: str,
    dsn: str,
    namespace: str,
    city: str,
    buckets: int,
    run_dir: Path,
) -> None:
    """Look at a city, examine it, prepare changes.

    Where it is, say the settings of its services, or the run folder of `hotline run`.
    """
    try:
        security = kafka_security(transport_of_environment())
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if dsn and kafka:
        context.obj = CityPlace(kafka, dsn, namespace, city, buckets, security)
        return
    found = running(run_dir)
    context.obj = CityPlace(
        found.kafka, found.dsn, found.namespace, found.city, found.buckets, security, found.urls
    )


@command.command("status")
@click.option("--follow", is_flag=True, help="Again every two seconds, until Ctrl-C.")
@click.pass_obj
def show_status(place: CityPlace, follow: bool) -> None:
    """One screen: services, buckets and owners, lag, promises, parked, clocks, push."""
    console = Console()

    async def once() -> Any:
        return status(await look(place), await _ready(place))

    async def again() -> None:
        with Live(await once(), console=console, auto_refresh=False) as live:
            while True:
                await asyncio.sleep(_EVERY_S)
                live.update(await once(), refresh=True)

    if follow:
        run(again())
    else:
        console.print(run(once()))


async def _ready(place: CityPlace) -> dict[str, str]:
    """What /readyz says, where the run folder tells where it is."""
    found = {}
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
        for name, url in place.urls.items():
            try:
                answer = await http.get(f"{url}/readyz")
                wrong = [check for check, fine in answer.json().items() if not fine]
                found[name] = "yes" if answer.status_code == 200 else f"no: {', '.join(wrong)}"
            except (httpx.HTTPError, ValueError):
                found[name] = "no answer"
    return found


@command.command("lag")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def lag(place: CityPlace, as_json: bool) -> None:
    """What each service has to read, by topic, and what it has not published."""
    found = run(look(place))
    if as_json:
        click.echo(json.dumps(lag_rows(found), indent=1))
    else:
        Console().print(lag_table(found))


@command.command("doctor")
@click.option("--run-dir", type=click.Path(path_type=Path), default=Path(".run"))
@click.pass_obj
def doctor(place: CityPlace, run_dir: Path) -> None:
    """Examine settings, store, brokers, topics, clocks, disk, versions; say what to do.

    Exit code 1 when something is wrong.
    """
    if run(_examine(place, run_dir)):
        raise click.exceptions.Exit(1)


async def _examine(place: CityPlace, run_dir: Path) -> bool:
    wrong = False
    async for finding in examine(place, os.environ, run_dir):
        wrong = wrong or finding.state == "wrong"
        advice = f": {finding.advice}" if finding.advice else ""
        click.echo(f"{finding.state:<6}{finding.what}{advice}")
    return wrong


@command.group("topics")
def topics() -> None:
    """The topics of the city."""


@topics.command("apply")
@click.option("--dry-run", is_flag=True, help="Only say what would be done; exit code 1 if any.")
@click.pass_obj
def apply(place: CityPlace, dry_run: bool) -> None:
    """Make topics that are missing and put settings right; partitions are never changed."""
    wanted = topics_of(place.city, place.buckets)
    found = run(plan(place, wanted))
    for line in found.lines():
        click.echo(line)
    if not found.lines():
        click.echo(f"{len(wanted)} topics are as they should be.")
    elif dry_run or found.refused:
        raise click.exceptions.Exit(1)
    else:
        run(carry_out(place, found, wanted))


topics.add_command(restore)
command.add_command(department)
command.add_command(channel)
command.add_command(unit)


@command.group("keys")
def keys() -> None:
    """The master key, which wraps the keys of persons."""


@keys.command("new")
def new() -> None:
    """Print a new master key; put it before the others in HOTLINE_MASTER_KEY."""
    click.echo(base64.b64encode(new_key()).decode())


@keys.command("rotate")
@click.pass_obj
def rotate(place: CityPlace) -> None:
    """Wrap every person's key again by the first key of HOTLINE_MASTER_KEY."""
    names = ("HOTLINE_MASTER_KEY",)
    given = {name: os.environ[name] for name in names if name in os.environ}
    try:
        masters = parse(IntakeSettings, {**_needed(place), **given}).master_keys
    except BadSetting as error:
        raise click.ClickException(str(error)) from None
    if not masters:
        raise click.ClickException(
            "HOTLINE_MASTER_KEY is not set: set it as intake has it, the new key first."
        )

    async def work() -> Any:
        async with place.store() as store:
            return await rewrap(store, place.namespace, masters)

    found = run(work())
    click.echo(f"{found.rewrapped} of {found.total} person keys were wrapped again.")
    if found.unreadable:
        raise click.ClickException(
            f"{len(found.unreadable)} are wrapped by a key that was not given, the first that of "
            f"{found.unreadable[0]}: add the older key behind a comma and call this again."
        )
    click.echo("Older keys may be removed once every replica of intake has the new one.")


def _needed(place: CityPlace) -> dict[str, str]:
    return {"HOTLINE_KAFKA": place.kafka, "HOTLINE_DSN": place.dsn}


@command.command("drain")
@click.option("--timeout", "timeout_s", default=60.0, show_default=True, help="Seconds.")
@click.pass_obj
def drain(place: CityPlace, timeout_s: float) -> None:
    """Wait until nothing is on its way: all published, read, answered and delivered.

    First keep new work out (take the ingress away). Exit code 1, with what is left, after the time.
    """
    left = run(_drained(place, timeout_s))
    for name, count in left.items():
        click.echo(f"{name}: {count}")
    if left:
        raise click.ClickException(f"It is not done after {timeout_s:g} s.")
    click.echo("Nothing is on its way: the services may be stopped.")


async def _drained(place: CityPlace, timeout_s: float) -> dict[str, int]:
    """What is left; empty twice in a row, since a fact that is read makes others."""
    give_up, quiet = time.monotonic() + timeout_s, 0
    while True:
        left = (await look(place)).underway()
        quiet = 0 if left else quiet + 1
        if quiet == 2 or (left and time.monotonic() >= give_up):
            return left
        await asyncio.sleep(0.5)
