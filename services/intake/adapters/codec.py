"""Intake on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hotline.intake.v1 import commands_pb2, events_pb2
from services.intake.domain import commands, ticket
from services.intake.domain.matter import Kind, MatterFacts, Urgency
from services.kernel.codec import Codec


@dataclass(frozen=True, slots=True)
class SubmittedMatter:
    """A matter as it arrives: its personal fields are still plain."""

    channel: str
    kind: Kind
    category: str
    area: str
    title: str
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


CODEC = Codec(
    "intake",
    own=[
        (ticket.TicketReceived, events_pb2.TicketReceived),
        (ticket.TicketAccepted, events_pb2.TicketAccepted),
        (ticket.TicketRefused, events_pb2.TicketRefused),
        (ticket.TicketDiverted, events_pb2.TicketDiverted),
        (ticket.DiversionAcknowledged, events_pb2.DiversionAcknowledged),
        (ticket.TicketWithdrawn, events_pb2.TicketWithdrawn),
        (ticket.HistoryClosed, events_pb2.HistoryClosed),
    ],
    commands=[
        (SubmittedMatter, commands_pb2.SubmitMatter),
        (commands.WithdrawTicket, commands_pb2.WithdrawTicket),
        (commands.AcknowledgeDiversion, commands_pb2.AcknowledgeDiversion),
    ],
)
