"""What a caller may read: staff everything, a department what its subscriptions are given."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store import EVER, FeedStore, Filters, Reach
from services.datasync.domain.cursor import BadCursor, decode, encode
from services.datasync.domain.facts import Fact
from services.datasync.domain.feed import feed_of
from services.datasync.domain.sharing import (
    FieldClass,
    Grants,
    Rule,
    Sharing,
    Shown,
    Subscription,
    Way,
)
from services.datasync.domain.ticket_file import TicketFile, as_of, ticket_file
from services.datasync.domain.views import Summary
from services.kernel.identity import Principal, Role
from services.kernel.names import bucket_of
from services.kernel.problems import Problem
from services.kernel.seen import delivered

EVERYTHING = frozenset({Role.STAFF, Role.SUPERVISOR, Role.ANALYST})
OPERATING = frozenset({Role.OPERATOR, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Page:
    """Entries as JSON, where the reader has come with them, and whether there may be more."""

    entries: list[dict[str, Any]]
    reached: dict[int, int]
    more: bool


class Reading:
    """Reads for callers; every limit is the caller's. Raises Problem and StoreUnavailable."""

    def __init__(
        self, sharing: Sharing, serving: Serving, store: FeedStore, buckets: int, zone: tzinfo
    ) -> None:
        self.sharing, self.buckets = sharing, buckets
        self._serving, self._store, self._zone = serving, store, zone
        self._grants = Grants(sharing)

    def subscriptions(self, caller: Principal) -> tuple[Subscription, ...]:
        """Those that the caller may know of."""
        if caller.roles & (EVERYTHING | OPERATING):
            return self.sharing.subscriptions
        return self._own(caller)

    def known(self, name: str) -> Subscription:
        found = self.sharing.subscription(name)
        if found is None:
            raise Problem(404, "subscription-unknown", "There is no such subscription.")
        return found

    def subscription(self, caller: Principal, name: str, way: Way | None) -> Subscription:
        """A subscription that the caller may read, in this way or in any."""
        found = self.known(name)
        if not caller.roles & EVERYTHING and found not in self._own(caller):
            raise Problem(403, "not-yours", "This subscription is another department's.")
        if way is not None and way not in found.ways:
            raise Problem(403, "way-not-agreed", f"The subscription has no delivery by {way}.")
        return found

    def reach(self, caller: Principal) -> list[Reach] | None:
        """What of the lists the caller sees; None: everything."""
        return None if caller.roles & EVERYTHING else reach_of(self._own(caller))

    async def ticket(self, caller: Principal, ticket: str, at: datetime | None) -> TicketFile:
        """The ticket file as the caller may see it, as of `at`.

        A ticket that is not shared is answered like one that does not exist.
        """
        facts = await self._store.ticket(bucket_of(ticket, self.buckets), ticket)
        if not caller.roles & EVERYTHING:
            facts = visible(self._grants, self._serving, self._own(caller), facts)
        shown = facts if at is None else as_of(facts, at)
        if not shown:
            raise Problem(404, "unknown-ticket", "There is no such ticket, or none to show.")
        return ticket_file(shown, zone=self._zone)

    async def tickets(
        self,
        caller: Principal,
        filters: Filters,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Summary]:
        """Newest received first."""
        return await self._store.tickets(filters, self.reach(caller), before, limit)

    async def page(self, subscription: str, reached: dict[int, int], limit: int, way: Way) -> Page:
        """The entries behind `reached`, for who takes them by this way."""
        began = time.perf_counter()
        entries = await self._store.entries(subscription, reached, limit)
        for entry in entries:
            reached[entry.bucket] = entry.sequence
        served = await self._serving.json(entries)
        facts = [entry.fact for entry in entries]
        delivered(facts, subscription, way, time.perf_counter() - began)
        return Page(served, reached, bool(entries))

    async def proof(self, subscription: str) -> dict[str, Any]:
        """The end of the feed in each bucket, for `hotline.datasync.proof`."""
        heads = await self._store.heads(subscription)
        return {
            "subscription": subscription,
            "heads": [
                {"bucket": bucket, "sequence": head.sequence, "chain": head.chain.hex()}
                for bucket, head in heads.items()
            ],
        }

    async def ends(self, subscription: str) -> dict[int, int]:
        """The last sequence of each bucket now."""
        heads = await self._store.heads(subscription)
        return {b: heads[b].sequence if b in heads else 0 for b in range(self.buckets)}

    async def release(self, subscription: str, now: datetime) -> int:
        """An operator's word for a stopped endpoint and its parked tickets."""
        return await self._store.release(subscription, now)

    def cursor(self, reached: dict[int, int]) -> str:
        return encode(reached, self.buckets)

    def reached(self, cursor: str) -> dict[int, int]:
        """Where a cursor stands. Raises Problem 400."""
        try:
            return decode(cursor, self.buckets)
        except BadCursor as error:
            raise Problem(
                400, "cursor-malformed", "The cursor is not one of ours.", str(error)
            ) from None

    def _own(self, caller: Principal) -> tuple[Subscription, ...]:
        """A unit's department is the unit: both read what the department is given."""
        names = set()
        if Role.DEPARTMENT in caller.roles and caller.department:
            names.add(caller.department)
        if Role.UNIT in caller.roles and caller.unit:
            names.add(caller.unit)
        return tuple(s for s in self.sharing.subscriptions if s.department in names)


def reach_of(subscriptions: Iterable[Subscription]) -> list[Reach]:
    """The rules of the subscriptions as the list's query takes them.

    A row tells the state and the title of a ticket, so only rules that share whole tickets count;
    what a narrower rule shares is read in the feed and in the ticket file.
    """
    return [
        Reach(rule.role, s.department, s.level, s.since or EVER, category, area)
        for s in subscriptions
        for rule in s.rules
        if _shares_whole_tickets(rule)
        for category in rule.categories or ("",)
        for area in rule.areas or ("",)
    ]


def _shares_whole_tickets(rule: Rule) -> bool:
    narrowed = rule.types or rule.stages or rule.omit
    return not narrowed and rule.fields.get(FieldClass.INTERNAL) is Shown.PLAIN


def visible(
    grants: Grants,
    serving: Serving,
    subscriptions: Sequence[Subscription],
    facts: Sequence[Fact],
) -> list[Fact]:
    """The facts of one ticket that were given to the subscriptions, masked, in topic order.

    A fact that several subscriptions were given is shown under the first one's rule.
    """
    shown: dict[str, Fact] = {}
    for subscription in subscriptions:
        for fact in serving.given_facts(feed_of(grants, subscription.id, facts)):
            shown.setdefault(fact.event_id, fact)
    return [shown[f.event_id] for f in facts if f.event_id in shown]
