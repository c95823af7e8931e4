"""Deadline, as the kernel runs it."""

from __future__ import annotations

from hotline.intake.v1.events_pb2 import HistoryClosed
from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.domain import desk, supervision
from services.deadline.domain.reactions import decider_by
from services.deadline.domain.rulebook import Rulebook
from services.deadline.domain.views import expire, timers
from services.kernel.service import CommandRule, Service

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
        frontier=HistoryClosed,
        gather_s=0.2,
    )
