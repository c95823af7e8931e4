"""The view of clocks: one row per run, folded in topic order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.deadline.adapters.store import ClocksStore, Key
from services.deadline.domain.care_events import (
    Caring,
)
from services.deadline.domain.events import (
    ReturnWindowClosed,
)
from services.deadline.domain.views import ClockView, clock_row
from services.kernel.codec import Codec
from services.kernel.facts import Fact
from services.kernel.store import Tx


class ClocksView:
    """Written in the worker's transaction: one read and one write per batch."""

    def __init__(self, codec: Codec, store: ClocksStore) -> None:
        self._codec, self._store = codec, store

    async def apply(self, tx: Tx, facts: Sequence[Fact]) -> None:
        moves = [
            (f, self._codec.decode(f))
            for f in facts
            if f.source == self._codec.source and self._codec.knows(f.type)
        ]
        moves = [(fact, event) for fact, event in moves if not isinstance(event, Caring)]
        if not moves:
            return
        inside = self._store.inside(tx)
        keys = [_key(fact, event) for fact, event in moves]
        rows: dict[Key, ClockView | None] = {**await inside.rows(dict.fromkeys(keys))}
        for key, (fact, event) in zip(keys, moves, strict=True):
            rows[key] = clock_row(rows.get(key), fact.ticket, event)
        changed = [(key[0], row) for key, row in sorted(rows.items()) if row is not None]
        if changed:
            await inside.put(changed)

    async def committed(self, facts: Sequence[Fact]) -> None:
        """Nobody waits for clocks."""

    async def owned(self, buckets: frozenset[int]) -> None:
        """Nothing is kept in memory."""


def _key(fact: Fact, event: Any) -> Key:
    name = "return" if isinstance(event, ReturnWindowClosed) else event.clock
    return fact.bucket, fact.ticket, name, event.run
