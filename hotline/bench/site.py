"""A broker, a store and services of the bench's own, erased when it is over."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hotline.bench.usage import GENERATOR
from hotline.cli.cities import units
from hotline.dev.senders import city_senders, make_senders
from hotline.dev.services import Services, services
from hotline.dev.stack import StackInfo, erase, stack
from hotline.programs import SERVICES

CITY, NAMESPACE, BUCKETS = "nyc", "bench", 24
ROOT = Path(".run") / "bench"


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of every bench; `clients` 0: the bench's own choice; `rate`: of push only,
    `similar`: of intake only, `tickets` also of verify, `opened` and `replan`: of timers only."""

    clients: int = 0
    rounds: int = 3
    seconds: float = 10.0
    rate: float = 200.0
    tickets: int = 0
    similar: bool = False
    opened: int = 0
    replan: int = 0


@dataclass(frozen=True, slots=True)
class Site:
    """Where the bench's broker, store and services are, and their process ids by name."""

    root: Path
    info: StackInfo
    urls: Mapping[str, str]
    pids: Mapping[str, int]
    running: Services | None = None  # to restart one


Say = Callable[[str], None]


@asynccontextmanager
async def site(
    say: Say,
    only: Collection[str] = SERVICES,
    env_of: Mapping[str, Mapping[str, str]] | None = None,
    city: str = CITY,
) -> AsyncIterator[Site]:
    """Broker and store with these services; `env_of` as for services(). Raises StackFailure."""
    root = (ROOT / str(os.getpid())).resolve()
    erase(root)
    try:
        make_senders(root, city_senders(units(city)))
        async with stack(root, say=say) as info:
            if not only:
                yield Site(root, info, {}, _pids(root))
                return
            async with services(
                info,
                NAMESPACE,
                run_dir=root,
                city=city,
                only=only,
                env={"HOTLINE_LOG": "warning"},
                env_of=env_of,
                say=say,
            ) as running:
                yield Site(root, info, running.urls, _pids(root), running)
    finally:
        erase(root)


def _pids(root: Path) -> dict[str, int]:
    """As the supervisors of the folder have noted them, and our own."""
    notes = sorted((root / "pids").glob("*.json"))
    return {GENERATOR: os.getpid(), **{n.stem: json.loads(n.read_text())["pid"] for n in notes}}
