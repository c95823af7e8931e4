"""A program that is kept running, and the child process that runs it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from hotline.dev.launch import NO_CHANGE, launched
from hotline.dev.nursery import Forked, Nursery

_LAST_WORDS_LINES = 6
_LAST_WORDS_BYTES = 8_192

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Program:
    """What to run and when it counts as ready.

    Ready is: `once` → it ended with code 0; a probe → the probe said yes; neither → it started.
    `needs` names programs that have to be ready before. `env` is added to our environment.
    `wrap` and `user` say as whom it runs, see launch.py.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    ready: Probe | None = None
    ready_timeout_s: float = 60.0
    once: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    cwd: Path | None = None
    wrap: tuple[str, ...] = ()
    user: str = NO_CHANGE


class Child:
    """One run of a program."""

    def __init__(
        self,
        program: Program,
        process: asyncio.subprocess.Process | Forked,
        log: Path,
        on_end: Callable[[Child], None],
    ) -> None:
        self.program = program
        self.log = log
        self.stopping = False
        self._process = process
        self._waiting = asyncio.create_task(self._wait(on_end))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.returncode

    async def ended(self) -> None:
        """Wait for its end."""
        await asyncio.shield(self._waiting)

    async def stop(self, grace_s: float) -> None:
        """Ask it to stop, kill what is left of it after `grace_s`."""
        self.stopping = True
        if self.returncode is None:
            self._process.send_signal(self.program.stop_signal)
        try:
            async with asyncio.timeout(grace_s):
                await self.ended()
        except TimeoutError:
            self._kill_session()
            await self.ended()
        self._kill_session()

    def how_it_ended(self) -> str:
        """For a message: after which code or signal."""
        code = self.returncode
        assert code is not None
        return f"ended with code {code}" if code >= 0 else f"was ended by {_signal_name(-code)}"

    def last_words(self) -> str:
        """For a message: the end of its log, and where the rest is."""
        with self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_WORDS_BYTES))
            lines = file.read().decode(errors="replace").splitlines()[-_LAST_WORDS_LINES:]
        if not lines:
            return f"its log {self.log} is empty"
        return "\n  ".join([f"its log {self.log} ends:", *lines])

    async def _wait(self, on_end: Callable[[Child], None]) -> None:
        await self._process.wait()
        on_end(self)

    def _kill_session(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


async def spawn(
    program: Program, log: Path, on_end: Callable[[Child], None], nursery: Nursery | None = None
) -> Child:
    """Start the program with its output in `log`; the log of the run before is kept beside it.

    A Python program that runs as we do comes from the nursery, where there is one. Raises
    StackFailure, OSError.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".before.log"))
    env = {**os.environ, **program.env}
    if nursery is not None and _is_ours(program):
        forked = await nursery.fork(program.argv[2:], env, program.cwd, log)
        return Child(program, forked, log, on_end)
    return Child(program, await _started(program, env, log), log, on_end)


def _is_ours(program: Program) -> bool:
    """Python that runs and ends as what the nursery forks does."""
    same = replace(program, wrap=(), user=NO_CHANGE, stop_signal=signal.SIGTERM)
    return program == same and program.argv[:2] == (sys.executable, "-m")


async def _started(
    program: Program, env: Mapping[str, str], log: Path
) -> asyncio.subprocess.Process:
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *launched(program.argv, program.stop_signal, program.wrap, program.user),
            cwd=program.cwd,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
