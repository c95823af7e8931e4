"""A program that is run to its end, watched line by line."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

_TAIL_LINES = 8


class CommandFailed(Exception):
    """The program could not be started, took too long or ended with another code than 0."""


async def run(
    argv: Sequence[str],
    *,
    timeout_s: float,
    on_line: Callable[[str], None] = lambda line: None,
    cwd: Path | None = None,
) -> str:
    """Run a program and return the end of what it printed; both its outputs count as one.

    Nothing of it is left running when this returns, raises or is cancelled.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandFailed(f"{argv[0]}: {error.strerror}") from error
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    try:
        async with asyncio.timeout(timeout_s):
            await _read(process, tail, on_line)
            code = await process.wait()
    except TimeoutError as error:
        raise CommandFailed(f"{argv[0]} was not done after {timeout_s:.0f} s") from error
    finally:
        await _end(process)
    if code != 0:
        raise CommandFailed(" / ".join(tail) or f"{argv[0]} ended with code {code}")
    return "\n".join(tail)


async def _read(
    process: asyncio.subprocess.Process, tail: deque[str], on_line: Callable[[str], None]
) -> None:
    assert process.stdout is not None
    async for raw in process.stdout:
        line = raw.decode(errors="replace").strip()
        if line:
            tail.append(line)
            on_line(line)


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
