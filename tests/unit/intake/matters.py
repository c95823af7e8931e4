"""Matters for the specs of intake, under the sample city's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.intake.adapters.books import Books
from services.intake.adapters.registry import load
from services.intake.domain.acceptance import receipt_of
from services.intake.domain.commands import Command, SubmitMatter
from services.intake.domain.deciding import decider
from services.intake.domain.events import (
    Event,
    TicketAccepted,
    TicketDiverted,
    TicketReceived,
    TicketRefused,
)
from services.intake.domain.matter import Kind, MatterFacts, Urgency
from services.intake.domain.ticket import digest_of
from services.kernel.decider import replace

CITY = load("sample")
DECIDER = decider(Books(CITY).laid_down)
NOON = datetime(2026, 3, 16, 4, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
TICKET = "20260316-0000001-5"
CODE = "7HK3MW9QXB2P"


def matter(kind: Kind = Kind.COMPLAINT, **facts: Any) -> SubmitMatter:
    """A pothole; `facts` are those of MatterFacts."""
    return SubmitMatter(
        at=NOON,
        ticket=TICKET,
        channel="phone",
        external_id="call-7",
        kind=kind,
        urgency=Urgency.NORMAL,
        category="traffic/road",
        area="yingzhou",
        title="Pothole",
        person_id="p1",
        description=b"sealed description",
        contact=b"sealed contact",
        address=b"sealed address",
        code_digest=digest_of(TICKET, CODE),
        facts=MatterFacts(**facts),
        latitude=32.9,
        longitude=115.8,
        called_number="12345",
        stated_due_at=LATER,
        confidential=True,
        by="desk-1",
    )


def when(command: Command, *given: Event) -> Sequence[Event]:
    """What is decided on a ticket to which that has happened. Raises Rejection."""
    return DECIDER.decide(command, DECIDER.fold(given))


RECEIVED, ACCEPTED = when(matter())
assert isinstance(RECEIVED, TicketReceived)
assert isinstance(ACCEPTED, TicketAccepted)
RECEIPT = receipt_of(TICKET, RECEIVED, "119")
REFUSED = TicketRefused(NOON, "trial-measures", "1", 1, "R10", "不属于", "Not ours", "there")
DIVERTED = TicketDiverted(NOON, "trial-measures", "1", 2, "R11", "119", RECEIPT)


def received(**changes: Any) -> TicketReceived:
    """The fact of the pothole with changes."""
    assert isinstance(RECEIVED, TicketReceived)
    return replace(RECEIVED, **changes)
