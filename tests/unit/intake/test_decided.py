"""Decisions of acceptance as Prometheus sees them (R10-R20)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from services.intake.adapters.codec import CODEC
from services.intake.adapters.decided import Decided
from services.intake.domain.events import Event, TicketRefused
from services.kernel.decider import replace
from services.kernel.facts import Fact
from tests.unit.intake.after import ANSWERED, ASKED, DIVERTED, LINKED, REFUSED, TRANSFERRED
from tests.unit.intake.matters import ACCEPTED, RECEIVED


def facts(*events: Event) -> list[Fact]:
    stored = [CODEC.encode(event, b"{}") for event in events]
    return [
        Fact("intake", 0, n, "T1", n, new.type, new.data, new.time, new.time)
        for n, new in enumerate(stored, 1)
    ]


async def counted(*batches: Sequence[Event]) -> dict[tuple[str, str], float]:
    registry = CollectorRegistry()
    decided = Decided(registry)
    for batch in batches:
        await decided.committed(facts(*batch))
    [family] = registry.collect()
    samples = [s for s in family.samples if s.name.endswith("_total") and s.value]
    return {(s.labels["decision"], s.labels["rule"]): s.value for s in samples}


@pytest.mark.parametrize(
    ("given", "decision", "rule"),
    [
        ((RECEIVED, ACCEPTED), "accepted", "none"),
        (REFUSED, "refused", "R12"),
        (DIVERTED, "diverted", "R11"),
        (TRANSFERRED, "transferred", "R9"),
        (LINKED, "linked", "R16"),
        (ASKED, "supplement_asked", "R18"),
        (ANSWERED, "answered_at_once", "R5"),
    ],
)
async def test_each_decision_is_counted_by_the_rule_that_decided(
    given: Sequence[Event], decision: str, rule: str
) -> None:
    assert await counted(given, given) == {(decision, rule): 2}


async def test_a_citys_own_rules_make_no_labels_of_their_own() -> None:
    refused = REFUSED[-1]
    assert isinstance(refused, TicketRefused)
    own = [replace(refused, rule=f"city rule {n}") for n in range(3)]
    assert await counted(own) == {("refused", "other"): 3}
