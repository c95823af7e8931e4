"""What can be asked of intake, and what it decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from services.intake.domain.matter import NO_FACTS, Kind, MatterFacts, Urgency, unknown_words
from services.intake.domain.rules import Catalogue, Outcome, Rule, RuleSet
from services.intake.domain.ticket import (
    DiversionAcknowledged,
    Event,
    HistoryClosed,
    Phase,
    Ticket,
    TicketAccepted,
    TicketDiverted,
    TicketReceived,
    TicketRefused,
    TicketWithdrawn,
    evolve,
)
from services.kernel.decider import Decider, Rejection


class UnknownTicket(Rejection):
    """There is no ticket of that number."""

    status = 404


class UnknownCategory(Rejection):
    """The city has no such category."""

    rule = "R4"
    status = 422


class UnknownArea(Rejection):
    """The city has no such area."""

    rule = "R4"
    status = 422


class UnknownWord(Rejection):
    """A fact of the matter is stated in a word that is not in the vocabulary."""

    status = 422


class ConductOfNobody(Rejection):
    """A complaint about a unit's own conduct must name the unit, so that it never goes there."""

    rule = "R2"
    status = 422


class NoTitle(Rejection):
    """A matter needs a title."""

    rule = "R18"
    status = 422


class NotOnEarth(Rejection):
    """Latitude lies from -90 to 90, longitude from -180 to 180 degrees."""

    status = 422


class NotDiverted(Rejection):
    """The ticket was not diverted to an emergency line under that receipt."""

    rule = "R11"


class NotOpen(Rejection):
    """Only a ticket that was accepted can be withdrawn."""

    rule = "R2"


class FrontierAhead(Rejection):
    """An import's frontier must not lie ahead: its clocks would be missed before they are due."""

    status = 422


class HistoryIsClosed(Rejection):
    """The import has ended: its frontier moves no more."""


@dataclass(frozen=True, slots=True)
class SubmitMatter:
    """A matter as it reaches the domain: personal fields sealed, the citizen a random id."""

    at: datetime
    ticket: str
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
    code_digest: str
    facts: MatterFacts = NO_FACTS
    latitude: float | None = None
    longitude: float | None = None
    called_number: str = ""
    stated_due_at: datetime | None = None
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawTicket:
    """The citizen takes the matter back, by the code that the answer to it gave."""

    at: datetime
    ticket: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class AcknowledgeDiversion:
    """The emergency line has the matter."""

    at: datetime
    receipt: str


@dataclass(frozen=True, slots=True)
class CloseHistory:
    """The importer has sent everything up to `until`; it never moves back."""

    at: datetime
    import_id: str
    until: datetime
    final: bool


Command = SubmitMatter | WithdrawTicket | AcknowledgeDiversion | CloseHistory


def decider(rules: RuleSet, catalogue: Catalogue) -> Decider[Ticket, Command, Event]:
    """Intake under this rule set. It reacts to nobody's facts."""
    return Decider(Ticket(), decisions(rules, catalogue), evolve, lambda event, state, at: [])


def decisions(rules: RuleSet, catalogue: Catalogue) -> Callable[[Command, Ticket], Sequence[Event]]:
    """`decide` under this rule set."""

    def decide(command: Command, ticket: Ticket) -> Sequence[Event]:
        match command:
            case SubmitMatter():
                return submit(command, ticket, rules, catalogue)
            case WithdrawTicket():
                return withdraw(command, ticket)
            case AcknowledgeDiversion():
                return acknowledge(command, ticket)
            case CloseHistory():
                return close_history(command, ticket)
            case _:
                assert_never(command)

    return decide


def submit(
    command: SubmitMatter, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    if ticket.phase is not Phase.UNKNOWN:
        return []
    if not command.title.strip():
        raise NoTitle
    if abs(command.latitude or 0.0) > 90 or abs(command.longitude or 0.0) > 180:
        raise NotOnEarth
    if command.category not in catalogue.categories:
        raise UnknownCategory(command.category[:80])
    if command.area not in catalogue.areas:
        raise UnknownArea(command.area[:80])
    if unknown := unknown_words(command.facts):
        raise UnknownWord(*unknown)
    if command.facts.about_conduct and not command.facts.about_unit:
        raise ConductOfNobody
    rule = rules.decide(command.kind, command.facts)
    if rule is None:
        return [_received(command), _accepted(command, rules)]
    if rule.outcome is Outcome.DIVERT:
        return [_received(command), _diverted(command, rules, rule)]
    return [_received(command), _refused(command, rules, rule)]


def _about(facts: MatterFacts) -> str:
    """R2: only a complaint about the unit's own conduct bars the unit."""
    return facts.about_unit if facts.about_conduct else ""


def _received(command: SubmitMatter) -> TicketReceived:
    return TicketReceived(
        at=command.at,
        channel=command.channel,
        external_id=command.external_id,
        kind=command.kind,
        urgency=command.urgency,
        category=command.category,
        area=command.area,
        title=command.title,
        person_id=command.person_id,
        description=command.description,
        contact=command.contact,
        address=command.address,
        latitude=command.latitude,
        longitude=command.longitude,
        called_number=command.called_number,
        code_digest=command.code_digest,
        stated_due_at=command.stated_due_at,
        about_unit=_about(command.facts),
        confidential=command.confidential,
    )


def _accepted(command: SubmitMatter, rules: RuleSet) -> TicketAccepted:
    return TicketAccepted(
        at=command.at,
        rule_set=rules.id,
        rule_set_version=rules.version,
        kind=command.kind,
        urgency=command.urgency,
        category=command.category,
        area=command.area,
        title=command.title,
        stated_due_at=command.stated_due_at,
        about_unit=_about(command.facts),
    )


def _refused(command: SubmitMatter, rules: RuleSet, rule: Rule) -> TicketRefused:
    return TicketRefused(
        command.at,
        rules.id,
        rules.version,
        rule.number,
        rule.rule,
        rule.reason_zh,
        rule.reason_en,
        rule.right_place,
    )


def _diverted(command: SubmitMatter, rules: RuleSet, rule: Rule) -> TicketDiverted:
    line = rule.line_for(command.facts.emergency_line)
    receipt = f"{command.ticket}/{line}"
    return TicketDiverted(
        command.at, rules.id, rules.version, rule.number, rule.rule, line, receipt
    )


def withdraw(command: WithdrawTicket, ticket: Ticket) -> Sequence[Event]:
    """A wrong code learns no more than a wrong number."""
    if not ticket.opens(command.ticket, command.code):
        raise UnknownTicket
    if ticket.phase is Phase.WITHDRAWN:
        return []
    if ticket.phase is not Phase.ACCEPTED:
        raise NotOpen(ticket.phase.value)
    return [TicketWithdrawn(command.at, command.reason)]


def acknowledge(command: AcknowledgeDiversion, ticket: Ticket) -> Sequence[Event]:
    if ticket.phase is Phase.UNKNOWN:
        raise UnknownTicket
    if ticket.receipt != command.receipt or not ticket.receipt:
        raise NotDiverted
    if ticket.phase is Phase.ACKNOWLEDGED:
        return []
    return [DiversionAcknowledged(command.at, ticket.receipt, ticket.line)]


def close_history(command: CloseHistory, ticket: Ticket) -> Sequence[Event]:
    if command.until > command.at:
        raise FrontierAhead
    reached = ticket.history_until
    until = command.until if reached is None else max(reached, command.until)
    if until == reached and command.final <= ticket.history_final:
        return []
    if ticket.history_final:
        raise HistoryIsClosed
    return [HistoryClosed(command.at, command.import_id, until, command.final)]
