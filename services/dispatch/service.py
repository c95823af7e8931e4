"""Dispatch, as the kernel runs it."""

from __future__ import annotations

from hotline.intake.v1.events_pb2 import HistoryClosed
from services.dispatch.adapters.codec import CODEC
from services.dispatch.domain import commands
from services.dispatch.domain.directory import Directories
from services.dispatch.domain.reactions import decider_by
from services.kernel.service import CommandRule, Service

UNIT = frozenset({"unit"})
HOTLINE = frozenset({"staff", "supervisor"})
SUPERVISOR = frozenset({"supervisor"})

COMMANDS = (
    CommandRule("dispatch", commands.DispatchTicket, HOTLINE),
    CommandRule("confirm", commands.ConfirmDispatch, UNIT),
    CommandRule("contact", commands.RecordContact, UNIT),
    CommandRule("note", commands.NoteProgress, UNIT),
    CommandRule("request-return", commands.RequestReturn, UNIT),
    CommandRule("grant-return", commands.GrantReturn, HOTLINE),
    CommandRule("refuse-return", commands.RefuseReturn, HOTLINE),
    CommandRule("reply", commands.ReplyTicket, UNIT),
    CommandRule("send-back", commands.SendBackReply, HOTLINE),
    CommandRule("approve", commands.ApproveReply, HOTLINE),
    CommandRule("order-redo", commands.OrderRedo, SUPERVISOR),
    CommandRule("archive", commands.ArchiveTicket, SUPERVISOR),
)


def service(directories: Directories) -> Service:
    """Stages 2, 3, 4 and 6 under the city's directory, as it is in effect at each instant."""
    return Service(
        "dispatch",
        CODEC,
        decider_by(directories),
        commands=COMMANDS,
        frontier=HistoryClosed,
        gather_s=0.05,
        hurried=True,
    )
