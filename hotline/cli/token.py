"""`hotline token`: a development token, for this machine only."""

from __future__ import annotations

from pathlib import Path

import click

from services.kernel.identity import Role
from services.kernel.tokens import dev_token


@click.command("token")
@click.argument("role", type=click.Choice([r.value for r in Role]))
@click.option("--name", default="", help="Who calls; the role's name where none is given.")
@click.option("--unit", default=None)
@click.option("--department", default=None)
@click.option("--run-dir", type=click.Path(path_type=Path), default=Path(".run"))
def command(role: str, name: str, unit: str | None, department: str | None, run_dir: Path) -> None:
    """Print a development token for ROLE."""
    click.echo(dev_token(role, name or role, unit, department, run_dir=run_dir))
