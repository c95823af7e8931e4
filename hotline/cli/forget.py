"""`hotline forget`: destroy the key of one person, for ever (R35)."""

from __future__ import annotations

import ssl
import uuid
from pathlib import Path

import click
import httpx

from hotline.cli.running import running
from services.kernel.identity import Role
from services.kernel.tokens import dev_token
from services.kernel.transport import transport_of_environment, trusted

TIMEOUT_S = 10.0


@click.command("forget")
@click.argument("person")
@click.option("--basis", required=True, help="What it rests on: the request's number; no names.")
@click.option(
    "--intake",
    "url",
    envvar="HOTLINE_INTAKE_URL",
    default="",
    help="Intake's address, if not of a city that runs here.",
)
@click.option(
    "--token", envvar="HOTLINE_TOKEN", default="", help="A supervisor's or administrator's token."
)
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    default=Path(".run"),
    help="Where a city runs, if no --intake says where it is.",
)
@click.confirmation_option(prompt="Nobody will ever read this person's fields again. Go on?")
def command(person: str, basis: str, url: str, token: str, run_dir: Path) -> None:
    """Forget PERSON (the id in the facts) in the whole history; it is recorded as a fact."""
    if not url:
        url = running(run_dir).urls["intake"]
        token = token or dev_token(Role.ADMINISTRATOR, "hotline-forget", run_dir=run_dir)
    if not token:
        raise click.UsageError("Say who asks: set HOTLINE_TOKEN or give --token.")
    try:
        answer = _asked(f"{url}/v1/persons/{person}/forget", basis, token)
    except ValueError as error:
        raise click.ClickException(f"{error}.") from None
    except httpx.TransportError as error:
        raise click.ClickException(
            f"Intake at {url} does not answer ({error}): the same call again is safe."
        ) from None
    if answer.status_code >= 300:
        raise click.ClickException(f"Intake refused ({answer.status_code}): {_reason(answer)}")
    told = answer.json()["facts"]
    click.echo(f"{person} is forgotten." if told else f"{person} was forgotten before.")


def _asked(url: str, basis: str, token: str) -> httpx.Response:
    trust: ssl.SSLContext = trusted(transport_of_environment())
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
    with httpx.Client(timeout=TIMEOUT_S, verify=trust) as client:
        return client.post(url, json={"basis": basis}, headers=headers)


def _reason(answer: httpx.Response) -> str:
    try:
        found = answer.json()
        return str(found.get("detail") or found["title"])
    except (ValueError, KeyError, AttributeError):
        return answer.reason_phrase
