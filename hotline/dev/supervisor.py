"""Starts programs in the order of their needs, watches them, stops them in the reverse order.

Of the ready-made ones none has readiness, one-shots and prefixes at once, so this is our own.
Each program has a session of its own (Ctrl-C reaches only us), writes into a log file of its own
(a full pipe can stop nobody) and dies with us, however we die.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

from hotline.dev import orphans
from hotline.dev.echo import Echo
from hotline.dev.failure import StackFailure
from hotline.dev.nursery import Nursery
from hotline.dev.program import Child, Program, spawn

STOP_TIMEOUT_S = 5.0
_PROBE_EVERY_S = 0.05


class Supervisor:
    """Runs programs; logs, and the ids of what runs, are in `folder`.

    With `echo` every line that a program writes is shown too, after its name in its colour;
    Python programs come from `nursery`, where one is given.
    """

    def __init__(self, folder: Path, *, echo: bool = False, nursery: Nursery | None = None) -> None:
        self._logs = folder / "logs"
        self._pids = folder / "pids"
        self._children: dict[str, Child] = {}
        self._fallen: asyncio.Queue[Child] = asyncio.Queue()
        self._echo = Echo() if echo else None
        self._nursery = nursery

    async def start(self, *programs: Program) -> None:
        """Start these programs, each as soon as what it needs is ready; return when all are.

        Raises StackFailure, with the end of its log, when one ends early or is not ready in time.
        What was started by then goes on until `stop`.
        """
        ready = {program.name: asyncio.Event() for program in programs}
        for name, child in self._children.items():
            if child.returncode is None or child.program.once:
                ready.setdefault(name, asyncio.Event()).set()
        await _all_or_first_failure(self._bring_up(program, ready) for program in programs)

    async def watch(self) -> None:
        """Wait until a program ends that should not, and raise a StackFailure that shows why."""
        child = await self._fallen.get()
        raise StackFailure(f"{child.program.name} {child.how_it_ended()}; {child.last_words()}")

    async def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """Kill one program on purpose, and wait until it is gone. `watch` does not report it."""
        child = self._children[name]
        child.stopping = True
        os.killpg(child.pid, signal_number)
        await child.ended()

    async def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Stop everything, what needs others first; whoever does not go in time is killed."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        levels = _levels([child.program for child in self._children.values()])
        for number, names in enumerate(levels):
            grace_s = max(0.0, deadline - loop.time()) / (len(levels) - number)
            await asyncio.gather(*(self._stop_one(name, grace_s) for name in names))
        if self._echo:
            await self._echo.close()

    def pid(self, name: str) -> int:
        """The process id of a program that was started."""
        return self._children[name].pid

    async def _bring_up(self, program: Program, ready: dict[str, asyncio.Event]) -> None:
        for need in program.needs:
            await ready[need].wait()
        log = self._logs / f"{program.name}.log"
        child = await spawn(program, log, self._on_end, self._nursery)
        self._children[program.name] = child
        orphans.remember(self._pids, program.name, child.pid)
        if self._echo:
            self._echo.follow(program.name, child.log)
        await _ready(child)
        ready[program.name].set()

    def _on_end(self, child: Child) -> None:
        orphans.forget(self._pids, child.program.name, child.pid)
        if not child.stopping and not child.program.once:
            self._fallen.put_nowait(child)

    async def _stop_one(self, name: str, grace_s: float) -> None:
        await self._children.pop(name).stop(grace_s)


async def _ready(child: Child) -> None:
    program = child.program
    try:
        async with asyncio.timeout(program.ready_timeout_s):
            while not await _is_ready(child):
                await asyncio.sleep(_PROBE_EVERY_S)
    except TimeoutError:
        raise StackFailure(
            f"{program.name} was not ready after {program.ready_timeout_s:.0f} s; "
            f"{child.last_words()}"
        ) from None


async def _is_ready(child: Child) -> bool:
    ended = child.returncode is not None
    if ended and not (child.program.once and child.returncode == 0):
        raise StackFailure(f"{child.program.name} {child.how_it_ended()}; {child.last_words()}")
    if child.program.once:
        return ended
    return child.program.ready is None or await child.program.ready()


def _levels(programs: list[Program]) -> list[list[str]]:
    """Names in the order of stopping: nobody stops before those that need it."""
    needs = {program.name: set(program.needs) for program in programs}
    levels = []
    while needs:
        needed = set().union(*needs.values())
        free = [name for name in needs if name not in needed]
        assert free, f"these programs need each other in a circle: {sorted(needs)}"
        levels.append(free)
        for name in free:
            del needs[name]
    return levels


async def _all_or_first_failure(coroutines: Iterable[Coroutine[Any, Any, None]]) -> None:
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
