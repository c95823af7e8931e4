"""Intake, as the kernel runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hotline.intake.v1.events_pb2 import HistoryClosed
from services.intake.adapters.codec import CODEC, MissedCall, SubmittedMatter
from services.intake.adapters.desk import MISSED, Desk
from services.intake.adapters.recent import RecentMatters, reads
from services.intake.domain import commands, rejections
from services.intake.domain.channels import NO_SWITCHBOARD, Switchboard
from services.intake.domain.deciding import decider
from services.intake.domain.events import (
    Event,
    SupplementAsked,
    TicketAnswered,
    TicketLinked,
    TicketRefused,
    TicketTransferred,
)
from services.intake.domain.rules import Words
from services.intake.domain.ticket import NotAccepted, Objection, Ticket
from services.kernel.decider import Decider
from services.kernel.service import CommandRule, Service, View

Intake = Decider[Ticket, commands.Command, Event]
COMMANDS = (
    CommandRule("", commands.SubmitMatter, frozenset({"channel", "staff", "supervisor"})),
    CommandRule("withdraw", commands.WithdrawTicket, frozenset({"channel", "staff", "supervisor"})),
    CommandRule("urge-matter", commands.UrgeMatter, frozenset({"channel", "staff", "supervisor"})),
    CommandRule(
        "acknowledge-diversion",
        commands.AcknowledgeDiversion,
        frozenset({"channel", "staff", "supervisor"}),
    ),
    CommandRule("", commands.RecordMissedCall, frozenset({"channel", "staff", "supervisor"})),
    CommandRule("record-call", commands.RecordCall, frozenset({"channel", "staff", "supervisor"})),
    CommandRule("call-back", commands.CallBack, frozenset({"staff", "supervisor"})),
    CommandRule("hand-back", commands.HandBack, frozenset({"channel", "staff", "supervisor"})),
    CommandRule("return-transfer", commands.ReturnTransfer, frozenset({"channel"})),
    CommandRule(
        "report-unhelpful", commands.ReportUnhelpful, frozenset({"channel", "staff", "supervisor"})
    ),
    CommandRule("review-answer", commands.ReviewAnswer, frozenset({"staff", "supervisor"})),
    CommandRule("override", commands.OverrideDecision, frozenset({"staff", "supervisor"})),
    CommandRule("correct-category", commands.CorrectCategory, frozenset({"staff", "supervisor"})),
    CommandRule("object", commands.ObjectToRefusal, frozenset({"channel", "staff", "supervisor"})),
    CommandRule("review-objection", commands.ReviewObjection, frozenset({"supervisor"})),
)


def service(
    desk: Desk, recent: RecentMatters | None = None, more: tuple[View, ...] = ()
) -> Service:
    """Stage 1 under the city's rules; `recent` is kept where matters are compared (R16), `more`
    are its other views.
    """

    def told(ticket: str, state: Ticket, events: Sequence[Any]) -> dict[str, Any]:
        """What the sender reads besides number and facts."""
        at = events[-1].at if events else None
        return outcome(
            ticket, state, desk.books.at(at).catalogue.switchboard if at else NO_SWITCHBOARD
        )

    return Service(
        "intake",
        CODEC,
        _refusing_submissions(decider(desk.books.laid_down)),
        commands=COMMANDS,
        submit=desk.submit,
        submissions={MISSED: desk.submit_missed_call},
        frontier=HistoryClosed,
        confide=desk.confide,
        answer=told,
        views=more if recent is None else (recent, *more),
        reads=None if recent is None else reads,
        gather_s=0.1,
        hash_key=desk.vault.hash_key,
    )


def _refusing_submissions(decider: Intake) -> Intake:
    """A submission that was sent to a ticket is answered so, and parks nothing."""

    def decide(command: Any, ticket: Ticket) -> Sequence[Event]:
        if isinstance(command, SubmittedMatter | MissedCall):
            raise rejections.NotOnATicket
        return decider.decide(command, ticket)

    return replace(decider, decide=decide)


def outcome(ticket: str, state: Ticket, switchboard: Switchboard) -> dict[str, Any]:
    """What became of the matter, and why, in words for the citizen (R10-R19) or the line (R11),
    with the message that its channel has for that (R3)."""
    told = _decision(state.decision)
    if state.receipt:
        told = {"diversion": {"line": state.line, "receipt": state.receipt}}
    found: dict[str, Any] = {"state": state.phase.value} | told
    if state.handover is not None:
        found["handover"] = {"line": state.handover.line, "receipt": state.handover.receipt}
    if state.objection is not Objection.NONE:
        found["objection"] = state.objection.value
    channel = switchboard.channels.get(state.channel)
    template = channel.templates.get(state.phase) if channel else None
    if template:
        found["message"] = _filled(template, ticket, next(iter(told.values()), {}))
    return found


def _filled(template: Words, ticket: str, part: dict[str, Any]) -> dict[str, str]:
    """The channel's words with the values of that part of the answer in their places."""
    values = {
        "ticket": ticket,
        "right_place": part.get("right_place", ""),
        "line": part.get("line", ""),
        "missing": ", ".join(part.get("missing", ())),
        "earlier": part.get("ticket", ""),
    }
    reason = part.get("reason", {"zh": "", "en": ""})
    answer = part.get("text", reason)

    def told(language: str) -> dict[str, str]:
        answered = answer[language] or reason[language]  # of before answers were kept
        return values | {"reason": reason[language], "answer": answered}

    return {"zh": template.zh.format_map(told("zh")), "en": template.en.format_map(told("en"))}


def _decision(decision: NotAccepted | None) -> dict[str, Any]:
    """By what it is called in the answer; a diversion is told by line and receipt."""
    match decision:
        case TicketRefused():
            return {"refusal": _by_rule(decision) | {"right_place": decision.right_place}}
        case TicketTransferred():
            return {"transfer": _by_rule(decision) | {"line": decision.line}}
        case TicketLinked():
            return {"link": _by_rule(decision) | {"ticket": decision.earlier_ticket}}
        case SupplementAsked():
            return {"supplement": _by_rule(decision) | {"missing": list(decision.missing)}}
        case TicketAnswered():
            told = {"article": decision.article, "version_of_article": decision.article_version}
            text = {"zh": decision.answer_zh, "en": decision.answer_en}
            return {"answer": _by_rule(decision) | told | {"text": text}}
        case _:
            return {}


def _by_rule(
    decision: TicketRefused | TicketTransferred | TicketLinked | SupplementAsked | TicketAnswered,
) -> dict[str, Any]:
    return {
        "rule_set": decision.rule_set,
        "version": decision.rule_set_version,
        "number": decision.number,
        "rule": decision.rule,
        "reason": {"zh": decision.reason_zh, "en": decision.reason_en},
    }
