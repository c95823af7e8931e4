"""One ticket as intake knows it (stage 1): the state that its facts give."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from services.intake.domain.articles import AnswerReviewed, ArticleOverdue, upkeep_of
from services.intake.domain.calls import CallAnswered, CalledBack, CallMissed
from services.intake.domain.events import (
    AnswerUnhelpful,
    CategoryCorrected,
    DecisionOverridden,
    DiversionAcknowledged,
    DiversionRepeated,
    DiversionReturned,
    Event,
    HistoryClosed,
    MatterUrged,
    ObjectionReviewed,
    PersonForgotten,
    RefusalObjected,
    SupplementAsked,
    SupplementSupplied,
    TicketAccepted,
    TicketAnswered,
    TicketDiverted,
    TicketLinked,
    TicketReceived,
    TicketRefused,
    TicketTransferred,
    TicketWithdrawn,
)
from services.intake.domain.lines import HandoverAcknowledged, TransferReturned
from services.intake.domain.matter import (
    NO_FACTS,
    Case,
    Earlier,
    Kind,
    Progress,
    Supplement,
    Urgency,
)
from services.kernel.decider import Value, replace

# The decision that a state rests on, where the matter was not accepted.
NotAccepted = (
    TicketRefused
    | TicketDiverted
    | TicketTransferred
    | TicketLinked
    | SupplementAsked
    | TicketAnswered
)


class Phase(StrEnum):
    """What became of the matter."""

    UNKNOWN = "unknown"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DIVERTED = "diverted"
    ACKNOWLEDGED = "acknowledged"
    TRANSFERRED = "transferred"
    LINKED = "linked"
    SUPPLEMENT_ASKED = "supplement_asked"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    CALL_MISSED = "call_missed"
    CALLED_BACK = "called_back"


# Who answers a call then takes part of the matter in; later ones ask how it stands.
_TAKEN_IN = frozenset({Phase.RECEIVED, Phase.SUPPLEMENT_ASKED})


class Objection(StrEnum):
    """R2: a refusal may be objected to once."""

    NONE = "none"
    RAISED = "raised"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


def digest_of(ticket: str, code: str) -> str:
    """What is kept of a code, bound to its ticket: nobody reads the code out of the facts."""
    return hashlib.sha256(f"{ticket}/{code}".encode()).hexdigest()


class Filing(Value):
    """How an accepted matter is filed (R1, R4)."""

    category: str
    kind: Kind
    urgency: Urgency


class Ticket(NamedTuple):
    """The fold over intake's own stream; `history_until` belongs to an import's stream, `overdue`,
    the days of review that were let pass, to an article's.

    `received` is what the matter is decided by again (R5, R11, R18, overrides); it is let go with
    the acceptance. `persons` took the matter, or the call in which it was stated or supplemented,
    and may not review an objection to its refusal.
    A tuple, since every event makes a new one.
    """

    phase: Phase = Phase.UNKNOWN
    code_digest: str = ""
    channel: str = ""
    person_id: str = ""
    line: str = ""
    receipt: str = ""
    returned: str = ""
    returned_by: str = ""
    handover: HandoverAcknowledged | None = None
    diversions: int = 0
    decision: NotAccepted | None = None
    received: TicketReceived | None = None
    supplement: Supplement = Supplement.NONE
    objection: Objection = Objection.NONE
    was_answered: bool = False
    article: str = ""
    answer_is_right: bool | None = None
    overdue: frozenset[str] = frozenset()
    was_overridden: bool = False
    persons: frozenset[str] = frozenset()
    filing: Filing | None = None
    history_until: datetime | None = None
    history_final: bool = False
    is_forgotten: bool = False
    urged: tuple[datetime, ...] = ()

    def opens(self, ticket: str, code: str) -> bool:
        """Whether that is the citizen's code; no code opens what was never received."""
        return hmac.compare_digest(digest_of(ticket, code), self.code_digest)

    @property
    def case(self) -> Case:
        """What the rules are asked about, as it stands now."""
        assert self.received is not None, "only what is not accepted is decided again"
        return case_of(self.received, self.supplement)


def case_of(received: TicketReceived, supplement: Supplement = Supplement.NONE) -> Case:
    """What the rules are asked about, from the fact alone (R16: what is being handled first)."""
    handling, handled = Progress.BEING_HANDLED, Progress.HANDLED
    earlier = (
        *(Earlier(t, handling, True, True) for t in received.repeats_being_handled),
        *(Earlier(t, handled, True, True) for t in received.repeats_handled),
        *(Earlier(t, handling, False, True) for t in received.related),
    )
    return Case(received.kind, received.facts or NO_FACTS, earlier, supplement)


