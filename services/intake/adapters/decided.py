"""Decisions of acceptance by what they came to and by rule, for Prometheus (R10-R20)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from services.intake.adapters.codec import CODEC
from services.kernel.facts import Fact
from services.kernel.store import Tx

_DECISIONS = {
    "hotline.intake.v1.TicketAccepted": "accepted",
    "hotline.intake.v1.TicketRefused": "refused",
    "hotline.intake.v1.TicketDiverted": "diverted",
    "hotline.intake.v1.TicketTransferred": "transferred",
    "hotline.intake.v1.TicketLinked": "linked",
    "hotline.intake.v1.SupplementAsked": "supplement_asked",
    "hotline.intake.v1.TicketAnswered": "answered_at_once",
}
_OF_THE_MISSION = re.compile(r"R\d{1,2}")
NO_RULE, OTHER_RULE = "none", "other"


class Decided:
    """Counted by the owner of the bucket, once the batch is committed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counter = Counter(
            "hotline_acceptance_decisions",
            "Decisions of acceptance, by what they came to and the rule that decided.",
            ["decision", "rule"],
            registry=registry,
        )
        for decision in _DECISIONS.values():  # shown from the start: a rate needs a beginning
            self._counter.labels(decision, NO_RULE)

    async def apply(self, tx: Tx, facts: Sequence[Fact]) -> None:
        """Nothing is kept in the store."""

    async def committed(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if decision := _DECISIONS.get(fact.type):
                self._counter.labels(decision, _rule(CODEC.decode(fact))).inc()

    async def owned(self, buckets: frozenset[int]) -> None:
        """Nothing is kept in memory."""


def _rule(event: Any) -> str:
    """A city's set may name what it likes: the labels stay few."""
    rule = getattr(event, "rule", "")
    if not rule:
        return NO_RULE
    return rule if _OF_THE_MISSION.fullmatch(rule) else OTHER_RULE
