"""A matter comes in, and the rule set says what becomes of it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from services.intake.domain import events, rejections
from services.intake.domain.calling import answered
from services.intake.domain.categories import Catalogue, Element
from services.intake.domain.commands import SubmitMatter
from services.intake.domain.events import Event, TicketAccepted, TicketReceived
from services.intake.domain.hotlines import Hotline, Register
from services.intake.domain.lines import HandoverAcknowledged
from services.intake.domain.matter import (
    NO_FACTS,
    UNNAMED_UNIT,
    Case,
    Kind,
    MatterFacts,
    Progress,
    unknown_words,
)
from services.intake.domain.rules import Decision, Outcome, RuleSet
from services.intake.domain.ticket import Phase, Ticket, case_of

_FURTHEST_DUE = timedelta(days=3_653)


def submit(
    command: SubmitMatter, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    if ticket.phase is not Phase.UNKNOWN:
        return []
    _require_channel(command, catalogue)
    _require_sound(command, catalogue)
    day = catalogue.day(command.at)
    facts = _with_missing(command, _with_line(command.facts, catalogue.register, day), catalogue)
    kind = _kind(command, catalogue)
    line = _handed_over_by(command, rules, catalogue)
    called = catalogue.register.line(command.called_number, day)
    received = _received(command, kind, facts, called, line)
    case = case_of(received)
    decided = judged(command.at, command.ticket, received, case, rules, catalogue)
    call = answered(command, received.called_mode)
    return [received, *call, *_taken_over(command, line, received), decided]


def _require_channel(command: SubmitMatter, catalogue: Catalogue) -> None:
    """R3: what is imported came through channels of its own time."""
    if command.stated is None:
        return
    switchboard, name = catalogue.switchboard, command.channel
    channel = switchboard.channel(name) if command.call is None else switchboard.telephone(name)
    # R11: an emergency goes on whatever its channel may state.
    channel.require(command.by, () if command.facts.emergency_ongoing else command.stated)


def _handed_over_by(command: SubmitMatter, rules: RuleSet, catalogue: Catalogue) -> str:
    """R11: the line that hands it over, by its own channel or in a call that somebody records whom
    the telephone channel names. Nobody else speaks for one, and no emergency is refused for it.
    An import's channels are those of its time."""
    line = command.handed_over_by
    if not line:
        return ""
    is_own = command.stated is None or _is_own(command, catalogue)
    if line in rules.emergency_lines and is_own:
        return line
    if command.facts.emergency_ongoing:
        return ""
    if line not in rules.emergency_lines:
        raise rejections.NotAnEmergencyLine(line[:80])
    raise rejections.NotTheLinesOwn(line)


def _is_own(command: SubmitMatter, catalogue: Catalogue) -> bool:
    channel = catalogue.switchboard.channel(command.channel)
    speaks = command.call is not None or channel.line == command.handed_over_by
    return speaks and command.by in channel.callers


def _require_sound(command: SubmitMatter, catalogue: Catalogue) -> None:
    if not command.title.strip():
        raise rejections.NoTitle
    if abs(command.latitude or 0.0) > 90 or abs(command.longitude or 0.0) > 180:
        raise rejections.NotOnEarth
    stated = command.stated_due_at
    if stated is not None and not timedelta() < stated - command.at <= _FURTHEST_DUE:
        raise rejections.StatedDueImplausible
    if not catalogue.knows(command.category, command.at):
        now = catalogue.tree.current(command.category, catalogue.day(command.at))
        moved = [f"now {now}"] if now != command.category else []
        raise rejections.UnknownCategory(command.category[:80], *moved)
    if command.area not in catalogue.areas:
        raise rejections.UnknownArea(command.area[:80])
    if command.transferred_at is not None and command.transferred_at > command.at:
        raise rejections.TransferAhead
    article = command.facts.kb_answer
    if article and not catalogue.answers(article, command.at):
        raise rejections.UnknownArticle(article[:80])
    if unknown := unknown_words(command.facts):
        raise rejections.UnknownWord(*unknown)


def _kind(command: SubmitMatter, catalogue: Catalogue) -> Kind:
    """R1: the one stated, else the category's or that of a node above it."""
    kind = command.kind or catalogue.tree.kind(command.category)
    if kind is None:
        raise rejections.NoKind(f"kind is missing, and {command.category[:80]} has no default")
    return kind


def _with_line(facts: MatterFacts, register: Register, day: date) -> MatterFacts:
    try:
        return register.transferable(facts, day)
    except LookupError:
        raise rejections.UnknownSubCentre(facts.sub_centre[:80]) from None


def _with_missing(command: SubmitMatter, facts: MatterFacts, catalogue: Catalogue) -> MatterFacts:
    """R18: what the category requires and nobody stated is missing too."""
    given = {
        element
        for element, is_given in {
            Element.DESCRIPTION: bool(command.description),
            Element.CONTACT: bool(command.contact),
            Element.ADDRESS: bool(command.address),
            Element.PLACE: bool(command.address) or command.latitude is not None,
        }.items()
        if is_given
    }
    more = [e for e in catalogue.tree.missing(command.category, given) if e not in facts.missing]
    return dataclasses.replace(facts, missing=(*facts.missing, *more)) if more else facts


