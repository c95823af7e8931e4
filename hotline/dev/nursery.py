"""Python programs forked from one process that has imported their modules already.

Six programs that each import the same thousand modules take six times their seconds, which is most
of a start on two cores. The process that forks has one thread, no event loop and no connection;
what it forks calls the `main` of its module, with a session, an environment and a log of its own:
those the forkserver of `multiprocessing` would leave to us, and it passes over a failed import.
Run as `python -m hotline.dev.nursery LINK MODULE...`, LINK being the number of a socket.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from hotline.dev.failure import StackFailure
from hotline.dev.launch import called, die_with_parent, launched

_STOP_S, _IMPORT_S, _LOOK_S = 1.0, 60.0, 0.05


class Forked:
    """One that runs: as asyncio's Process, as far as a supervisor needs it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Nothing where it has ended: its id may be somebody else's."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def end(self, code: int) -> None:
        """It has ended with that code, or by that signal if negative."""
        self.returncode = code
        self._ended.set()


class Nursery:
    """Where programs come from: made by `nursery`."""

    def __init__(self, writer: asyncio.StreamWriter, log: Path) -> None:
        self._writer, self._log = writer, log
        self._asked: list[asyncio.Future[Forked]] = []
        self._running: dict[int, Forked] = {}
        self._gone = False

    async def fork(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, log: Path
    ) -> Forked:
        """As `python -m MODULE ARGS` with exactly this environment, its output added to `log`.

        Raises StackFailure when the modules cannot be imported, or not within a minute.
        """
        if self._gone:
            raise self._failure()
        log.touch()
        born: asyncio.Future[Forked] = asyncio.get_running_loop().create_future()
        self._asked.append(born)
        order = _Order(list(argv), dict(env), str(cwd or ""), str(log.absolute()))
        self._writer.write(json.dumps(order.__dict__).encode() + b"\n")
        try:
            return await asyncio.wait_for(born, _IMPORT_S)
        except TimeoutError:
            raise self._failure() from None

    async def follow(self, reader: asyncio.StreamReader) -> None:
        """What the process tells: in the order asked, who was born; then who has ended."""
        with suppress(ConnectionError):  # it ended with orders unread
            while line := await reader.readline():
                told: dict[str, int] = json.loads(line)
                if "code" in told:
                    self._running.pop(told["pid"]).end(told["code"])
                else:
                    self._hand_over(Forked(told["pid"]))
        self._gone = True
        for asked in self._asked:
            if not asked.done():
                asked.set_exception(self._failure())
        for forked in self._running.values():  # whom the kernel tells to stop
            while psutil.pid_exists(forked.pid):
                await asyncio.sleep(_LOOK_S)
            forked.end(-signal.SIGTERM)

    def _hand_over(self, born: Forked) -> None:
        self._running[born.pid] = born
        asked = self._asked.pop(0)
        if asked.done():  # nobody waits any more
            born.send_signal(signal.SIGKILL)
        else:
            asked.set_result(born)

    def _failure(self) -> StackFailure:
        return StackFailure(f"The programs cannot be imported: {self._log} says why.")


@asynccontextmanager
async def nursery(modules: Sequence[str], log: Path) -> AsyncIterator[Nursery]:
    """For the length of a block. It begins to import at once; nobody waits for it."""
    ours, theirs = socket.socketpair()
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = (sys.executable, "-m", __name__, str(theirs.fileno()), *modules)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *launched(argv, signal.SIGKILL),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    theirs.close()
    reader, writer = await asyncio.open_connection(sock=ours)
    made = Nursery(writer, log)
    following = asyncio.create_task(made.follow(reader))
    try:
        yield made
    finally:
        writer.close()
        try:
            await asyncio.wait_for(process.wait(), _STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        await following


@dataclass(frozen=True)
class _Order:
    argv: list[str]
    env: dict[str, str]
    cwd: str
    log: str


def main(link_number: str, *modules: str) -> None:
    """Fork until the link is closed. In a forked process: be that program."""
    for module in modules:
        _imported(module)
    gc.collect()
    gc.freeze()  # what is never looked at again stays one copy for all
    link = socket.socket(fileno=int(link_number))
    if order := _serve(link):
        sys.argv = order.argv
        _imported(order.argv[0]).main()


def _imported(module: str) -> Any:
    """Of a package its `__main__`, as `python -m` has it."""
    found = importlib.import_module(module)
    return importlib.import_module(f"{module}.__main__") if hasattr(found, "__path__") else found


def _serve(link: socket.socket) -> _Order | None:
    """None at the end; in a forked process what it is to be."""
    parent = os.getpid()
    for line in _orders(link):
        pid = os.fork()
        if pid == 0:
            link.close()
            return _born(_Order(**json.loads(line)), parent)
        _tell(link, pid=pid)
    return None


def _orders(link: socket.socket) -> Iterator[bytes]:
    """Line by line until the link is closed; between them those that have ended are told."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(link, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if woken in ready:
                os.read(woken, 4_096)
                _bury(link)
            if link in ready:
                if not (heard := link.recv(65_536)):
                    return
                *lines, rest = (rest + heard).split(b"\n")
                yield from lines


def _born(order: _Order, parent: int) -> _Order:
    """Apart from the process that forked it: signals, session, output, environment, folder."""
    os.close(signal.set_wakeup_fd(-1))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    die_with_parent(signal.SIGTERM, parent)
    called(order.argv[0].removeprefix("services."))
    output = os.open(order.log, os.O_WRONLY | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.clear()
    os.environ.update(order.env)
    if order.cwd:
        os.chdir(order.cwd)
    return order


def _bury(link: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell(link, pid=pid, code=os.waitstatus_to_exitcode(status))


def _tell(link: socket.socket, **told: Any) -> None:
    link.sendall(json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
