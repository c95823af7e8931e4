"""What an earlier run left running because it was killed: found by process id and stopped.

Where the kernel ends children with their parent there is nothing to find. A process id alone says
little, since ids come round again; with the time the process started it is the very same process.
"""

from __future__ import annotations

import json
from pathlib import Path

import psutil

_GRACE_S = 3.0


def remember(folder: Path, name: str, pid: int) -> None:
    """Write down that we run this process."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        started_at = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return
    (folder / f"{name}.json").write_text(json.dumps({"pid": pid, "started_at": started_at}))


def forget(folder: Path, name: str, pid: int) -> None:
    """The process has ended."""
    file = folder / f"{name}.json"
    if file.exists() and json.loads(file.read_text())["pid"] == pid:
        file.unlink()


def stop_orphans(folder: Path) -> list[str]:
    """Stop what is remembered in `folder` and still runs; the names of those.

    Only for the holder of the lock of the folder: anybody else would stop a living stack.
    """
    found = {file: _alive(file) for file in sorted(folder.glob("*.json"))}
    running = {file: process for file, process in found.items() if process}
    for process in running.values():
        process.terminate()
    _, stubborn = psutil.wait_procs(list(running.values()), timeout=_GRACE_S)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=_GRACE_S)
    for file in found:
        file.unlink()
    return [file.stem for file in running]


def _alive(file: Path) -> psutil.Process | None:
    try:
        note = json.loads(file.read_text())
        process = psutil.Process(note["pid"])
        return process if process.create_time() == note["started_at"] else None
    except (psutil.NoSuchProcess, ValueError, KeyError):
        return None
