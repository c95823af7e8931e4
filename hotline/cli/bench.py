"""`hotline bench`: the figures of the README, from a broker and a store of its own."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Mapping
from typing import Any

import click
import orjson
import uvloop

from hotline.bench.site import Options
from hotline.dev import interrupt

BENCHES = {
    "timers": "Deadlines fired per second through the store, and due dates per second.",
    "append": "Durable appends per second through the group-commit writer.",
    "intake": "Matters accepted per second over HTTP, by one process of intake.",
    "loop": "Full closed loops per second, commands by Kafka, simulated units without delay.",
    "push": "From acceptance to the department: by topic and by webhook.",
    "rules": "CPU per matter of evaluating a whole rule set of acceptance.",
    "verify": "Facts per second that `hotline verify` compares in ledgers and topic.",
    "replay": "Facts per second from the topic into the states of dispatch, a process per core.",
}


@click.group("bench")
def command() -> None:
    """Measure, on the real broker and store, the generator included."""


def _add(name: str, summary: str) -> None:
    @command.command(name, help=summary)
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object only.")
    @click.option(
        "--clients",
        type=click.IntRange(1, 4_096),
        help="Clients, connections or loops at the same time; the bench's own choice if not given.",
    )
    @click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True)
    @click.option("--seconds", type=click.FloatRange(0.5, 3_600), default=10.0, show_default=True)
    @click.option(
        "--rate",
        type=click.FloatRange(1, 10_000),
        default=200.0,
        show_default=True,
        help="Matters per second, for push.",
    )
    @click.option(
        "--tickets",
        type=click.IntRange(0, 10_000_000),
        default=0,
        help="Earlier tickets in the store, for intake and verify.",
    )
    @click.option("--similar", is_flag=True, help="Compare with earlier matters, for intake (R16).")
    @click.option(
        "--open",
        "opened",
        type=click.IntRange(0, 10_000_000),
        default=0,
        help="Besides, so many open clocks while deadline is killed and started again, for timers.",
    )
    @click.option(
        "--replan",
        type=click.IntRange(0, 10_000_000),
        default=0,
        help="Besides, so many clocks planned again by another calendar, for timers.",
    )
    def run(as_json: bool, clients: int | None, **asked: Any) -> None:
        options = Options(clients=clients or 0, **asked)
        code = interrupt.run(_measured(name, options, as_json), uvloop.new_event_loop)
        sys.exit(code)


for _name, _summary in BENCHES.items():
    _add(_name, _summary)


async def _measured(name: str, options: Options, as_json: bool) -> None:
    bench = importlib.import_module(f"hotline.bench.{name}")
    found = await bench.measure(options, _to_stderr) | {"python": platform.python_version()}
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    else:
        click.echo(f"{name}: {BENCHES[name]}")
        _show(found, 1)


def _to_stderr(line: str) -> None:
    click.echo(line, err=True)


def _show(found: Mapping[str, Any], depth: int) -> None:
    for key, value in found.items():
        label = "  " * depth + key
        if isinstance(value, Mapping):
            click.echo(label)
            _show(value, depth + 1)
        else:
            click.echo(f"{label:<28} {value:>14{'' if isinstance(value, str) else ','}}")
