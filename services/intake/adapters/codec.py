"""Intake on the wire."""

from __future__ import annotations

from datetime import datetime

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.intake.v1 import commands_pb2, events_pb2
from services.intake.domain import articles, calls, commands, deciding, events, lines
from services.intake.domain.calls import AnsweredCall
from services.intake.domain.matter import Kind, MatterFacts, Urgency
from services.kernel.codec import Codec
from services.kernel.decider import Value


class SubmittedMatter(Value):
    """A matter as it arrives: its personal fields are still plain. Without a kind it is of its
    category's (R1)."""

    channel: str
    category: str
    area: str
    title: str
    kind: Kind | None = None
    urgency: Urgency = Urgency.NORMAL
    external_id: str = ""
    description: str = ""
    contact: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    called_number: str = ""
    facts: MatterFacts | None = None
    stated_due_at: datetime | None = None
    confidential: bool = False
    transferred_by: str = ""
    transferred_at: datetime | None = None
    new_circumstance: bool = False
    call: AnsweredCall | None = None
    handed_over_by: str = ""
    handover_reference: str = ""


class MissedCall(Value):
    """A missed call as it arrives: the caller's number is still plain."""

    channel: str
    called_number: str
    waited_s: int
    caller: str
    external_id: str = ""


CODEC = Codec(
    "intake",
    own=[
        (events.TicketReceived, events_pb2.TicketReceived),
        (events.TicketAccepted, events_pb2.TicketAccepted),
        (events.TicketRefused, events_pb2.TicketRefused),
        (events.TicketDiverted, events_pb2.TicketDiverted),
        (events.DiversionAcknowledged, events_pb2.DiversionAcknowledged),
        (events.TicketWithdrawn, events_pb2.TicketWithdrawn),
        (events.MatterUrged, events_pb2.MatterUrged),
        (events.HistoryClosed, events_pb2.HistoryClosed),
        (events.PersonForgotten, events_pb2.PersonForgotten),
        (events.DiversionRepeated, events_pb2.DiversionRepeated),
        (events.DiversionReturned, events_pb2.DiversionReturned),
        (events.TicketTransferred, events_pb2.TicketTransferred),
        (events.TicketLinked, events_pb2.TicketLinked),
        (events.SupplementAsked, events_pb2.SupplementAsked),
        (events.SupplementSupplied, events_pb2.SupplementSupplied),
        (events.TicketAnswered, events_pb2.TicketAnswered),
        (events.AnswerUnhelpful, events_pb2.AnswerUnhelpful),
        (lines.TransferReturned, events_pb2.TransferReturned),
        (lines.HandoverAcknowledged, events_pb2.HandoverAcknowledged),
        (articles.AnswerReviewed, events_pb2.AnswerReviewed),
        (articles.ArticleOverdue, events_pb2.ArticleOverdue),
        (events.DecisionOverridden, events_pb2.DecisionOverridden),
        (events.RefusalObjected, events_pb2.RefusalObjected),
        (events.ObjectionReviewed, events_pb2.ObjectionReviewed),
        (events.CategoryCorrected, events_pb2.CategoryCorrected),
        (calls.CallAnswered, events_pb2.CallAnswered),
        (calls.CallMissed, events_pb2.CallMissed),
        (calls.CalledBack, events_pb2.CalledBack),
    ],
    foreign=[(deciding.DeadlineMissed, deadline.DeadlineMissed)],
    commands=[
        (SubmittedMatter, commands_pb2.SubmitMatter),
        (MissedCall, commands_pb2.RecordMissedCall),
        (commands.RecordCall, commands_pb2.RecordCall),
        (commands.CallBack, commands_pb2.CallBack),
        (commands.WithdrawTicket, commands_pb2.WithdrawTicket),
        (commands.UrgeMatter, commands_pb2.UrgeMatter),
        (commands.AcknowledgeDiversion, commands_pb2.AcknowledgeDiversion),
        (commands.HandBack, commands_pb2.HandBack),
        (commands.ReturnTransfer, commands_pb2.ReturnTransfer),
        (commands.ReportUnhelpful, commands_pb2.ReportUnhelpful),
        (commands.ReviewAnswer, commands_pb2.ReviewAnswer),
        (commands.OverrideDecision, commands_pb2.OverrideDecision),
        (commands.CorrectCategory, commands_pb2.CorrectCategory),
        (commands.ObjectToRefusal, commands_pb2.ObjectToRefusal),
        (commands.ReviewObjection, commands_pb2.ReviewObjection),
    ],
)
