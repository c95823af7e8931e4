"""The broker and the store of this machine, found again with their data at the next start."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from hotline.dev import artifacts, fetchers, identity, kafka, orphans, postgres
from hotline.dev.failure import StackFailure
from hotline.dev.lock import exclusive
from hotline.dev.ports import LOCALHOST, stored_ports
from hotline.dev.program import Program
from hotline.dev.supervisor import Supervisor

DATABASE = "hotline"
STOP_TIMEOUT_S = 2.8
_NEEDED_BYTES = 512 * 1024 * 1024
_CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class StackInfo:
    """Where the broker (`host:port`) and the store (a PostgreSQL URL with its password) are."""

    bootstrap: str
    dsn: str


class Stack:
    """Broker and store; `async with Stack(root) as stack` starts and stops them.

    root: the folder of their data, ports, password and logs; one stack at a time in one folder.
    say: told, line by line, what takes longer than a moment. echo: show their logs as well.
    Entering raises StackFailure with one sentence that says what to do.
    """

    def __init__(
        self, root: Path, *, say: Callable[[str], None] = print, echo: bool = False
    ) -> None:
        self.root = root.resolve()
        self._say = say
        self._supervisor = Supervisor(self.root, echo=echo)
        self._resources = AsyncExitStack()
        self._info: StackInfo | None = None

    @property
    def info(self) -> StackInfo:
        """Where they are; only while they run."""
        assert self._info is not None, "the stack has not been started"
        return self._info

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._resources.aclose()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._resources.aclose()

    async def watch(self) -> None:
        """Wait for the day that broker or store ends unasked, then raise StackFailure."""
        await self._supervisor.watch()

    async def _start(self) -> None:
        _require_space(self.root)
        self._resources.enter_context(exclusive(self.root))
        for name in orphans.stop_orphans(self.root / "pids"):
            self._say(f"stopped {name}, left over from an earlier run")
        ports = stored_ports(self.root / "ports.json", ["kafka", "kafka.controller", "postgres"])
        self._resources.push_async_callback(self._supervisor.stop, STOP_TIMEOUT_S)
        self._say("starting the broker and the store")
        broker, (store, admin_dsn) = await asyncio.gather(
            self._broker(ports), postgres.store(self.root / "postgres", ports["postgres"])
        )
        await self._supervisor.start(broker, store)
        dsn = await _own_database(admin_dsn)
        self._info = StackInfo(bootstrap=f"{LOCALHOST}:{ports['kafka']}", dsn=dsn)

    async def _broker(self, ports: dict[str, int]) -> Program:
        jars = await artifacts.fetched(
            artifacts.locked_jars(), fetchers.available(), artifacts.cache_folder(), self._say
        )
        return await kafka.broker(
            self.root / "kafka", jars, [kafka.Member(ports["kafka"], ports["kafka.controller"])]
        )


@asynccontextmanager
async def stack(root: Path, *, say: Callable[[str], None] = print) -> AsyncIterator[StackInfo]:
    """Broker and store for the length of a block; see Stack."""
    async with Stack(root, say=say) as running:
        yield running.info


def erase(root: Path) -> None:
    """Remove a stack that does not run, with all its data. Raises StackFailure when it runs."""
    root = root.resolve()
    with exclusive(root):
        for folder in (identity.outside_folder(root / "postgres"), root):
            shutil.rmtree(folder, ignore_errors=True)


def _require_space(root: Path) -> None:
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < _NEEDED_BYTES:
        raise StackFailure(
            f"Only {free // 2**20} MB are free on the disk of {root}: "
            f"make room for {_NEEDED_BYTES // 2**20} MB, then run this again."
        )


async def _own_database(admin_dsn: str) -> str:
    """Make our database at the first start; its DSN."""
    connection = await asyncpg.connect(admin_dsn, timeout=_CONNECT_TIMEOUT_S)
    try:
        query = "SELECT true FROM pg_database WHERE datname = $1"
        if not await connection.fetchval(query, DATABASE):
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        await connection.close()
    return admin_dsn.removesuffix("/postgres") + f"/{DATABASE}"
