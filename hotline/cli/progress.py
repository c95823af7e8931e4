"""What a command says of itself while it takes longer than a moment."""

from __future__ import annotations

import time

import click

SAY_AFTER_S, SAY_EVERY_S = 2.0, 2.0


class Progress:
    """A line on stderr every two seconds, once it has taken that long."""

    def __init__(self, what: str = "") -> None:
        self._what, self._next = what, time.monotonic() + SAY_AFTER_S

    def __call__(self, done: int, total: int) -> None:
        """`total` 0: nobody knows."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + SAY_EVERY_S
            of = f" of {total:,}" if total else ""
            click.echo(f"{self._what}{done:,}{of} records", err=True)
