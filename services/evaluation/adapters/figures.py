"""Views of evaluation: figures of the units and the visits that are due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from services.evaluation.adapters.codec import CODEC
from services.evaluation.adapters.measures import records
from services.evaluation.adapters.store import FiguresStore, FiguresTx, Key
from services.evaluation.domain.views import FiguresRow, VisitRow, figures, total, worklist
from services.kernel.bus import Bus, Outgoing
from services.kernel.facts import Fact
from services.kernel.names import MEASURES, topic_of
from services.kernel.store import Tx

Decoded = Sequence[tuple[Fact, Any]]


class FiguresView:
    """Written in the worker's transaction; what a batch adds to a row is summed beforehand."""

    def __init__(self, store: FiguresStore, zone: tzinfo) -> None:
        self._store, self._zone = store, zone

    async def apply(self, tx: Tx, facts: Sequence[Fact]) -> None:
        mine = [
            (f, CODEC.decode(f)) for f in facts if f.source == CODEC.source and CODEC.knows(f.type)
        ]
        if mine:
            inside = self._store.inside(tx)
            await self._add(inside, mine)
            await self._list(inside, mine)

    async def _add(self, inside: FiguresTx, mine: Decoded) -> None:
        groups: dict[tuple[int, str, str], list[FiguresRow]] = {}
        for fact, event in mine:
            row = figures(event, self._zone)
            if row is not None:
                groups.setdefault((fact.bucket, row.unit, row.period), []).append(row)
        await inside.add(
            [(bucket, total(rows, unit, period)) for (bucket, unit, period), rows in groups.items()]
        )

    async def _list(self, inside: FiguresTx, mine: Decoded) -> None:
        keys = dict.fromkeys((fact.bucket, fact.ticket) for fact, _ in mine)
        before = await inside.visits(keys)
        after: dict[Key, VisitRow | None] = {key: before.get(key) for key in keys}
        for fact, event in mine:
            key = (fact.bucket, fact.ticket)
            after[key] = worklist(after[key], event)
        await inside.put_visits({key: row for key, row in after.items() if row != before.get(key)})

    async def committed(self, facts: Sequence[Fact]) -> None:
        """Nobody waits for figures."""

    async def owned(self, buckets: frozenset[int]) -> None:
        """Nothing is kept in memory."""


class MeasuresFeed:
    """Publishes what the live views count, before the batch is committed: at least once, in the
    order of the log, whether the facts are applied then or their tickets are parked."""

    def __init__(self, bus: Bus, namespace: str) -> None:
        self._bus, self._topic = bus, topic_of(namespace, MEASURES)

    async def announce(self, facts: Sequence[Fact], *, released: bool) -> None:
        """Raises BusUnavailable: then the batch waits too."""
        headers = [("content-type", b"application/protobuf")]
        found = [
            Outgoing(self._topic, None, record.key, record.value, headers)
            for fact in facts
            for record in records(fact, released=released)
        ]
        if found:
            await self._bus.publish(found)
