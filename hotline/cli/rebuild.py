"""`hotline rebuild`: a service, or one of its views, from the topic."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import click

from hotline.cli.composed import composed
from hotline.cli.migrate import migrations
from hotline.cli.opened import opened
from hotline.cli.place import Place, of_city
from hotline.cli.progress import Progress
from hotline.programs import SERVICES
from services.intake.adapters.recent import RecentMatters
from services.intake.adapters.tallies import Tallies
from services.kernel.rebuilding import Forked, NotRelayed, Rebuilder, Rebuilt
from services.kernel.store import LostOwnership


@dataclass(frozen=True, slots=True)
class View:
    """Its tables, and of a service with several views the one that writes them."""

    tables: tuple[str, ...]
    writer: type | None = None


VIEWS = {
    ("intake", "recent"): View(("recent",), RecentMatters),
    ("intake", "tallies"): View(("call", "missed_call", "article_use", "answer"), Tallies),
    ("deadline", "clocks"): View(("clock", "moment", "application", "moved_clock")),
    ("deadline", "timers"): View(("timer", "frontier")),
    ("evaluation", "figures"): View(("figures", "visit")),
    ("datasync", "feeds"): View(("fact", "ticket", "feed")),
}
NOT_BACK = (
    "By design these do not come back: epochs (new ones were given out), what processes had in "
    "memory, and how far idle inputs were read (known again within a second). Answers to rejected "
    "commands are on no topic: they are kept in the vault, which was not touched."
)


@click.command("rebuild")
@click.argument("service", type=click.Choice(SERVICES))
@click.option("--from", "origin", type=click.Choice(["kafka"]), required=True)
@click.option("--view", default="", help="This view alone.")
@of_city
def command(place: Place, service: str, origin: str, view: str) -> None:
    """Make SERVICE again from the topic: ledger, views, timers, feeds and chains, not its vault.

    Its processes may run on: they answer 503 until it is done, then go on. It is refused while
    there are facts that the topic does not hold.
    """
    if view and (service, view) not in VIEWS:
        known = " ".join(v for s, v in VIEWS if s == service) or "none"
        raise click.UsageError(f"{service} has no view {view}; it has: {known}.")
    try:
        if view:
            asyncio.run(_view(place, service, view))
            click.echo(f"{service}: {view} rebuilt.")
        else:
            _say(service, asyncio.run(_rebuilt(place, service)))
    except (NotRelayed, Forked) as error:
        raise click.ClickException(str(error)) from None
    except LostOwnership:
        raise click.ClickException(
            f"Another process of {service} took its partitions: call this again."
        ) from None


def _say(service: str, found: Rebuilt) -> None:
    click.echo(f"{service}: {found.facts:,} facts, digest {found.digest[:16]}.")
    if found.digest_before and found.digest_before != found.digest:
        raise click.ClickException(
            f"Before, the digest was {found.digest_before[:16]}: the ledger and the topic were not "
            "the same. The topic counts now; `hotline verify` before a rebuild tells what differs."
        )
    click.echo(NOT_BACK)


async def _rebuilt(place: Place, name: str) -> Rebuilt:
    async with opened(place, name) as (store, bus, clock):
        service = await composed(store, bus, clock, place.city)
        work = Rebuilder(service, store, bus, clock, place.buckets, migrations(name))
        return await work.run(Progress(f"{name}: "))


async def _view(place: Place, name: str, view: str) -> None:
    async with opened(place, name) as (store, bus, clock):
        service = await composed(store, bus, clock, place.city)
        left_out: dict[str, Any] = {"views": ()} if view == "timers" else {"timers": None}
        found = VIEWS[name, view]
        if found.writer is not None:
            left_out["views"] = tuple(v for v in service.views if isinstance(v, found.writer))
        service = replace(service, **left_out)
        work = Rebuilder(service, store, bus, clock, place.buckets, migrations(name))
        await work.view(service, found.tables, Progress(f"{view}: "))
