"""One ticket as intake knows it (stage 1): what happened, and the state it gives."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.intake.domain.matter import Kind, Urgency


@dataclass(frozen=True, slots=True)
class TicketReceived:
    """Personal fields are sealed bytes here as everywhere."""

    at: datetime
    channel: str
    external_id: str
    kind: Kind
    urgency: Urgency
    category: str
    area: str
    title: str
    person_id: str
    description: bytes
    contact: bytes
    address: bytes
    latitude: float | None
    longitude: float | None
    called_number: str
    code_digest: str
    stated_due_at: datetime | None
    about_unit: str
    confidential: bool


@dataclass(frozen=True, slots=True)
class TicketAccepted:
    at: datetime
    rule_set: str
    rule_set_version: str
    kind: Kind
    urgency: Urgency
    category: str
    area: str
    title: str
    stated_due_at: datetime | None
    about_unit: str


@dataclass(frozen=True, slots=True)
class TicketRefused:
    at: datetime
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    reason_zh: str
    reason_en: str
    right_place: str


@dataclass(frozen=True, slots=True)
class TicketDiverted:
    at: datetime
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    line: str
    receipt: str


@dataclass(frozen=True, slots=True)
class DiversionAcknowledged:
    at: datetime
    receipt: str
    line: str


@dataclass(frozen=True, slots=True)
class TicketWithdrawn:
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class HistoryClosed:
    """Every imported fact of this import with a time <= `until` has been sent."""

    at: datetime
    import_id: str
    until: datetime
    final: bool


Event = (
    TicketReceived
    | TicketAccepted
    | TicketRefused
    | TicketDiverted
    | DiversionAcknowledged
    | TicketWithdrawn
    | HistoryClosed
)


class Phase(StrEnum):
    """What became of the matter."""

    UNKNOWN = "unknown"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DIVERTED = "diverted"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"


def digest_of(ticket: str, code: str) -> str:
    """What is kept of a code, bound to its ticket: nobody reads the code out of the facts."""
    return hashlib.sha256(f"{ticket}/{code}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Ticket:
    """The fold over intake's own stream; `history_until` belongs to an import's stream."""

    phase: Phase = Phase.UNKNOWN
    code_digest: str = ""
    person_id: str = ""
    line: str = ""
    receipt: str = ""
    refusal: TicketRefused | None = None
    history_until: datetime | None = None
    history_final: bool = False

    def opens(self, ticket: str, code: str) -> bool:
        """Whether that is the citizen's code; no code opens what was never received."""
        return hmac.compare_digest(digest_of(ticket, code), self.code_digest)


def evolve(state: Ticket, event: Event) -> Ticket:
    """The state after the event; every event is taken, none is judged."""
    match event:
        case TicketReceived():
            return replace(
                state,
                phase=Phase.RECEIVED,
                code_digest=event.code_digest,
                person_id=event.person_id,
            )
        case TicketAccepted():
            return replace(state, phase=Phase.ACCEPTED)
        case TicketRefused():
            return replace(state, phase=Phase.REFUSED, refusal=event)
        case TicketDiverted():
            return replace(state, phase=Phase.DIVERTED, line=event.line, receipt=event.receipt)
        case DiversionAcknowledged():
            return replace(state, phase=Phase.ACKNOWLEDGED)
        case TicketWithdrawn():
            return replace(state, phase=Phase.WITHDRAWN)
        case HistoryClosed():
            return replace(state, history_until=event.until, history_final=event.final)
