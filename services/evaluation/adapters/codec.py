"""Evaluation's facts and commands on the wire; fields are matched by name."""

from __future__ import annotations

from hotline.deadline.v1 import events_pb2 as deadline_pb
from hotline.dispatch.v1 import events_pb2 as dispatch_pb
from hotline.evaluation.v1 import commands_pb2 as commands_pb
from hotline.evaluation.v1 import events_pb2 as pb
from hotline.intake.v1 import events_pb2 as intake_pb
from services.evaluation.domain import commands, reactions, ticket, views
from services.kernel.codec import Codec

SOURCE = "evaluation"

_SCORES = [
    (ticket.ScoreBooked, pb.ScoreBooked),
    (ticket.ScoreTakenBack, pb.ScoreTakenBack),
]

CODEC = Codec(
    source=SOURCE,
    own=[
        (ticket.VisitScheduled, pb.VisitScheduled),
        (ticket.VisitAttempted, pb.VisitAttempted),
        (ticket.VisitCompleted, pb.VisitCompleted),
        (ticket.MissNoted, pb.MissNoted),
        (ticket.MissCleared, pb.MissCleared),
        (ticket.MissExcused, pb.MissExcused),
        *_SCORES,
    ],
    foreign=[
        (reactions.TicketCompleted, dispatch_pb.TicketCompleted),
        (reactions.TicketArchived, dispatch_pb.TicketArchived),
        (reactions.DeadlineMissed, deadline_pb.DeadlineMissed),
        (reactions.MissWithdrawn, deadline_pb.MissWithdrawn),
        (reactions.DisputeRuled, deadline_pb.DisputeRuled),
    ],
    commands=[
        (commands.RecordVisit, commands_pb.RecordVisit),
        (commands.RecordVisitAttempt, commands_pb.RecordVisitAttempt),
    ],
)

# What the live views count. Apart from CODEC, so that an acceptance, about which nothing is
# decided, does not make the worker load the ticket's state.
COUNTED = Codec(
    source=SOURCE,
    own=_SCORES,
    foreign=[(views.TicketAccepted, intake_pb.TicketAccepted)],
)
