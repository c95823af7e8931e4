"""Where the city of a run folder is: written by `hotline run`, read by the other commands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import click
import orjson

FILE = "running.json"


@dataclass(frozen=True, slots=True)
class Running:
    """Broker, store and services of a city that was started here."""

    kafka: str
    dsn: str
    namespace: str
    city: str
    buckets: int
    urls: dict[str, str]
    run_dir: Path


def running(run_dir: Path) -> Running:
    """What the last start wrote. Raises ClickException where there is none."""
    file = run_dir / FILE
    if not file.exists():
        raise click.ClickException(f"Nothing was started in {run_dir}: call `make run` first.")
    return Running(**{**orjson.loads(file.read_bytes()), "run_dir": run_dir})


def write_running(place: Running) -> None:
    """For the commands that are called beside a running city; holds the store's password."""
    content = {**asdict(place), "run_dir": str(place.run_dir)}
    file = place.run_dir / FILE
    draft = file.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    draft.rename(file)
