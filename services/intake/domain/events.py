"""What happens to a ticket in stage 1, one class per fact; ticket.py says what they add up to."""

from __future__ import annotations

from datetime import datetime

from services.intake.domain.articles import AnswerReviewed, ArticleOverdue
from services.intake.domain.calls import CallAnswered, CalledBack, CallMissed
from services.intake.domain.lines import HandoverAcknowledged, TransferReturned
from services.intake.domain.matter import Kind, MatterFacts, Urgency
from services.kernel.decider import Value


class TicketReceived(Value):
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
    facts: MatterFacts | None = None
    repeats_being_handled: tuple[str, ...] = ()
    repeats_handled: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    received_by: str = ""
    called_mode: str = ""
    transferred_by: str = ""
    transferred_at: datetime | None = None


class TicketAccepted(Value):
    """`statutory_days` (R23) and `directory_hint` (R4) are the category's on that day."""

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
    statutory_days: int = 0
    directory_hint: str = ""


class TicketRefused(Value):
    at: datetime
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    reason_zh: str
    reason_en: str
    right_place: str
    matched: tuple[str, ...] = ()


class TicketDiverted(Value):
    at: datetime
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    line: str
    receipt: str
    matched: tuple[str, ...] = ()


class DiversionRepeated(Value):
    """R11: nobody acknowledged in time; `attempt` is 2 at the first repetition."""

    at: datetime
    line: str
    receipt: str
    attempt: int


class DiversionReturned(Value):
    """R11: the line says that it is no emergency."""

    at: datetime
    receipt: str
    line: str
    reason: str


class DiversionAcknowledged(Value):
    at: datetime
    receipt: str
    line: str


class TicketTransferred(Value):
    """R9: to the line of a sub-centre."""

    at: datetime
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    line: str
    reason_zh: str
    reason_en: str
    matched: tuple[str, ...]


class TicketLinked(Value):
    """R16: the same matter of the same citizen, nothing new."""

    at: datetime
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    earlier_ticket: str
    reason_zh: str
    reason_en: str
    matched: tuple[str, ...]


class SupplementAsked(Value):
    """R18: asked once, in one message."""

    at: datetime
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    missing: tuple[str, ...]
    reason_zh: str
    reason_en: str
    matched: tuple[str, ...]


class SupplementSupplied(Value):
    """R18: the texts are sealed bytes; empty where they were not supplied."""

    at: datetime
    elements: tuple[str, ...]
    person_id: str
    description: bytes
    contact: bytes
    address: bytes


class TicketAnswered(Value):
    """R5: answered at once, closed without dispatch, with what the article said then."""

    at: datetime
    rule_set: str
    rule_set_version: str
    number: int
    rule: str
    article: str
    reason_zh: str
    reason_en: str
    matched: tuple[str, ...]
    article_version: str = ""
    answer_zh: str = ""
    answer_en: str = ""


class AnswerUnhelpful(Value):
    """R5: the matter goes on as a ticket."""

    at: datetime
    article: str


class DecisionOverridden(Value):
    """An operator accepted what `rule` did not, by name and with the reason."""

    at: datetime
    rule: str
    operator: str
    reason: str


class RefusalObjected(Value):
    at: datetime
    rule: str
    reason: str


class ObjectionReviewed(Value):
    """By a second person, once."""

    at: datetime
    upheld: bool
    reviewer: str
    reason: str


class CategoryCorrected(Value):
    """R4: filed elsewhere, by name and with the reason."""

    at: datetime
    category: str
    kind: Kind
    urgency: Urgency
    old_category: str
    operator: str
    reason: str
    statutory_days: int = 0
    directory_hint: str = ""


class TicketWithdrawn(Value):
    at: datetime
    reason: str


class MatterUrged(Value):
    """The citizen asks where the matter stands."""

    at: datetime
    reason: str


class PersonForgotten(Value):
    """R35: the key of the person's fields was destroyed, in a stream of its own."""

    at: datetime
    person_id: str
    basis: str


class HistoryClosed(Value):
    """Every imported fact of this import with a time <= `until` has been sent."""

    at: datetime
    import_id: str
    until: datetime
    final: bool


Event = (
    TicketReceived | TicketAccepted | TicketRefused | TicketDiverted | DiversionRepeated
    | DiversionReturned | DiversionAcknowledged | TicketTransferred | TransferReturned
    | HandoverAcknowledged | TicketLinked | SupplementAsked | SupplementSupplied
    | TicketAnswered | AnswerUnhelpful | AnswerReviewed | ArticleOverdue | DecisionOverridden
    | RefusalObjected | ObjectionReviewed | CategoryCorrected | TicketWithdrawn | MatterUrged
    | CallAnswered | CallMissed | CalledBack | HistoryClosed | PersonForgotten
)  # fmt: skip
