"""Deadline, as the kernel runs it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.codec import HISTORY_CLOSED, PolicyCodec
from services.deadline.domain import desk, supervision
from services.deadline.domain.reactions import Happened, decider_by
from services.deadline.domain.rulebook import Rulebook
from services.deadline.domain.views import expire, timers
from services.kernel.service import CommandRule, Frontier, Service

UNIT = frozenset({"unit"})
HOTLINE = frozenset({"staff", "supervisor"})
SUPERVISOR = frozenset({"supervisor"})

COMMANDS = (
    CommandRule("request-extension", desk.RequestExtension, UNIT),
    CommandRule("grant-extension", desk.GrantExtension, HOTLINE),
    CommandRule("refuse-extension", desk.RefuseExtension, HOTLINE),
    CommandRule("pause-clocks", desk.PauseClocks, HOTLINE),
    CommandRule("resume-clocks", desk.ResumeClocks, HOTLINE),
    CommandRule("set-limit", desk.SetLimit, HOTLINE),
    CommandRule("urge", supervision.UrgeTicket, HOTLINE),
    CommandRule("answer-urge", supervision.AnswerUrge, UNIT),
    CommandRule("open-supervision", supervision.OpenSupervision, SUPERVISOR),
    CommandRule("issue-supervision", supervision.IssueSupervision, SUPERVISOR),
    CommandRule("answer-supervision", supervision.AnswerSupervision, UNIT),
    CommandRule("return-supervision", supervision.ReturnSupervision, SUPERVISOR),
    CommandRule("raise-supervision", supervision.RaiseSupervision, SUPERVISOR),
    CommandRule("close-supervision", supervision.CloseSupervision, SUPERVISOR),
    CommandRule("notify-bureau", supervision.NotifyBureau, SUPERVISOR),
    CommandRule("dispute-miss", supervision.DisputeMiss, UNIT),
    CommandRule("rule-dispute", supervision.RuleDispute, SUPERVISOR),
)


def service(rules: Rulebook, codec: PolicyCodec, clocks: ClocksView | None = None) -> Service:
    """Stage 5 under the city's policy and calendar, as they are in effect at each instant."""
    return Service(
        "deadline",
        codec,
        decider_by(rules),
        commands=COMMANDS,
        views=() if clocks is None else (clocks,),
        timers=timers(rules),
        expire=expire,
        frontier=frontier,
        gather_s=0.02,
    )


def frontier(event: Any) -> Frontier | None:
    """How far an import has come, from HistoryClosed."""
    if not isinstance(event, Happened) or event.type != HISTORY_CLOSED:
        return None
    until = event.values["until"]
    assert isinstance(until, datetime)
    return Frontier(str(event.values["import_id"]), until, bool(event.values["final"]))
