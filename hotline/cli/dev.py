"""`hotline dev up`: broker and store alone, also as real clusters of this machine."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from hotline.dev import interrupt
from hotline.dev.stack import Stack


@click.group("dev")
def command() -> None:
    """Broker and store of this machine, for development and drills."""


@command.command("up")
@click.option(
    "--brokers",
    type=click.IntRange(1, 5),
    default=1,
    show_default=True,
    help="Three make a cluster: three copies, one may be lost.",
)
@click.option("--standby", is_flag=True, help="A second store that follows the first.")
@click.option(
    "--run-dir", type=click.Path(path_type=Path), default=Path(".run/dev"), show_default=True
)
def up(brokers: int, standby: bool, run_dir: Path) -> None:
    """Start them and print one line of JSON with their addresses; until Ctrl-C.

    After a standby was promoted, remove the run folder before the next start.
    """
    if brokers == 2:
        raise click.UsageError("two brokers have no majority when one is lost: take 1 or 3")
    sys.exit(interrupt.run(_up(run_dir.resolve(), brokers, standby)))


async def _up(root: Path, brokers: int, standby: bool) -> None:
    async with Stack(root, say=_say, brokers=brokers, standby=standby) as running:
        click.echo(json.dumps(asdict(running.info)))
        sys.stdout.flush()
        await running.watch()


def _say(line: str) -> None:
    click.echo(line, err=True)
