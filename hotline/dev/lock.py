"""One stack at a time in one folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotline.dev.failure import StackFailure


@contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Hold the lock of this folder; the system lets go of it when we end, however we end.

    Raises StackFailure that names the process which holds it.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StackFailure(
                f"Hotline already runs in {root} (process {file.read().strip() or 'unknown'}): "
                "stop it first, or use another folder."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