def _received(
    command: SubmitMatter, kind: Kind, facts: MatterFacts, called: Hotline | None, line: str
) -> TicketReceived:
    """`line` hands it over (R11): from there, and just now, unless the command says otherwise."""
    return TicketReceived(
        at=command.at,
        channel=command.channel,
        external_id=command.external_id,
        kind=kind,
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
        about_unit=_about(facts),
        confidential=command.confidential,
        facts=None if facts is NO_FACTS or facts == NO_FACTS else facts,
        repeats_being_handled=_repeats(command, Progress.BEING_HANDLED),
        repeats_handled=_repeats(command, Progress.HANDLED),
        related=tuple(e.ticket for e in command.earlier if e.same_matter and not e.is_repeated),
        received_by=command.by,
        called_mode=called.mode if called else "",
        transferred_by=command.transferred_by or line,
        transferred_at=command.transferred_at or (command.at if line else None),
    )


def _about(facts: MatterFacts) -> str:
    """R2: no unit bears that name, so a matter about an unnamed one waits for a dispatcher."""
    return (facts.about_unit or UNNAMED_UNIT) if facts.about_conduct else ""


def _repeats(command: SubmitMatter, progress: Progress) -> tuple[str, ...]:
    repeated = (e for e in command.earlier if e.is_repeated and e.progress is progress)
    return tuple(earlier.ticket for earlier in repeated)


def judged(
    at: datetime,
    ticket: str,
    received: TicketReceived,
    case: Case,
    rules: RuleSet,
    catalogue: Catalogue,
) -> Event:
    """What the rule set makes of the case."""
    decision = rules.decide(case)
    match decision.outcome:
        case Outcome.ACCEPT:
            return accepted(at, received, rules, catalogue)
        case Outcome.REFUSE:
            return events.TicketRefused(
                at, *_named(rules, decision), *_words(decision),
                decision.right_place.both, decision.matched,
            )  # fmt: skip
        case Outcome.DIVERT:
            receipt = receipt_of(ticket, received, decision.to)
            return events.TicketDiverted(
                at, *_named(rules, decision), decision.to, receipt, decision.matched
            )
        case Outcome.ASK:
            return events.SupplementAsked(
                at, *_named(rules, decision), decision.missing, *_words(decision), decision.matched
            )
        case _:
            return _sent_on(at, rules, decision, catalogue)


def _taken_over(command: SubmitMatter, line: str, received: TicketReceived) -> Sequence[Event]:
    """R11, the way back: acknowledged in the moment in which it is handed over."""
    if not line:
        return []
    receipt = receipt_of(command.ticket, received, f"{line}-back")
    return [HandoverAcknowledged(command.at, line, command.handover_reference, receipt)]


def receipt_of(ticket: str, received: TicketReceived, line: str) -> str:
    """R11: what the line acknowledges by. 128 bits, drawn from the random person id (96 bits) and
    the digest of the ticket's code (60): nobody finds it who does not read the ticket's facts."""
    return receipt_from(line, received.person_id, received.code_digest, ticket)


def receipt_from(line: str, *drawn: str) -> str:
    """The line, and 32 digits: as hard to guess as what they are drawn from."""
    whole = "/".join((*drawn, line))
    return f"{line}-{hashlib.sha256(whole.encode()).hexdigest()[:32]}"


def _sent_on(at: datetime, rules: RuleSet, decision: Decision, catalogue: Catalogue) -> Event:
    """To a sub-centre, an earlier ticket, or an article, with what that says (R5)."""
    named, words = _named(rules, decision), _words(decision)
    match decision.outcome:
        case Outcome.TRANSFER:
            return events.TicketTransferred(at, *named, decision.to, *words, decision.matched)
        case Outcome.LINK:
            return events.TicketLinked(at, *named, decision.to, *words, decision.matched)
        case _:
            said = catalogue.articles.get(decision.to)
            told = (said.version, said.answer.zh, said.answer.en) if said else ()
            return events.TicketAnswered(at, *named, decision.to, *words, decision.matched, *told)


def accepted(
    at: datetime, received: TicketReceived, rules: RuleSet, catalogue: Catalogue
) -> TicketAccepted:
    """With limit (R23) and directory hint (R4) of the category as it is on the day."""
    day = catalogue.day(at)
    return TicketAccepted(
        at=at,
        rule_set=rules.id,
        rule_set_version=rules.version,
        kind=received.kind,
        urgency=received.urgency,
        category=received.category,
        area=received.area,
        title=received.title,
        stated_due_at=received.stated_due_at,
        about_unit=received.about_unit,
        statutory_days=catalogue.tree.limit_days(received.category, day),
        directory_hint=catalogue.tree.hint(received.category, day),
    )


def _named(rules: RuleSet, decision: Decision) -> tuple[str, str, int, str]:
    return rules.id, rules.version, decision.number, decision.rule


def _words(decision: Decision) -> tuple[str, str]:
    return decision.reason.zh, decision.reason.en
