"""`hotline ready`: whether the service of this container is ready, without a shell."""

from __future__ import annotations

import http.client

import click


@click.command("ready")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="HOTLINE_HTTP_PORT", type=int, default=8000, show_default=True)
@click.option("--timeout", "timeout_s", type=float, default=2.0, show_default=True)
def command(host: str, port: int, timeout_s: float) -> None:
    """Ask /readyz: exit code 0 when ready, 1 with the checks when not."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", "/readyz")
        with connection.getresponse() as answer:
            checks = answer.read(4096).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise click.ClickException(f"{host}:{port} does not answer: {error!r}.") from None
    finally:
        connection.close()
    click.echo(checks)
    if answer.status != 200:
        raise click.exceptions.Exit(1)