def evolve(state: Ticket, event: Event) -> Ticket:  # noqa: C901 - a table
    """The state after the event; every event is taken, none is judged."""
    match event:
        case TicketReceived():
            return state._replace(
                phase=Phase.RECEIVED,
                code_digest=event.code_digest,
                channel=event.channel,
                person_id=event.person_id,
                received=event,
                persons=_with_person(state, event.received_by),
            )
        case TicketAccepted():
            filing = Filing(event.category, event.kind, event.urgency)
            return state._replace(phase=Phase.ACCEPTED, filing=filing, decision=None, received=None)
        case CategoryCorrected():
            return state._replace(filing=Filing(event.category, event.kind, event.urgency))
        case TicketRefused():
            return state._replace(phase=Phase.REFUSED, decision=event)
        case TicketTransferred():
            return state._replace(phase=Phase.TRANSFERRED, decision=event)
        case TransferReturned():
            kept = _without(state, sub_centre="")
            return state._replace(
                phase=Phase.RECEIVED, decision=None, received=kept, returned_by=event.line
            )
        case HandoverAcknowledged():
            return state._replace(handover=event)
        case TicketLinked():
            return state._replace(phase=Phase.LINKED, decision=event)
        case TicketAnswered() | AnswerReviewed() | ArticleOverdue():
            return _answered(state, event)
        case TicketWithdrawn():
            return state._replace(phase=Phase.WITHDRAWN, received=None)
        case MatterUrged():
            return state._replace(urged=(*state.urged, event.at))
        case HistoryClosed():
            return state._replace(history_until=event.until, history_final=event.final)
        case PersonForgotten():
            return state._replace(is_forgotten=True)
        case SupplementAsked() | SupplementSupplied():
            return _supplemented(state, event)
        case RefusalObjected():
            return state._replace(objection=Objection.RAISED)
        case ObjectionReviewed():
            verdict = Objection.UPHELD if event.upheld else Objection.DISMISSED
            return state._replace(objection=verdict)
        case DecisionOverridden():
            return state._replace(was_overridden=True)
        case CallMissed():
            return state._replace(phase=Phase.CALL_MISSED, person_id=event.person_id)
        case CalledBack():
            return state._replace(phase=Phase.CALLED_BACK) if event.reached else state
        case CallAnswered() if state.phase in _TAKEN_IN:
            return state._replace(persons=_with_person(state, event.operator))
        case AnswerUnhelpful() | CallAnswered():
            return state
        case _:
            return _diverted(state, event)


def _with_person(state: Ticket, name: str) -> frozenset[str]:
    return state.persons | ({name} - {""})


def _answered(state: Ticket, event: TicketAnswered | AnswerReviewed | ArticleOverdue) -> Ticket:
    match event:
        case TicketAnswered():
            return state._replace(
                phase=Phase.ANSWERED,
                decision=event,
                was_answered=True,
                article=event.article,
                answer_is_right=None,
            )
        case AnswerReviewed():
            return state._replace(answer_is_right=event.right)
        case ArticleOverdue():
            passed = upkeep_of(event.version, event.review_on)
            return state._replace(overdue=state.overdue | {passed})


def _supplemented(state: Ticket, event: SupplementAsked | SupplementSupplied) -> Ticket:
    if isinstance(event, SupplementSupplied):
        return state._replace(supplement=Supplement.SUPPLIED)
    waiting = Supplement.WAITING
    return state._replace(phase=Phase.SUPPLEMENT_ASKED, decision=event, supplement=waiting)


def _diverted(
    state: Ticket,
    event: TicketDiverted | DiversionRepeated | DiversionAcknowledged | DiversionReturned,
) -> Ticket:
    match event:
        case TicketDiverted():
            return state._replace(
                phase=Phase.DIVERTED,
                decision=event,
                line=event.line,
                receipt=event.receipt,
                diversions=state.diversions + 1,
            )
        case DiversionRepeated():
            return state._replace(diversions=event.attempt)
        case DiversionAcknowledged():
            return state._replace(phase=Phase.ACKNOWLEDGED)
        case DiversionReturned():
            return state._replace(
                phase=Phase.RECEIVED,
                line="",
                receipt="",
                received=_without(state, emergency_ongoing=False),
                returned=event.receipt,
            )


def _without(state: Ticket, **changes: Any) -> TicketReceived | None:
    """The matter without what the other line has said that it is not."""
    received = state.received
    if received is None or received.facts is None:
        return received
    return replace(received, facts=dataclasses.replace(received.facts, **changes))
