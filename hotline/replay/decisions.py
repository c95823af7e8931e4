"""Past matters with what was first decided about them, from intake's ledger, in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.intake.adapters.batch import DECISIONS
from services.intake.adapters.codec import CODEC
from services.intake.domain import events
from services.intake.domain.rules import RuleSet
from services.intake.domain.ticket import case_of
from services.kernel.facts import Fact
from services.kernel.names import schema_of

PAGE = 5_000
# Received and decided are among the first facts of a ticket, recorded together: between them may
# stand the call in which it came (R3) and that a line handed it over (R11).
_SELECT = """
select position, stream, version, type, data, metadata, time, recorded_at from {schema}.event
where bucket = $1 and position > $2 and version <= 4 order by position limit $3
"""
_DECISIONS: dict[type, str] = {
    events.TicketAccepted: "accepted",
    events.TicketRefused: "refused",
    events.TicketDiverted: "diverted",
    events.TicketTransferred: "transferred",
    events.TicketLinked: "linked",
    events.SupplementAsked: "supplement_asked",
    events.TicketAnswered: "answered_at_once",
}

_TARGETS = ("line", "earlier_ticket", "article")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and the rule that it names; none for an acceptance.

    `to` is the line, the earlier ticket or the article; words are no part of a verdict.
    """

    decision: str
    rule: str
    number: int
    to: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One past matter: what was decided, under which set, and what another set makes of it."""

    ticket: str
    at: datetime
    rule_set: str
    was: Verdict
    would_be: Verdict

    @property
    def differs(self) -> bool:
        return self.was != self.would_be


async def tried(
    dsn: str, namespace: str, buckets: int, rules: RuleSet, since: datetime
) -> AsyncIterator[Tried]:
    """Every matter received from `since` on, bucket by bucket. Raises asyncpg's errors, OSError."""
    connection = await asyncpg.connect(dsn, timeout=10.0)
    try:
        for bucket in range(buckets):
            received: dict[str, events.TicketReceived] = {}
            async for fact in _facts(connection, schema_of(namespace, "intake"), bucket):
                event = CODEC.decode(fact) if CODEC.knows(fact.type) else None
                if isinstance(event, events.TicketReceived) and event.at >= since:
                    received[fact.ticket] = event
                elif type(event) in _DECISIONS and fact.ticket in received:
                    yield _tried(fact.ticket, received.pop(fact.ticket), event, rules)
    finally:
        await connection.close()


async def _facts(connection: Any, schema: str, bucket: int) -> AsyncIterator[Fact]:
    query, position = _SELECT.format(schema=schema), 0
    while rows := await connection.fetch(query, bucket, position, PAGE):
        for row in rows:
            yield Fact(
                "intake", bucket, row["position"], row["stream"], row["version"], row["type"],
                row["data"], row["time"], row["recorded_at"],
            )  # fmt: skip
        position = rows[-1]["position"]


def _tried(ticket: str, received: events.TicketReceived, event: Any, rules: RuleSet) -> Tried:
    decision = rules.decide(case_of(received))
    rule, number = getattr(event, "rule", ""), getattr(event, "number", 0)
    to = next((getattr(event, name) for name in _TARGETS if hasattr(event, name)), "")
    return Tried(
        ticket,
        received.at,
        f"{event.rule_set}@{event.rule_set_version}",
        Verdict(_DECISIONS[type(event)], rule, number, to),
        Verdict(DECISIONS[decision.outcome], decision.rule, decision.number, decision.to),
    )
