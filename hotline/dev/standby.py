"""A second store that follows the first: no commit is acknowledged before both have it."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import asyncpg

from hotline.dev import postgres
from hotline.dev.command import CommandFailed, run
from hotline.dev.failure import StackFailure
from hotline.dev.identity import Identity, chosen_identity
from hotline.dev.launch import launched
from hotline.dev.ports import LOCALHOST
from hotline.dev.program import Program

NAME = "standby"
_COPY_TIMEOUT_S = 300.0


async def standby(home: Path, port: int, primary_dsn: str) -> Program:
    """The follower of the store at `primary_dsn`, which has to run; copied at the first start.

    Raises StackFailure.
    """
    home.mkdir(parents=True, exist_ok=True)
    identity = await chosen_identity(home, await postgres.find_binaries())
    data = identity.home / NAME
    if not data.exists():
        await _copy(identity, data, primary_dsn)
    primary = primary_dsn.rpartition("@")[2].partition("/")[0]
    return postgres.program(
        NAME,
        identity,
        data,
        port,
        {"cluster_name": NAME, "hot_standby": "on"},
        primary_dsn.replace(primary, f"{LOCALHOST}:{port}"),
    )


async def follow(primary_dsn: str) -> None:
    """From now on the first store waits for the second; kept in its own configuration."""
    await _execute(primary_dsn, f"alter system set synchronous_standby_names = '{NAME}'")
    await _execute(primary_dsn, "select pg_reload_conf()")


async def promote(standby_dsn: str) -> None:
    """Make the second store the first one, once the first is gone for good."""
    await _execute(standby_dsn, "select pg_promote(true, 30)")


async def _execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=10.0)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _copy(identity: Identity, data: Path, primary_dsn: str) -> None:
    """Beside its place and moved there when it is whole."""
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    identity.give(draft)
    argv = [str(identity.binaries / "pg_basebackup"), "-D", str(draft), "-d", primary_dsn]
    argv += ["-R", "-X", "stream", "-c", "fast"]
    try:
        await run(
            launched(argv, signal.SIGKILL, identity.wrap, identity.user),
            timeout_s=_COPY_TIMEOUT_S,
            cwd=identity.home,
        )
    except CommandFailed as failed:
        raise StackFailure(f"The store could not be copied into {data}: {failed}.") from failed
    draft.rename(data)


def either(dsn: str, standby_port: int) -> str:
    """One address for both: whoever connects is led to the one that takes writes."""
    head, _, rest = dsn.rpartition("@")
    place, _, database = rest.partition("/")
    hosts = f"{place},{LOCALHOST}:{standby_port}"
    return f"{head}@{hosts}/{database}?target_session_attrs=read-write"
