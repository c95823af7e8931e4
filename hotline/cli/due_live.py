"""`hotline due list` and `hotline due time`: what a city that runs here has to say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import click
import httpx
import orjson

from hotline.cli.running import Running, running
from hotline.deadline.moments import moments
from hotline.replay import Ledger
from services.datasync.adapters.events import to_fact
from services.deadline.adapters.registry import load
from services.deadline.domain.shares import shares
from services.kernel.tokens import dev_token

RECORDERS = ("intake", "dispatch", "deadline")
_RUN_DIR = click.option(
    "--run-dir", type=click.Path(path_type=Path), default=Path(".run"), help="Where a city runs."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command("list")
@click.option("--unit", default="", help="One unit's clocks; all units' where it is left out.")
@click.option("--desk", is_flag=True, help="The hotline's own clocks.")
@_JSON
@_RUN_DIR
def due_list(unit: str, desk: bool, as_json: bool, run_dir: Path) -> None:
    """What is overdue, due today, due this week."""
    place = running(run_dir)
    lists = _answered(run_dir, lambda: _lists(place, unit, desk=desk))
    if as_json:
        click.echo(orjson.dumps(lists, option=orjson.OPT_INDENT_2))
        return
    zone = load(place.city)[1].zone
    waiting = lists.pop("extensions")
    for name, rows in lists.items():
        click.echo(f"{name.replace('_', ' ')}: {len(rows)}")
        for row in rows:
            due = datetime.fromisoformat(row["due_at"]).astimezone(zone)
            whose = row["unit"] or "hotline"
            click.echo(f"  {due:%Y-%m-%d %H:%M}  {row['clock']:<18} {row['ticket']:<22} {whose}")
    click.echo(f"extensions to answer: {waiting}")


@click.command("time")
@click.argument("ticket")
@_JSON
@_RUN_DIR
def whose_time(ticket: str, as_json: bool, run_dir: Path) -> None:
    """Whose working time TICKET has taken so far: citizen, hotline, each unit (R33)."""
    place = running(run_dir)
    facts = _answered(run_dir, lambda: _facts(place, ticket))
    if not facts:
        raise click.ClickException(f"There is no ticket {ticket}.")
    try:
        found = shares(moments(facts), datetime.now(UTC), load(place.city)[1])
    except ValueError:
        raise click.ClickException(f"The ticket {ticket} was not accepted.") from None
    seconds = {share.who: share.time.total_seconds() for share in found}
    if as_json:
        click.echo(orjson.dumps({"ticket": ticket, "working_s": seconds}))
        return
    for who, spent in sorted(seconds.items(), key=lambda part: -part[1]):
        click.echo(f"{spent / 3600:>8.2f} h  {who}")


def _lists(place: Running, unit: str, *, desk: bool) -> dict[str, Any]:
    token = dev_token("staff", "due-list", run_dir=place.run_dir)
    answer = httpx.get(
        f"{place.urls['deadline']}/v1/due/lists",
        params={"unit": unit, "desk": desk},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10.0,
    )
    if answer.status_code != 200:
        raise click.ClickException(f"deadline answered {answer.status_code}: {answer.text[:300]}")
    lists: dict[str, Any] = answer.json()
    return lists


def _facts(place: Running, ticket: str) -> list[Any]:
    found = []
    for service in RECORDERS:
        ledger = Ledger(place.dsn, service, namespace=place.namespace, buckets=place.buckets)
        found += [to_fact(fact) for fact in ledger.facts(ticket)]
    return found


def _answered(run_dir: Path, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except (OSError, httpx.TransportError, asyncpg.PostgresError) as error:
        why = f"The city in {run_dir} does not answer ({error}): call `make run` first."
        raise click.ClickException(why) from None


COMMANDS = {"list": due_list, "time": whose_time}
