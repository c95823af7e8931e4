"""Shows the lines that programs write into their logs, each after the name of its writer."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import TextIO

_EVERY_S = 0.1
_COLOURS = (36, 32, 33, 35, 34, 31)
_NAME_WIDTH = 10


class Echo:
    """Follows log files; colours only where the output is a terminal."""

    def __init__(self, output: TextIO = sys.stdout) -> None:
        self._output = output
        self._colours = itertools.cycle(_COLOURS)
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    def follow(self, name: str, log: Path) -> None:
        """Show what `log` holds and what is added to it, until `close`."""
        self._tasks.append(asyncio.create_task(self._follow(self._prefix(name), log)))

    async def close(self) -> None:
        """Show what is still unseen, then stop following."""
        self._closing = True
        await asyncio.gather(*self._tasks)

    def _prefix(self, name: str) -> str:
        colour = next(self._colours)
        label = f"{name:<{_NAME_WIDTH}} | "
        return f"\x1b[{colour}m{label}\x1b[0m" if self._output.isatty() else label

    async def _follow(self, prefix: str, log: Path) -> None:
        with log.open(errors="replace") as file:
            rest = ""
            while not self._closing:
                rest = self._show(prefix, rest + file.read())
                await asyncio.sleep(_EVERY_S)
            self._show(prefix, rest + file.read() + "\n")

    def _show(self, prefix: str, text: str) -> str:
        """Print the whole lines; what follows the last line end waits for its own."""
        *lines, rest = text.split("\n")
        for line in filter(None, lines):
            print(prefix + line, file=self._output, flush=True)
        return rest
