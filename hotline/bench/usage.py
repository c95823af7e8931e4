"""What each process costs: CPU seconds so far and resident memory, whole trees counted as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psutil

GENERATOR = "generator"
_MB = 2**20


@dataclass(frozen=True, slots=True)
class Usage:
    """`cpu_s`: user and system time since the start. `rss_mb`: shared pages counted once."""

    cpu_s: float
    rss_mb: float


def usage(pids: Mapping[str, int]) -> dict[str, Usage]:
    """Of each named process with all its children; of the generator, our own, without them."""
    found = {}
    for name, pid in pids.items():
        process = psutil.Process(pid)
        children = [] if name == GENERATOR else process.children(recursive=True)
        found[name] = _of([process, *children])
    return found


def spent(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, float]:
    """CPU seconds by process between two looks."""
    return {name: after[name].cpu_s - before[name].cpu_s for name in before}


def _of(processes: list[psutil.Process]) -> Usage:
    cpu_s, own, shared = 0.0, 0, 0
    for process in processes:
        try:
            with process.oneshot():
                times, memory = process.cpu_times(), process.memory_info()
        except psutil.NoSuchProcess:  # its time went to the one that waited for it
            continue
        cpu_s += times.user + times.system
        if process is not processes[0] or len(processes) > 1:
            cpu_s += times.children_user + times.children_system
        own += memory.rss - memory.shared
        shared = max(shared, memory.shared)
    return Usage(cpu_s, (own + shared) / _MB)
