"""`hotline key`: API keys of machines, in the vaults of all services at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import asyncpg
import click

from hotline.cli.running import running
from hotline.programs import SERVICES
from services.kernel.api_keys import MOST_KEYS, ApiKey, KeyExists, make_key, successor
from services.kernel.api_keys_pg import PostgresApiKeys
from services.kernel.identity import Role
from services.kernel.store import StoreUnavailable

T = TypeVar("T")
_ROLES = [role.value for role in Role if role is not Role.CITIZEN]


@click.group("key")
@click.option("--dsn", envvar="HOTLINE_DSN", default="", help="The store's URL.")
@click.option("--namespace", envvar="HOTLINE_NAMESPACE", default="")
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    default=Path(".run"),
    help="Where a city runs, if no --dsn says where its store is.",
)
@click.pass_context
def command(context: click.Context, dsn: str, namespace: str, run_dir: Path) -> None:
    """API keys of machines: they work at every service."""
    context.obj = Vaults(dsn, namespace, run_dir)


@command.command("add")
@click.argument("role", type=click.Choice(_ROLES))
@click.option("--name", required=True, help="Who calls; keys of one name are one caller.")
@click.option("--unit", default="", help="The unit that it acts for: with the role unit.")
@click.option("--department", default="", help="Whose feeds it reads: with the role department.")
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    help="When it ends: a date (UTC), or a time with its zone; never, where it is left out.",
)
@click.pass_obj
def add(
    vaults: Vaults, role: str, name: str, unit: str, department: str, expires: datetime | None
) -> None:
    """Make a key for ROLE and print it: this once, for only its hash is kept."""
    if expires is not None and expires.tzinfo is None:
        expires = expires.replace(tzinfo=UTC)
    now = datetime.now(UTC)
    try:
        key, text = make_key(
            name, Role(role), created_at=now, unit=unit, department=department, expires_at=expires
        )
    except ValueError as error:
        raise click.ClickException(f"No key was made: {error}.") from None
    vaults.together(lambda keys: _add(keys, key))
    click.echo(text)


async def _add(vaults: list[PostgresApiKeys], key: ApiKey) -> None:
    living = [k for k in await vaults[0].all(MOST_KEYS) if k.revoked_at is None]
    if len(living) >= MOST_KEYS:
        raise click.ClickException(f"There are {MOST_KEYS} keys already: revoke what is not used.")
    for vault in vaults:
        await vault.add(key)


@command.command("rotate")
@click.argument("key_id", metavar="ID")
@click.option(
    "--overlap",
    type=click.IntRange(0, 90 * 24),
    default=24,
    show_default=True,
    help="Hours that the old key still works.",
)
@click.pass_obj
def rotate(vaults: Vaults, key_id: str, overlap: int) -> None:
    """Make a new key for the caller of ID and print it; the old one ends after the overlap."""
    click.echo(vaults.together(lambda keys: _rotate(keys, key_id, timedelta(hours=overlap))))


async def _rotate(vaults: list[PostgresApiKeys], key_id: str, overlap: timedelta) -> str:
    now = datetime.now(UTC)
    old = next((key for key in await vaults[0].all(MOST_KEYS) if key.id == key_id), None)
    if old is None:
        raise click.ClickException(f"There is no key {key_id}: see `hotline key list`.")
    try:
        key, text = successor(old, created_at=now, expires_at=None)
    except ValueError as error:
        raise click.ClickException(f"No key was made: {error}.") from None
    await _add(vaults, key)
    for vault in vaults:
        await vault.expire(key_id, now + overlap)
    return text


@command.command("list")
@click.pass_obj
def show(vaults: Vaults) -> None:
    """Every key: id, role, name, whom it acts for, since or until when, and its last use."""
    for key in vaults.together(_all):
        click.echo(" ".join(_columns(key, datetime.now(UTC))))


async def _all(vaults: list[PostgresApiKeys]) -> list[ApiKey]:
    """As the first vault has them, with the last use that any service saw."""
    found = [await vault.all(MOST_KEYS) for vault in vaults]
    uses = [(k.id, k.last_used_at) for keys in found for k in keys if k.last_used_at is not None]
    last = dict(sorted(uses, key=lambda use: use[1]))
    return [replace(key, last_used_at=last.get(key.id)) for key in found[0]]


def _columns(key: ApiKey, now: datetime) -> list[str]:
    if key.revoked_at is not None:
        state = f"revoked {key.revoked_at:%Y-%m-%dT%H:%M:%SZ}"
    elif key.expires_at is None:
        state = "valid"
    else:
        word = "expired" if key.expires_at <= now else "until"
        state = f"{word} {key.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    whom = key.unit or key.department
    used = f"used {key.last_used_at:%Y-%m-%dT%H:%MZ}" if key.last_used_at else "never used"
    return [key.id, f"{key.role:<13}", f"{key.name:<20}", f"{whom:<12}", f"{state:<28}", used]


@command.command("revoke")
@click.argument("key_id", metavar="ID")
@click.pass_obj
def revoke(vaults: Vaults, key_id: str) -> None:
    """End the key of ID (as `list` shows it) at every service, within seconds."""
    if not vaults.together(lambda keys: _revoke(keys, key_id)):
        raise click.ClickException(f"There is no key {key_id}: see `hotline key list`.")
    click.echo(f"{key_id} is revoked.")


async def _revoke(vaults: list[PostgresApiKeys], key_id: str) -> bool:
    now = datetime.now(UTC)
    return any([await vault.revoke(key_id, now) for vault in vaults])


class Vaults:
    """The vaults of all services of one city."""

    def __init__(self, dsn: str, namespace: str, run_dir: Path) -> None:
        self._dsn, self._namespace, self._run_dir = dsn, namespace, run_dir

    def together(self, work: Callable[[list[PostgresApiKeys]], Awaitable[T]]) -> T:
        """In one transaction over all of them. Raises ClickException."""
        try:
            return asyncio.run(self._together(work))
        except (asyncpg.InvalidSchemaNameError, asyncpg.UndefinedTableError):
            raise click.ClickException(
                "No city is installed there: call `hotline migrate` first."
            ) from None
        except KeyExists:
            raise click.ClickException("The key's id is taken: try again.") from None
        except (OSError, StoreUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise click.ClickException(f"The store did not take it: {error}.") from None

    async def _together(self, work: Callable[[list[PostgresApiKeys]], Awaitable[T]]) -> T:
        async with self._transaction() as keys:
            return await work(keys)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[list[PostgresApiKeys]]:
        dsn, namespace = self._dsn, self._namespace
        if not dsn:
            place = running(self._run_dir)
            dsn, namespace = place.dsn, place.namespace
        connection = await asyncpg.connect(dsn, timeout=10.0)
        try:
            async with connection.transaction():
                yield [PostgresApiKeys(connection, service, namespace) for service in SERVICES]
        finally:
            await connection.close()
