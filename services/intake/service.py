"""Intake, as the kernel runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.intake.adapters.codec import CODEC
from services.intake.adapters.desk import Desk
from services.intake.adapters.recent import RecentMatters, reads
from services.intake.adapters.registry import City
from services.intake.domain import commands
from services.intake.domain.deciding import decider
from services.intake.domain.events import (
    SupplementAsked,
    TicketAnswered,
    TicketLinked,
    TicketRefused,
    TicketTransferred,
)
from services.intake.domain.ticket import NotAccepted, Objection, Ticket
from services.kernel.service import CommandRule, Service

COMMANDS = (
    CommandRule("", commands.SubmitMatter, frozenset({"channel", "staff", "supervisor"})),
    CommandRule("withdraw", commands.WithdrawTicket, frozenset({"channel", "staff", "supervisor"})),
    CommandRule(
        "acknowledge-diversion",
        commands.AcknowledgeDiversion,
        frozenset({"channel", "staff", "supervisor"}),
    ),
    CommandRule("hand-back", commands.HandBack, frozenset({"channel", "staff", "supervisor"})),
    CommandRule(
        "report-unhelpful", commands.ReportUnhelpful, frozenset({"channel", "staff", "supervisor"})
    ),
    CommandRule("override", commands.OverrideDecision, frozenset({"staff", "supervisor"})),
    CommandRule("object", commands.ObjectToRefusal, frozenset({"channel", "staff", "supervisor"})),
    CommandRule("review-objection", commands.ReviewObjection, frozenset({"supervisor"})),
)


def service(city: City, desk: Desk, recent: RecentMatters | None = None) -> Service:
    """Stage 1 under the city's rules; `recent` is kept where matters are compared (R16)."""
    return Service(
        "intake",
        CODEC,
        decider(city.rules, city.catalogue),
        commands=COMMANDS,
        submit=desk.submit,
        confide=desk.confide,
        answer=told,
        views=() if recent is None else (recent,),
        reads=None if recent is None else reads,
        gather_s=0.02,
    )


def told(ticket: str, state: Ticket, events: Sequence[Any]) -> dict[str, Any]:
    """What the sender reads besides number and facts."""
    return outcome(state)


def outcome(state: Ticket) -> dict[str, Any]:
    """What became of the matter, and why, in words for the citizen (R10-R19) or the line (R11)."""
    found: dict[str, Any] = {"state": state.phase.value}
    if state.receipt:
        found["diversion"] = {"line": state.line, "receipt": state.receipt}
    if state.decision is not None:
        found |= _decision(state.decision)
    if state.objection is not Objection.NONE:
        found["objection"] = state.objection.value
    return found


def _decision(decision: NotAccepted) -> dict[str, Any]:
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
            return {"answer": _by_rule(decision) | {"article": decision.article}}
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
