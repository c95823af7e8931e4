"""The five services, and the live views, as child processes on a broker and a store that run."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from hotline.dev.nursery import Nursery
from hotline.dev.ports import LOCALHOST, stored_ports
from hotline.dev.probes import http_ok
from hotline.dev.program import Program
from hotline.dev.stack import StackInfo
from hotline.dev.supervisor import Supervisor
from hotline.programs import PROGRAMS, SERVICES, module_of

STOP_TIMEOUT_S = 2.0


def migrate_command(city: str) -> tuple[str, ...]:
    """What makes the schemas, the topics and the city's registries; runs before the services."""
    return (sys.executable, "-m", "hotline.cli.main", "migrate", "--city", city)


def service_command(name: str) -> tuple[str, ...]:
    """What runs one service, or the live views."""
    return (sys.executable, "-m", module_of(name))


def modules_of(names: Collection[str]) -> list[str]:
    """What a nursery imports for these services and for `migrate_command`."""
    return ["hotline.cli.main", "hotline.cli.migrate", *map(module_of, names)]


class Services:
    """Services that run: where they are, and how to hurt them in a test.

    urls: of each service, by name, without a slash at the end.
    """

    def __init__(
        self, supervisor: Supervisor, urls: Mapping[str, str], programs: Mapping[str, Program]
    ) -> None:
        self.urls = dict(urls)
        self._supervisor = supervisor
        self._programs = programs

    async def watch(self) -> None:
        """Wait until one ends unasked, then raise a StackFailure with the end of its log."""
        await self._supervisor.watch()

    async def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """End one service by a signal and wait until it is gone."""
        await self._supervisor.kill(name, signal_number)

    async def restart(self, name: str) -> None:
        """Start one that was killed and wait until it is ready. Raises StackFailure."""
        await self._supervisor.start(self._programs[name])

    def program(self, name: str) -> Program:
        """How a service is run, to run one more of it."""
        return self._programs[name]

    def pid(self, name: str) -> int:
        """The process id of a service, to measure or to pause it."""
        return self._supervisor.pid(name)


@asynccontextmanager
async def services(
    info: StackInfo,
    namespace: str,
    *,
    run_dir: Path,
    city: str,
    only: Collection[str] = SERVICES,
    env: Mapping[str, str] | None = None,
    env_of: Mapping[str, Mapping[str, str]] | None = None,
    say: Callable[[str], None] = print,
    echo: bool = False,
    nursery: Nursery | None = None,
) -> AsyncIterator[Services]:
    """Migrate the namespace and run these services, ready to be called, for the length of a block.

    run_dir: the folder of their ports, logs and development keys. env: added to the environment
    of all of them; env_of: to that of single ones. echo: show their logs as well. nursery: where
    they come from. Raises StackFailure when one does not start.
    """
    run_dir = run_dir.resolve()
    ports = stored_ports(run_dir / "ports.json", [f"http.{name}" for name in PROGRAMS])
    urls = {name: f"http://{LOCALHOST}:{ports[f'http.{name}']}" for name in PROGRAMS}
    shared = _environment(info, namespace, city, run_dir, urls["intake"]) | dict(env or {})
    migrate = Program("migrate", migrate_command(city), env=shared, once=True)
    own = env_of or {}
    programs = {
        name: _program(name, ports[f"http.{name}"], urls[name], {**shared, **own.get(name, {})})
        for name in only
    }
    supervisor = Supervisor(run_dir, echo=echo, nursery=nursery)
    say(f"starting {', '.join(only)}")
    try:
        await supervisor.start(migrate, *programs.values())
        yield Services(supervisor, {name: urls[name] for name in only}, programs)
    finally:
        await supervisor.stop(STOP_TIMEOUT_S)


def _environment(
    info: StackInfo, namespace: str, city: str, run_dir: Path, intake_url: str
) -> dict[str, str]:
    return {
        "HOTLINE_KAFKA": info.bootstrap,
        "HOTLINE_DSN": info.dsn,
        "HOTLINE_NAMESPACE": namespace,
        "HOTLINE_CITY": city,
        "HOTLINE_DEV": "1",
        "HOTLINE_IMPORTS": "1",  # the history of a sample city
        "HOTLINE_RUN_DIR": str(run_dir),
        "HOTLINE_HTTP_HOST": LOCALHOST,
        "HOTLINE_INTAKE_URL": intake_url,
        "PYTHONUNBUFFERED": "1",
    }


def _program(name: str, port: int, url: str, shared: Mapping[str, str]) -> Program:
    return Program(
        name=name,
        argv=service_command(name),
        env={**shared, "HOTLINE_HTTP_PORT": str(port)},
        needs=("migrate",),
        ready=http_ok(f"{url}/readyz"),
    )
