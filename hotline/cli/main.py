"""`hotline`: one command; each subcommand lives in a file of its own, read when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from hotline.dev.failure import StackFailure

COMMANDS = {
    "run": "hotline.cli.run",
    "demo": "hotline.cli.demo",
    "due": "hotline.cli.due",
    "migrate": "hotline.cli.migrate",
    "ticket": "hotline.cli.ticket",
    "verify": "hotline.cli.verify",
    "heal": "hotline.cli.heal",
    "adopt": "hotline.cli.adopt",
    "rebuild": "hotline.cli.rebuild",
    "parked": "hotline.cli.parked",
    "token": "hotline.cli.token",
    "key": "hotline.cli.key",
    "forget": "hotline.cli.forget",
    "bench": "hotline.cli.bench",
    "serve": "hotline.cli.serve",
    "ready": "hotline.cli.ready",
    "accept": "hotline.cli.accept",
    "ops": "hotline.cli.ops",
    "rules": "hotline.cli.rules",
    "dev": "hotline.cli.dev",
}


class _Lazy(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name]).command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hotline")
def cli() -> None:
    """A city's unified service line: 12345, 311."""


def main() -> None:
    """The console script: a failure is one sentence and exit code 1."""
    try:
        # Click raises no Exit here: it returns the code.
        sys.exit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except StackFailure as failure:
        click.echo(f"hotline: {failure}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
