"""The broker and the store of this machine, found again with their data at the next start."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from hotline.dev import artifacts, fetchers, identity, kafka, orphans, postgres, standby
from hotline.dev.failure import StackFailure
from hotline.dev.lock import exclusive
from hotline.dev.network import Network
from hotline.dev.ports import LOCALHOST, stored_ports
from hotline.dev.program import Program
from hotline.dev.supervisor import Supervisor

DATABASE = "hotline"
STOP_TIMEOUT_S = 2.8
_NEEDED_BYTES = 512 * 1024 * 1024
_CONNECT_TIMEOUT_S = 5.0
_OUTSIDE = (".outside", ".controller.outside")


@dataclass(frozen=True)
class StackInfo:
    """Where the broker (`host:port`) and the store (a PostgreSQL URL with its password) are."""

    bootstrap: str
    dsn: str


class Stack:
    """Broker and store; `async with Stack(root) as stack` starts and stops them.

    brokers: one, or a cluster of three or more with three copies of everything. standby: a second
    store that has every commit before it is acknowledged. wires: brokers reach one another, and are
    reached, over wires that can be cut.
    root: the folder of their data, ports, password and logs; one stack at a time in one folder.
    say: told, line by line, what takes longer than a moment. echo: show their logs as well.
    Entering raises StackFailure with one sentence that says what to do.
    """

    def __init__(
        self,
        root: Path,
        *,
        say: Callable[[str], None] = print,
        echo: bool = False,
        brokers: int = 1,
        standby: bool = False,
        wires: bool = False,
    ) -> None:
        self.root = root.resolve()
        self._brokers, self._standby = brokers, standby
        self._standby_dsn = ""
        self._say = say
        self._supervisor = Supervisor(self.root, echo=echo)
        self._network = Network(self._supervisor.pid) if wires else None
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

    async def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """End `postgres`, `standby` or a broker (`kafka`, or `kafka-2` of a cluster) on purpose."""
        await self._supervisor.kill(name, signal_number)

    async def restart(self, broker: str) -> None:
        """Start a broker that was killed, and wait until it is ready."""
        await self._supervisor.start(self._started[broker])

    def pid(self, name: str) -> int:
        """The process id of one of them, to pause it."""
        return self._supervisor.pid(name)

    def cut_off(self, broker: str) -> None:
        """Its process lives, and what it sends and is sent gets nowhere; for a stack with wires."""
        assert self._network is not None
        self._network.cut_off(broker)

    def join(self, broker: str) -> None:
        """One that was cut off is reached again."""
        assert self._network is not None
        self._network.join(broker)

    async def promote(self) -> None:
        """Let the standby be the store, after the first one was killed."""
        await standby.promote(self._standby_dsn)

    async def _start(self) -> None:
        _require_space(self.root)
        self._resources.enter_context(exclusive(self.root))
        for name in orphans.stop_orphans(self.root / "pids"):
            self._say(f"stopped {name}, left over from an earlier run")
        names = self._broker_names()
        wanted = [*names, *(f"{name}.controller" for name in names), "postgres"]
        wanted += [standby.NAME] if self._standby else []
        wanted += [f"{name}{end}" for name in names for end in _OUTSIDE] if self._network else []
        ports = stored_ports(self.root / "ports.json", wanted)
        if self._network:
            await self._wire(self._network, ports)
        self._resources.push_async_callback(self._supervisor.stop, STOP_TIMEOUT_S)
        self._say("starting the broker and the store")
        brokers, (store, admin_dsn) = await asyncio.gather(
            self._programs(ports), postgres.store(self.root / "postgres", ports["postgres"])
        )
        await self._supervisor.start(*brokers, store)
        if self._standby:
            await self._follow(admin_dsn, ports[standby.NAME])
        dsn = await _own_database(admin_dsn)
        if self._standby:
            dsn = standby.either(dsn, ports[standby.NAME])
        self._started = {program.name: program for program in brokers}
        doors = [ports[f"{name}{_OUTSIDE[0]}" if self._network else name] for name in names]
        bootstrap = ",".join(f"{LOCALHOST}:{door}" for door in doors)
        self._info = StackInfo(bootstrap=bootstrap, dsn=dsn)

    async def _wire(self, network: Network, ports: Mapping[str, int]) -> None:
        self._resources.push_async_callback(network.close)
        for name in self._broker_names():
            for outside, inside in zip(_OUTSIDE, ("", ".controller"), strict=True):
                await network.carry(name, ports[f"{name}{outside}"], ports[f"{name}{inside}"])

    def _broker_names(self) -> list[str]:
        if self._brokers == 1:
            return ["kafka"]
        return [f"kafka-{number}" for number in range(1, self._brokers + 1)]

    async def _follow(self, admin_dsn: str, port: int) -> None:
        """Before anything is committed that the second store would have to have."""
        program = await standby.standby(self.root / standby.NAME, port, admin_dsn)
        await self._supervisor.start(program)
        await standby.follow(admin_dsn)
        self._standby_dsn = admin_dsn.rpartition("@")[0] + f"@{LOCALHOST}:{port}/postgres"

    async def _programs(self, ports: dict[str, int]) -> list[Program]:
        jars = await artifacts.fetched(
            artifacts.locked_jars(), fetchers.available(), artifacts.cache_folder(), self._say
        )
        ends = ("", ".controller", *(_OUTSIDE if self._network else ()))
        members = [kafka.Member(*(ports[f"{n}{e}"] for e in ends)) for n in self._broker_names()]
        if len(members) == 1:
            return [await kafka.broker(self.root / "kafka", jars, members)]
        return await kafka.cluster(self.root / f"kafka-of-{len(members)}", jars, members)


@asynccontextmanager
async def stack(root: Path, *, say: Callable[[str], None] = print) -> AsyncIterator[StackInfo]:
    """Broker and store for the length of a block; see Stack."""
    async with Stack(root, say=say) as running:
        yield running.info


def erase(root: Path) -> None:
    """Remove a stack that does not run, with all its data. Raises StackFailure when it runs."""
    root = root.resolve()
    with exclusive(root):
        outside = [identity.outside_folder(root / name) for name in ("postgres", standby.NAME)]
        for folder in (*outside, root):
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
