"""Whose turn it is, where several processes share the tests.

Most run side by side. One that is `alone` needs the whole machine for what it claims: it waits
until the others have ended theirs, and they wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_SH, LOCK_UN, flock
from pathlib import Path


@contextmanager
def turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Of one test. Who waits to be alone keeps those that come later from overtaking."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "waiting").open("w") as waiting, (folder / "running").open("w") as running:
        flock(waiting, LOCK_EX)
        flock(running, LOCK_EX if alone else LOCK_SH)
        flock(waiting, LOCK_UN)
        yield
