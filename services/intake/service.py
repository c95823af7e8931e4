"""Intake, as the kernel runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.intake.adapters.codec import CODEC
from services.intake.adapters.desk import Desk
from services.intake.adapters.registry import City
from services.intake.domain import commands
from services.intake.domain.ticket import Ticket, TicketDiverted, TicketRefused
from services.kernel.service import CommandRule, Service

COMMANDS = (
    CommandRule("", commands.SubmitMatter, frozenset({"channel", "staff", "supervisor"})),
    CommandRule("withdraw", commands.WithdrawTicket, frozenset({"channel", "staff", "supervisor"})),
    CommandRule(
        "acknowledge-diversion",
        commands.AcknowledgeDiversion,
        frozenset({"channel", "staff", "supervisor"}),
    ),
)


def service(city: City, desk: Desk) -> Service:
    """Stage 1 under the city's rules."""
    return Service(
        "intake",
        CODEC,
        commands.decider(city.rules, city.catalogue),
        commands=COMMANDS,
        submit=desk.submit,
        answer=told,
    )


def told(ticket: str, state: Ticket, events: Sequence[Any]) -> dict[str, Any]:
    """What the sender reads besides number and facts: the state, and why (R2)."""
    answer: dict[str, Any] = {"state": state.phase.value}
    for event in events:
        if isinstance(event, TicketRefused):
            answer["refusal"] = {
                "rule_set": event.rule_set,
                "version": event.rule_set_version,
                "number": event.number,
                "rule": event.rule,
                "reason": {"zh": event.reason_zh, "en": event.reason_en},
                "right_place": event.right_place,
            }
        elif isinstance(event, TicketDiverted):
            answer["diversion"] = {"line": event.line, "receipt": event.receipt}
    return answer
