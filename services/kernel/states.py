"""States of tickets: folded from the service's own stream, kept for the tickets at work."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from services.kernel.facts import Fact
from services.kernel.gather import Gather
from services.kernel.imports import Standing, standing_of
from services.kernel.names import bucket_of
from services.kernel.service import Service
from services.kernel.store import Store


class States:
    """A cache that may be stale: the append's version check finds out, then `evict`."""

    def __init__(self, service: Service, store: Store, buckets: int, *, limit: int = 20_000):
        assert service.decider is not None
        self._codec, self._decider, self._store = service.codec, service.decider, store
        self._buckets, self._limit = buckets, limit
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._gathered = Gather(self._each)

    async def of(self, tickets: Iterable[str]) -> dict[str, tuple[Any, int]]:
        """(state, version) of each ticket; (initial, 0) where the service knows nothing."""
        return await self.at((bucket_of(ticket, self._buckets), ticket) for ticket in tickets)

    async def at(self, streams: Iterable[tuple[int, str]]) -> dict[str, tuple[Any, int]]:
        """As `of`, of tickets whose bucket is known."""
        found, missing = {}, []
        for bucket, ticket in streams:
            kept = self._kept.get(ticket)
            if kept is None:
                missing.append((bucket, ticket))
            else:
                self._kept.move_to_end(ticket)
                found[ticket] = kept
        if missing:
            found.update(await self._load(missing))
        return found

    async def one(self, ticket: str) -> tuple[Any, int]:
        """As `of`; callers that ask at the same time share a query."""
        kept = self._kept.get(ticket)
        if kept is None:
            return await self._gathered(ticket)
        self._kept.move_to_end(ticket)
        return kept

    async def anew(self, ticket: str) -> tuple[Any, int]:
        """As the ledger has it now, whatever another process appended meanwhile."""
        self.evict([ticket])
        return (await self._load([(bucket_of(ticket, self._buckets), ticket)]))[ticket]

    async def standings(self, tickets: Iterable[str]) -> dict[str, Standing | None]:
        """What imports of these tickets are held to, from the ledger: the cache does not know."""
        streams = [(bucket_of(ticket, self._buckets), ticket) for ticket in tickets]
        stored = await self._store.load(streams) if streams else {}
        return {ticket: standing_of(stored.get(ticket, [])) for _, ticket in streams}

    async def began(self, tickets: Iterable[str]) -> dict[str, datetime]:
        """When the first fact of each ticket happened, of those that have any."""
        streams = [(bucket_of(ticket, self._buckets), ticket) for ticket in tickets]
        stored = await self._store.load(streams) if streams else {}
        return {ticket: facts[0].time for ticket, facts in stored.items()}

    @property
    def unknown(self) -> tuple[Any, int]:
        """What is known of a ticket that nobody has heard of."""
        return self._decider.initial, 0

    async def _each(self, tickets: Sequence[str]) -> list[tuple[Any, int]]:
        found = await self.of(set(tickets))
        return [found[ticket] for ticket in tickets]

    async def _load(self, streams: list[tuple[int, str]]) -> dict[str, tuple[Any, int]]:
        stored = await self._store.load(streams)
        loaded = {}
        for _, ticket in streams:
            facts = stored.get(ticket, [])
            events = [self._codec.decode(f) for f in facts if self._codec.knows(f.type)]
            loaded[ticket] = (self._decider.fold(events), facts[-1].version if facts else 0)
        return loaded

    def keep(self, ticket: str, state: Any, version: int) -> None:
        """What was just committed."""
        known = self._kept.get(ticket)
        if known is not None and known[1] > version:
            return
        self._kept[ticket] = (state, version)
        self._kept.move_to_end(ticket)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def read_back(self, facts: Iterable[Fact]) -> None:
        """Forget states older than these facts: another process appended the service's own.

        A decision that writes finds that out by its conflict, one that is quiet never would.
        """
        for fact in facts:
            if fact.source == self._codec.source:
                known = self._kept.get(fact.ticket)
                if known is not None and known[1] < fact.version:
                    del self._kept[fact.ticket]

    def evict(self, tickets: Iterable[str] | None = None) -> None:
        """Forget some, or all."""
        if tickets is None:
            self._kept.clear()
        else:
            for ticket in tickets:
                self._kept.pop(ticket, None)
