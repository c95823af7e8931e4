"""`hotline serve NAME`: one service as this process."""

from __future__ import annotations

import click

from hotline import programs


@click.command("serve")
@click.argument("name", type=click.Choice(programs.PROGRAMS))
def command(name: str) -> None:
    """Run one service with settings from the environment, until SIGTERM.

    Exit code 0 after a signal, 2 when a setting is wrong, 1 when it cannot start or a part ended.
    """
    programs.run(name)
