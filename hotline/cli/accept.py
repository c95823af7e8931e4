"""`hotline accept`: the rules of acceptance, tried on matters without a city."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import BinaryIO

import click

from services.intake.adapters import registry
from services.intake.adapters.batch import decided
from services.intake.domain.hotlines import Register


@click.command("accept")
@click.option(
    "--batch",
    type=click.File("rb"),
    required=True,
    help="A file of JSON lines, one matter each; - reads standard input.",
)
@click.option(
    "--city", default="sample", show_default=True, help="Whose register names the sub-centres."
)
def command(batch: BinaryIO, city: str) -> None:
    """Decide matters by a rule set: JSON lines in, decisions out in the same order.

    A line that cannot be decided gives {"id", "error"}; the others go on. docs/rules.md has the
    fields and what each rule means.
    """
    out = click.get_binary_stream("stdout")
    register, today = _register(city), datetime.now(UTC).date()
    for answer in decided(batch, lambda facts: register.transferable(facts, today)):
        out.write(answer)
        out.flush()


def _register(city: str) -> Register:
    try:
        return registry.load(city).catalogue.register
    except ValueError as error:
        raise click.ClickException(str(error)) from None
