"""The view of clocks, one row per run, and of what passed each ticket on, in topic order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.deadline.adapters.store import ClocksStore, ClocksTx, Key, Passed
from services.deadline.domain.care_events import (
    Caring,
)
from services.deadline.domain.desk_views import Applied, applications, moved
from services.deadline.domain.events import (
    OfMatter,
    ReturnWindowClosed,
)
from services.deadline.domain.reactions import Happened
from services.deadline.domain.shares import FACTS, moment
from services.deadline.domain.views import ClockView, clock_row
from services.kernel.codec import Codec
from services.kernel.facts import Fact
from services.kernel.store import Tx


class ClocksView:
    """Written in the worker's transaction: one read and two writes per batch."""

    def __init__(self, codec: Codec, store: ClocksStore) -> None:
        self._codec, self._store = codec, store

    async def apply(self, tx: Tx, facts: Sequence[Fact]) -> None:
        inside = self._store.inside(tx)
        known = [f for f in facts if self._codec.knows(f.type)]
        own = [(f, self._codec.decode(f)) for f in known if f.source == self._codec.source]
        moves = [(fact, event) for fact, event in own if not isinstance(event, Caring | OfMatter)]
        if passed := [row for fact in known for row in self._passed(fact)]:
            await inside.pass_on(passed)
        if not moves:
            return
        await _desk(inside, moves)
        keys = [_key(fact, event) for fact, event in moves]
        rows: dict[Key, ClockView | None] = {**await inside.rows(dict.fromkeys(keys))}
        for key, (fact, event) in zip(keys, moves, strict=True):
            rows[key] = clock_row(rows.get(key), fact.ticket, event)
        changed = [(key[0], row) for key, row in sorted(rows.items()) if row is not None]
        if changed:
            await inside.put(changed)

    def _passed(self, fact: Fact) -> Iterator[Passed]:
        if fact.type not in FACTS:
            return
        event = self._codec.decode(fact)
        said = event.values if isinstance(event, Happened) else {}
        unit = str(said.get("unit") or "")
        reason, clock = getattr(event, "reason", ""), getattr(event, "clock", "")
        found = moment(fact.type, fact.time, unit, reason, clock)
        if found is not None:
            yield fact.bucket, fact.ticket, f"{fact.source}/{fact.event_id}", found

    async def committed(self, facts: Sequence[Fact]) -> None:
        """Nobody waits for clocks."""

    async def owned(self, buckets: frozenset[int]) -> None:
        """Nothing is kept in memory."""


async def _desk(inside: ClocksTx, moves: Sequence[tuple[Fact, Any]]) -> None:
    """What waits for the hotline, and what a calendar moved: seldom anything at all."""
    if found := [(fact.bucket, row) for fact, e in moves if (row := moved(fact.ticket, e))]:
        await inside.put_moved(found)
    told = [(_key(fact, e), fact.ticket, e) for fact, e in moves if isinstance(e, Applied)]
    if not told:
        return
    waiting = await inside.applications(dict.fromkeys(key for key, _, _ in told))
    for key, ticket, event in told:
        waiting[key] = applications(waiting.get(key, ()), ticket, event)
    await inside.put_applications(waiting)


def _key(fact: Fact, event: Any) -> Key:
    name = "return" if isinstance(event, ReturnWindowClosed) else event.clock
    return fact.bucket, fact.ticket, name, event.run
