"""The jars of the embedded broker: pinned, fetched once for all clones, checked."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hotline.dev.command import CommandFailed
from hotline.dev.failure import StackFailure

LOCK_FILE = Path(__file__).with_name("kafka.lock")
_LOOK_S = 0.2

Say = Callable[[str], None]


@dataclass(frozen=True)
class Jar:
    """One file of a Maven coordinate `group:artifact:version`, with the sha256 it must have."""

    sha256: str
    size_bytes: int
    coordinate: str

    @property
    def file_name(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


Fetcher = Callable[[Sequence[Jar], Path, Say], Awaitable[None]]


def locked_jars(lock_file: Path = LOCK_FILE) -> list[Jar]:
    """The pinned jars, in the order of the file."""
    lines = [line for line in lock_file.read_text().splitlines() if not line.startswith("#")]
    rows = [line.split() for line in lines if line]
    return [Jar(sha256, int(size), coordinate) for sha256, size, coordinate in rows]


def cache_folder() -> Path:
    """HOTLINE_CACHE, else the user's cache folder; shared by all clones of one user."""
    if chosen := os.environ.get("HOTLINE_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotline"


async def fetched(
    jars: Sequence[Jar], fetchers: Sequence[Fetcher], cache: Path, say: Say = print
) -> Path:
    """The folder that holds exactly these jars, fetched if it is not there yet.

    The fetchers are tried in turn. The folder appears whole or not at all.
    Raises StackFailure when none brings every jar with its pinned checksum.
    """
    folder = cache / f"kafka-{_fingerprint(jars)}"
    if _complete(folder, jars):
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    async with _alone(cache, say):
        if not _complete(folder, jars):
            _sweep(cache)
            with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache) as draft:
                good = await _first_good(jars, fetchers, Path(draft), say)
                shutil.rmtree(folder, ignore_errors=True)
                good.rename(folder)
    return folder


@asynccontextmanager
async def _alone(cache: Path, say: Say) -> AsyncIterator[None]:
    """Nobody else fetches meanwhile; the system ends that when we end, however we end."""
    held = os.open(cache, os.O_RDONLY)
    try:
        told = False
        while not _locked(held):
            if not told:
                say("another process fetches the broker: waiting for it")
            told = True
            await asyncio.sleep(_LOOK_S)
        yield
    finally:
        os.close(held)


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _first_good(
    jars: Sequence[Jar], fetchers: Sequence[Fetcher], draft: Path, say: Say
) -> Path:
    size_mb = sum(jar.size_bytes for jar in jars) / 1e6
    say(f"fetching the broker, Apache Kafka: {len(jars)} files, {size_mb:.0f} MB")
    reasons = []
    for number, fetch in enumerate(fetchers):
        target = draft / str(number)
        target.mkdir()
        try:
            await fetch(jars, target, say)
            verify(jars, target)
        except CommandFailed as failed:
            reasons.append(str(failed))
        else:
            return target
    raise StackFailure(
        f"Apache Kafka could not be fetched ({'; '.join(reasons) or 'no way to fetch it'}): "
        "check the network and its proxy settings, then run this again."
    )


def verify(jars: Sequence[Jar], folder: Path) -> None:
    """Raise CommandFailed for the first jar that is missing or differs from its pin."""
    for jar in jars:
        file = folder / jar.file_name
        if not file.exists():
            raise CommandFailed(f"{jar.file_name} is missing")
        if hashlib.sha256(file.read_bytes()).hexdigest() != jar.sha256:
            raise CommandFailed(f"{jar.file_name} came broken: not the pinned checksum")


def _fingerprint(jars: Sequence[Jar]) -> str:
    return hashlib.sha256("".join(jar.sha256 for jar in jars).encode()).hexdigest()[:12]


def _complete(folder: Path, jars: Sequence[Jar]) -> bool:
    files = [(folder / jar.file_name, jar.size_bytes) for jar in jars]
    return all(file.exists() and file.stat().st_size == size for file, size in files)


def _sweep(cache: Path) -> None:
    """Drop what a fetch that was killed left behind."""
    for draft in cache.glob("fetch-*"):
        shutil.rmtree(draft)
