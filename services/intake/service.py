"""Intake, as the kernel runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.intake.adapters.codec import CODEC
from services.intake.adapters.desk import Desk
from services.intake.adapters.registry import City
from services.intake.domain import commands
from services.intake.domain.ticket import Ticket
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
        gather_s=0.02,
    )


def told(ticket: str, state: Ticket, events: Sequence[Any]) -> dict[str, Any]:
    """What the sender reads besides number and facts."""
    return outcome(state)


def outcome(state: Ticket) -> dict[str, Any]:
    """What became of the matter, and why, in words for the citizen (R10-R19) or the line (R11)."""
    found: dict[str, Any] = {"state": state.phase.value}
    if state.refusal is not None:
        found["refusal"] = {
            "rule_set": state.refusal.rule_set,
            "version": state.refusal.rule_set_version,
            "number": state.refusal.number,
            "rule": state.refusal.rule,
            "reason": {"zh": state.refusal.reason_zh, "en": state.refusal.reason_en},
            "right_place": state.refusal.right_place,
        }
    if state.receipt:
        found["diversion"] = {"line": state.line, "receipt": state.receipt}
    return found
