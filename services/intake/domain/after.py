"""What can still happen to a matter after it was first decided."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.domain import commands, rejections
from services.intake.domain.acceptance import accepted, judged
from services.intake.domain.categories import Catalogue
from services.intake.domain.commands import (
    AcknowledgeDiversion,
    CloseHistory,
    UrgeMatter,
    WithdrawTicket,
)
from services.intake.domain.events import (
    AnswerUnhelpful,
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
    SupplementSupplied,
    TicketTransferred,
    TicketWithdrawn,
)
from services.intake.domain.lines import TransferReturned
from services.intake.domain.matter import Case, Supplement
from services.intake.domain.rules import RuleSet
from services.intake.domain.ticket import Objection, Phase, Ticket, evolve

# What was not accepted, so that an operator may accept it all the same.
_OVERRIDABLE = frozenset(
    {
        Phase.REFUSED,
        Phase.DIVERTED,
        Phase.TRANSFERRED,
        Phase.LINKED,
        Phase.SUPPLEMENT_ASKED,
        Phase.ANSWERED,
    }
)
# What a citizen may take back: a matter that waits for them, or for others to handle it.
_WITHDRAWABLE = frozenset({Phase.ACCEPTED, Phase.SUPPLEMENT_ASKED})


def withdraw(command: WithdrawTicket, ticket: Ticket) -> Sequence[Event]:
    """A wrong code learns no more than a wrong number."""
    if not ticket.opens(command.ticket, command.code):
        raise rejections.UnknownTicket
    if ticket.phase is Phase.WITHDRAWN:
        return []
    if ticket.phase not in _WITHDRAWABLE:
        raise rejections.NotOpen(ticket.phase.value)
    return [TicketWithdrawn(command.at, command.reason)]


def urge(command: UrgeMatter, ticket: Ticket, catalogue: Catalogue) -> Sequence[Event]:
    """Only what was accepted is urged, and so often a day as the city allows (R25)."""
    if not ticket.opens(command.ticket, command.code):
        raise rejections.UnknownTicket
    if ticket.phase is not Phase.ACCEPTED:
        raise rejections.NothingToUrge(ticket.phase.value)
    most, today = catalogue.switchboard.urges_per_day, catalogue.day(command.at)
    if sum(catalogue.day(at) == today for at in ticket.urged) >= most:
        raise rejections.TooManyUrges(f"{most} a day")
    return [MatterUrged(command.at, command.reason.strip())]


def acknowledge(command: AcknowledgeDiversion, ticket: Ticket) -> Sequence[Event]:
    if ticket.phase is Phase.UNKNOWN:
        raise rejections.UnknownTicket
    if ticket.receipt != command.receipt or not ticket.receipt:
        raise rejections.NotDiverted
    if ticket.phase is Phase.ACKNOWLEDGED:
        return []
    return [DiversionAcknowledged(command.at, ticket.receipt, ticket.line)]


def hand_back(
    command: commands.HandBack, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    """R11: it is decided anew, without the emergency."""
    if ticket.phase is Phase.UNKNOWN:
        raise rejections.UnknownTicket
    if command.receipt and command.receipt == ticket.returned:
        return []
    diverted = ticket.phase in (Phase.DIVERTED, Phase.ACKNOWLEDGED)
    if not diverted or ticket.receipt != command.receipt:
        raise rejections.NotDiverted
    returned = DiversionReturned(command.at, ticket.receipt, ticket.line, command.reason)
    return [returned, _again(command, evolve(ticket, returned), rules, catalogue)]


def return_transfer(
    command: commands.ReturnTransfer, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    """R9: once, by the channel of the line; it is decided anew, under the same number."""
    speaks_for = catalogue.switchboard.speaks_for
    if ticket.phase is Phase.UNKNOWN:
        raise rejections.UnknownTicket
    if ticket.returned_by and speaks_for(command.by, ticket.returned_by):
        return []
    transfer = ticket.decision
    if (
        not isinstance(transfer, TicketTransferred)
        or ticket.phase is not Phase.TRANSFERRED
        or not speaks_for(command.by, transfer.line)
    ):
        raise rejections.NotTransferred
    if not command.reason.strip():
        raise rejections.NoReason
    returned = TransferReturned(command.at, transfer.line, command.reason.strip())
    return [returned, _again(command, evolve(ticket, returned), rules, catalogue)]


def repeat_diversion(command: commands.RepeatDiversion, ticket: Ticket) -> Sequence[Event]:
    """R11: once per clock that ran out."""
    if ticket.phase is not Phase.DIVERTED or command.run != ticket.diversions:
        return []
    return [DiversionRepeated(command.at, ticket.line, ticket.receipt, ticket.diversions + 1)]


def supply(
    command: commands.SupplyElements, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    """R18: what was missing is asked once, so whatever comes lets the matter go on."""
    if not ticket.opens(command.ticket, command.code):
        raise rejections.UnknownTicket
    if ticket.supplement is Supplement.SUPPLIED:
        return []
    if ticket.phase is not Phase.SUPPLEMENT_ASKED:
        raise rejections.NotAsked(ticket.phase.value)
    if not command.elements:
        raise rejections.NothingSupplied
    supplied = SupplementSupplied(
        command.at,
        command.elements,
        ticket.person_id,
        command.description,
        command.contact,
        command.address,
    )
    return [supplied, _again(command, evolve(ticket, supplied), rules, catalogue)]


def expire_supplement(
    command: commands.ExpireSupplement, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    """R18: refused by rule, only now that the time has run out."""
    if ticket.phase is not Phase.SUPPLEMENT_ASKED or ticket.received is None:
        return []
    case = Case(ticket.case.kind, ticket.case.facts, ticket.case.earlier, Supplement.EXPIRED)
    return [judged(command.at, command.ticket, ticket.received, case, rules, catalogue)]


def report_unhelpful(
    command: commands.ReportUnhelpful, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    """R5: it goes on as a ticket, whatever the article says."""
    if not ticket.opens(command.ticket, command.code):
        raise rejections.UnknownTicket
    if ticket.phase is Phase.ACCEPTED and ticket.was_answered:
        return []
    if ticket.phase is not Phase.ANSWERED or ticket.received is None:
        raise rejections.NotAnswered(ticket.phase.value)
    taken = accepted(command.at, ticket.received, rules, catalogue)
    return [AnswerUnhelpful(command.at, ticket.article), taken]


def override(
    command: commands.OverrideDecision, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    if ticket.phase is Phase.UNKNOWN:
        raise rejections.UnknownTicket
    if not command.reason.strip():
        raise rejections.NoReason
    if ticket.phase is Phase.ACCEPTED and ticket.was_overridden:
        return []
    if ticket.phase not in _OVERRIDABLE or ticket.received is None or ticket.decision is None:
        raise rejections.NothingToOverride(ticket.phase.value)
    overridden = DecisionOverridden(command.at, ticket.decision.rule, command.by, command.reason)
    return [overridden, accepted(command.at, ticket.received, rules, catalogue)]


def object_to_refusal(command: commands.ObjectToRefusal, ticket: Ticket) -> Sequence[Event]:
    if not ticket.opens(command.ticket, command.code):
        raise rejections.UnknownTicket
    if ticket.objection is Objection.RAISED:
        return []
    if ticket.objection is not Objection.NONE:
        raise rejections.ObjectedAlready
    if ticket.phase is not Phase.REFUSED or ticket.decision is None:
        raise rejections.NotRefused(ticket.phase.value)
    return [RefusalObjected(command.at, ticket.decision.rule, command.reason)]


def review_objection(
    command: commands.ReviewObjection, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    """By a second person; an objection upheld accepts the matter."""
    if ticket.phase is Phase.UNKNOWN:
        raise rejections.UnknownTicket
    if ticket.objection is (Objection.UPHELD if command.uphold else Objection.DISMISSED):
        return []
    if ticket.objection is not Objection.RAISED or ticket.received is None:
        raise rejections.NoObjection
    if command.by in ticket.persons:
        raise rejections.SamePerson
    if not command.reason.strip():
        raise rejections.NoReason
    reviewed = ObjectionReviewed(command.at, command.uphold, command.by, command.reason)
    if not command.uphold:
        return [reviewed]
    return [reviewed, accepted(command.at, ticket.received, rules, catalogue)]


def _again(
    command: commands.HandBack | commands.ReturnTransfer | commands.SupplyElements,
    ticket: Ticket,
    rules: RuleSet,
    catalogue: Catalogue,
) -> Event:
    """The same matter under what is known of it now."""
    assert ticket.received is not None
    return judged(command.at, command.ticket, ticket.received, ticket.case, rules, catalogue)


def close_history(command: CloseHistory, ticket: Ticket) -> Sequence[Event]:
    if command.until > command.at:
        raise rejections.FrontierAhead
    reached = ticket.history_until
    until = command.until if reached is None else max(reached, command.until)
    if until == reached and command.final <= ticket.history_final:
        return []
    if ticket.history_final:
        raise rejections.HistoryIsClosed
    return [HistoryClosed(command.at, command.import_id, until, command.final)]


def forget(command: commands.ForgetPerson, ticket: Ticket) -> Sequence[Event]:
    """Once; the key is the vault's business."""
    if ticket.is_forgotten:
        return []
    return [PersonForgotten(command.at, command.person_id, command.basis)]
