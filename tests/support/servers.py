"""PostgreSQL servers of a test's own, that take each other's place at one address."""

from __future__ import annotations

import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from hotline.dev import postgres
from hotline.dev.command import run
from hotline.dev.identity import Identity, chosen_identity
from hotline.dev.launch import launched
from hotline.dev.ports import LOCALHOST, free_port
from hotline.dev.supervisor import Supervisor

DATABASE = "hotline"


class Servers:
    """`primary` is the name of the one that clients reach at `dsn`; others are its copies."""

    def __init__(self, root: Path) -> None:
        self.root, self.port, self.dsn = root, free_port(), ""
        self._running: dict[str, Supervisor] = {}

    async def start(self, name: str, port: int = 0) -> str:
        """A server on the data of this name, made where there is none; its DSN."""
        program, admin = await postgres.store(self.root / name, port or self.port)
        self._running[name] = Supervisor(self.root / f"{name}.run")
        await self._running[name].start(program)
        dsn = admin.removesuffix("/postgres") + f"/{DATABASE}"
        self.dsn = self.dsn or dsn
        return dsn

    async def kill(self, name: str) -> None:
        """As a machine that loses its power."""
        await self._running.pop(name).kill("postgres", signal.SIGKILL)

    async def stop(self, name: str) -> None:
        await self._running.pop(name).stop(5.0)

    async def base_backup(self, name: str, into: str, *, standby: bool) -> None:
        """What pg_basebackup takes of a running server; a standby follows it once started."""
        source, target = await self._place(name), await self._place(into)
        password = (self.root / name / "password").read_text()
        target.home.mkdir(parents=True, exist_ok=True)
        (self.root / into).mkdir(parents=True, exist_ok=True)
        shutil.copy(self.root / name / "password", self.root / into / "password")
        where = f"host={LOCALHOST} port={self.port} user=hotline password={password}"
        data = target.home / next(p.name for p in source.home.iterdir() if p.name.isdigit())
        argv = [str(target.binaries / "pg_basebackup"), "-D", str(data), "-d", where]
        argv += ["-X", "stream", "-c", "fast", *(["-R"] if standby else [])]
        argv = launched(argv, signal.SIGKILL, target.wrap, target.user)
        await run(argv, timeout_s=60.0, cwd=target.home)

    async def snapshot(self, name: str, into: str) -> None:
        """A copy of the files of a server that was killed: what a file system's snapshot holds."""
        source, target = await self._place(name), await self._place(into)
        shutil.copytree(source.home, target.home, symlinks=True, dirs_exist_ok=True)
        if source.home != self.root / name:
            shutil.copy(self.root / name / "password", self.root / into / "password")

    async def promote(self, dsn: str) -> None:
        connection = await asyncpg.connect(dsn, timeout=10.0)
        try:
            assert await connection.fetchval("select pg_promote()")
        finally:
            await connection.close()

    async def _place(self, name: str) -> Identity:
        (self.root / name).mkdir(parents=True, exist_ok=True)
        return await chosen_identity(self.root / name, await postgres.find_binaries())

    async def close(self) -> None:
        for name in list(self._running):
            await self.stop(name)


@asynccontextmanager
async def servers(root: Path) -> AsyncIterator[Servers]:
    """One runs, with our database, under the name `first`."""
    made = Servers(root)
    try:
        dsn = await made.start("first")
        connection = await asyncpg.connect(dsn.removesuffix(DATABASE) + "postgres", timeout=10.0)
        try:
            await connection.execute(f'create database "{DATABASE}"')
        finally:
            await connection.close()
        yield made
    finally:
        await made.close()
