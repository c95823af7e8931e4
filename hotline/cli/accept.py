"""`hotline accept`: the rules of acceptance, tried on matters without a city."""

from __future__ import annotations

from typing import BinaryIO

import click

from services.intake.adapters.batch import decided


@click.command("accept")
@click.option(
    "--batch",
    type=click.File("rb"),
    required=True,
    help="A file of JSON lines, one matter each; - reads standard input.",
)
def command(batch: BinaryIO) -> None:
    """Decide matters by a rule set: JSON lines in, decisions out in the same order.

    A line that cannot be decided gives {"id", "error"}; the others go on. docs/rules.md has the
    fields and what each rule means.
    """
    out = click.get_binary_stream("stdout")
    for answer in decided(batch):
        out.write(answer)
        out.flush()
