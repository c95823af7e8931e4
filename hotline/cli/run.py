"""`hotline run`: a whole city on this machine, with its past and with people at work in it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from hotline.cli.cities import units
from hotline.cli.running import Running, write_running
from hotline.cli.welcome import welcome
from hotline.dev import interrupt
from hotline.dev.failure import StackFailure
from hotline.dev.nursery import nursery
from hotline.dev.senders import city_senders, make_senders
from hotline.dev.services import modules_of, services
from hotline.dev.stack import Stack
from hotline.history.importer import ImportStalled
from hotline.history.nyc import read_rows
from hotline.programs import PROGRAMS
from hotline.sim.actors import People
from hotline.sim.beginning import bring_in, is_imported, start_over
from hotline.sim.city import City, signers
from hotline.sim.live import Tally, show
from hotline.sim.matters import matters
from hotline.sim.trickle import ChannelRefused, name_of_run, trickle
from services.kernel.bus import BusUnavailable
from services.kernel.bus_kafka import KafkaBus
from services.kernel.tokens import dev_token

CITY, NAMESPACE, BUCKETS = "nyc", "", 24
BACK = 2_000  # records per partition that people look back over for what they were about to do


_SPEED = click.FloatRange(0.01, 100)


@click.command("run")
@click.option("--run-dir", type=click.Path(path_type=Path), default=Path(".run"), show_default=True)
@click.option("--rate", type=_SPEED, default=1.0, show_default=True, help="New matters per second.")
@click.option(
    "--pace",
    type=_SPEED,
    default=1.0,
    show_default=True,
    help="How long the simulated people take: 1 is seconds to a minute.",
)
def command(run_dir: Path, rate: float, pace: float) -> None:
    """Broker, store, the five services, live views and a sample city, until Ctrl-C."""
    sys.exit(interrupt.run(_run(run_dir.resolve(), rate, pace)))


async def _run(root: Path, rate: float, pace: float) -> None:
    console, began = Console(), time.monotonic()
    if not is_imported(root) and start_over(root):
        console.print("the last first start was broken off: starting over with clean data")
    make_senders(root, city_senders(units(CITY)))
    async with (
        nursery(modules_of(PROGRAMS), root / "logs" / "nursery.log") as programs,
        Stack(root, say=console.print) as stack,
        services(
            stack.info,
            NAMESPACE,
            run_dir=root,
            city=CITY,
            only=PROGRAMS,
            say=console.print,
            nursery=programs,
        ) as running,
    ):
        place = Running(
            stack.info.bootstrap, stack.info.dsn, NAMESPACE, CITY, BUCKETS, running.urls, root
        )
        bus = KafkaBus(place.kafka, "run", lambda: datetime.now(UTC))
        try:
            await _until_one_ends(
                stack.watch(), running.watch(), _live(place, bus, console, began, rate, pace)
            )
        finally:
            await bus.close()


async def _until_one_ends(*parts: Coroutine[Any, Any, None]) -> None:
    """None should: raises StackFailure, with the reason of the first that does."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            _reraise(task)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _reraise(task: asyncio.Task[None]) -> None:
    try:
        task.result()
    except ImportStalled as stalled:
        raise StackFailure(f"The sample could not be brought in: {stalled}.") from None
    except ChannelRefused as refused:
        raise StackFailure(f"Intake refused a matter of the sample: {refused}") from None
    except BusUnavailable as error:
        raise StackFailure(f"The broker does not answer any more: {error}.") from None


async def _live(
    place: Running, bus: KafkaBus, console: Console, began: float, rate: float, pace: float
) -> None:
    if not is_imported(place.run_dir):
        await _import(place, bus, console)
    write_running(place)
    for line in await welcome(place):
        click.echo(line)
    click.echo(f"\nready after {time.monotonic() - began:.1f} s; Ctrl-C stops everything\n")
    tally, rows = Tally(), read_rows()
    senders = signers(place.run_dir, units(CITY), NAMESPACE, BUCKETS)
    city = City(bus, senders, NAMESPACE, BUCKETS, People(pace), tally.see)
    token = dev_token("channel", "channel", run_dir=place.run_dir)
    new = matters(rows, name_of_run(datetime.now(UTC)))
    await _until_one_ends(
        city.run(BACK),
        trickle(place.urls["intake"], token, new, rate),
        show(tally, place.urls["datasync"]),
    )


async def _import(place: Running, bus: KafkaBus, console: Console) -> None:
    console.print("bringing in the past of the sample city, once")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("the sample's tickets")
        try:
            progress = await bring_in(
                place.run_dir,
                bus,
                place.urls["intake"],
                NAMESPACE,
                BUCKETS,
                lambda done, total: bar.update(task, completed=done, total=total),
            )
        except httpx.HTTPError as error:
            raise ImportStalled(f"intake does not answer: {error!r}") from None
    console.print(progress.summary(datetime.now(UTC)), highlight=False, soft_wrap=True)
