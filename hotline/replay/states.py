"""The whole history of one service folded to states, from the topic alone, on every core.

Partitions are independent, so each process reads a share of them. What it folds with is the
service's own decider: the code that decides live.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any

import uvloop

from hotline.replay.log import counts_once
from services.kernel.bus import Record
from services.kernel.bus_kafka import KafkaBus
from services.kernel.cloudevents import attributes, to_fact
from services.kernel.codec import Codec
from services.kernel.decider import Decider
from services.kernel.names import TICKETS, topic_of
from services.kernel.scanning import scan

CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class History:
    """Where the facts are. `fold`, a function of a module, gives codec and decider of the service
    whose states are wanted; each process calls it for itself."""

    bootstrap: str
    fold: Callable[[], tuple[Codec, Decider[Any, Any, Any]]]
    namespace: str = ""
    buckets: int = 24


def workers(count: int = CORES) -> ProcessPoolExecutor:
    """Processes for `replay`, to be kept where it is called more than once."""
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


def replay(history: History, pool: ProcessPoolExecutor, shares: int = CORES) -> dict[str, Any]:
    """The state of every ticket, up to the ends that the partitions have when it begins; each
    position counts once. Raises BusUnavailable."""
    parts = [range(share, history.buckets, shares) for share in range(shares)]
    states: dict[str, Any] = {}
    for found in pool.map(_share, [history] * shares, parts):
        states.update(found)
    return states


def _share(history: History, partitions: range) -> dict[str, Any]:
    gc.disable()  # nothing here makes cycles, and looking for them costs a fifth of the time
    try:
        return uvloop.run(_folded(history, partitions))
    finally:
        gc.enable()


async def _folded(history: History, partitions: range) -> dict[str, Any]:
    topic = topic_of(history.namespace, TICKETS)
    bus = KafkaBus(history.bootstrap, "replay", lambda: datetime.now(UTC))
    folding = _Folding(*history.fold())
    try:
        async for records in scan(bus, topic, dict.fromkeys(partitions, 0)):
            for record in records:
                folding.take(record)
    finally:
        await bus.close()
    return folding.states


class _Folding:
    def __init__(self, codec: Codec, decider: Decider[Any, Any, Any]) -> None:
        self._codec, self._decider = codec, decider
        self._source = codec.source.encode()
        self._expected: dict[int, dict[str, int]] = {}
        self.states: dict[str, Any] = {}

    def take(self, record: Record) -> None:
        """Cheap for the facts of others: most records are, and need no dictionary of headers."""
        for name, value in record.headers:
            if name == "ce_source":
                if value == self._source:
                    self._fold(record)
                return

    def _fold(self, record: Record) -> None:
        headers = attributes(record.headers)
        if not counts_once(self._expected.setdefault(record.partition, {}), headers):
            return
        fact = to_fact(record, headers)
        if self._codec.knows(fact.type):
            state = self.states.get(fact.ticket, self._decider.initial)
            self.states[fact.ticket] = self._decider.evolve(state, self._codec.decode(fact))
