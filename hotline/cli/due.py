"""`hotline due`: the calculator of due dates, for anybody, and the check of its proofs."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

import click
import orjson

from services.deadline.adapters.calendar_files import Days, own_with_days, read, with_days, written
from services.deadline.adapters.due_lines import City, answers
from services.deadline.adapters.proof import differences, prove
from services.deadline.adapters.proof_page import page
from services.deadline.adapters.registry import Calendars, cities, load_calendar, load_calendars
from services.deadline.adapters.share_lines import share_answers
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.own_days import OwnDays

_LIVE = ("list", "time")


class _Lazy(click.Group):
    """What asks a running city is read when it is called: the calculator starts at once."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), *_LIVE])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _LIVE:
            return super().get_command(context, name)
        live = importlib.import_module("hotline.cli.due_live")
        found: click.Command = live.COMMANDS[name]
        return found


@click.group("due", cls=_Lazy, invoke_without_command=True)
@click.option("--clock", help="The clock: resolve, contact, confirm, return, redo, promise, …")
@click.option("--start", help="When it started: 2026-02-13T16:00+08:00.")
@click.option(
    "--city",
    default="trial-measures",
    show_default=True,
    help="Whose rules and calendar: " + ", ".join(cities()) + ".",
)
@click.option("--events", default="[]", help="A JSON list: pauses, extensions, limits, acts, …")
@click.option("--matter", default="{}", help="A JSON object: kind, urgency, category, level.")
@click.option("--config", default="{}", help="A JSON object: close_of_business, lengths.")
@click.option("--json", "as_json", is_flag=True, help="Print the proof as one JSON object.")
@click.option(
    "--batch", type=click.File("rb"), help="JSON lines to answer in their order; - reads stdin."
)
@click.pass_context
def command(
    context: click.Context,
    clock: str | None,
    start: str | None,
    city: str,
    events: str,
    matter: str,
    config: str,
    as_json: bool,
    batch: BinaryIO | None,
) -> None:
    """When a clock is due, and why: every day that counts and every day that does not.

    For many at once, --batch reads lines {"id", "clock", "start", "events", "config"}.
    """
    if context.invoked_subcommand is not None:
        return
    rules = _city(city)
    if batch is not None:
        _answer(batch, rules)
        return
    if not clock or not start:
        raise click.UsageError("--clock and --start are needed, or --batch, or verify.")
    line = {
        "clock": clock,
        "start": start,
        "events": _json(events, "--events"),
        "matter": _json(matter, "--matter"),
        "config": _json(config, "--config"),
    }
    try:
        proof = prove(line, rules)
    except (ValueError, OverflowError) as error:
        raise click.ClickException(f"{error}.") from None
    click.echo(
        json.dumps(proof, ensure_ascii=False, indent=2) if as_json else page(proof), nl=as_json
    )


@command.command("verify")
@click.argument("proof", type=click.File("rb"))
def verify(proof: BinaryIO) -> None:
    """Count PROOF again from nothing but itself; exit code 1 if it does not hold."""
    try:
        read = orjson.loads(proof.read())
        wrong = differences(read)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise click.ClickException(f"No proof could be read: {error}.") from None
    if wrong:
        raise click.ClickException(
            f"The proof does not hold: counted again, {', '.join(wrong)} differs."
        )
    click.echo(f"The proof holds: due {read['due_at'] or 'never while paused'}.")


@command.command("calendar")
@click.argument("days", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--onto", default="cn", show_default=True, help="The calendar that they change.")
@click.option("--notice", default="", help="Number of the notice that publishes them.")
@click.option("--publishes", type=click.IntRange(1900, 2499), help="The year that it publishes.")
def calendar(days: Path, onto: str, notice: str, publishes: int | None) -> None:
    """Print calendar --onto with the days of a .yaml, .csv or .ics file: the next version of it."""
    try:
        changed = _changed(load_calendars(onto), read(days), notice, publishes)
    except (ValueError, OSError) as error:
        raise click.ClickException(f"{error}.") from None
    click.echo(written(changed), nl=False)


def _changed(
    calendars: Calendars, days: Days, notice: str, publishes: int | None
) -> Calendar | OwnDays:
    """Of a calendar that extends another its own part."""
    if calendars.own:
        return own_with_days(calendars.own[-1], days, notice, publishes)
    return with_days(calendars.base, days, notice, publishes)


@command.command("shares")
@click.argument("lines", type=click.File("rb"))
@click.option(
    "--calendar", "name", default="cn", show_default=True, help="The calendar to count in."
)
def time_shares(lines: BinaryIO, name: str) -> None:
    """Whose working time was it (R33): LINES of {"id", "moments", "until"}, answered in order."""
    try:
        days = load_calendar(name)
    except ValueError as error:
        raise click.ClickException(f"{error}.") from None
    for line in share_answers(lines, days):
        click.echo(line)


def _answer(batch: BinaryIO, rules: City) -> None:
    """Each answer leaves at once: whoever asks line by line may wait for it."""
    out = sys.stdout.buffer
    for answer in answers(batch, rules):
        out.write(answer + b"\n")
        out.flush()


def _city(name: str) -> City:
    try:
        return City.of(name)
    except ValueError as error:
        raise click.ClickException(f"{error}; there are {', '.join(cities())}.") from None


def _json(text: str, option: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"{option} is not JSON: {error}.") from None
