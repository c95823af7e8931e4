"""Dispatch on the wire."""

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.dispatch.v1 import commands_pb2, events_pb2
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import events_pb2 as intake
from services.dispatch.domain import commands, events, reactions
from services.kernel.codec import Codec

CODEC = Codec(
    "dispatch",
    own=[
        (events.DispatchQueued, events_pb2.DispatchQueued),
        (events.TicketDispatched, events_pb2.TicketDispatched),
        (events.TicketRefiled, events_pb2.TicketRefiled),
        (events.DispatchConfirmed, events_pb2.DispatchConfirmed),
        (events.ReturnRequested, events_pb2.ReturnRequested),
        (events.ReturnGranted, events_pb2.ReturnGranted),
        (events.ReturnRefused, events_pb2.ReturnRefused),
        (events.ReturnWindowEnded, events_pb2.ReturnWindowEnded),
        (events.CitizenContacted, events_pb2.CitizenContacted),
        (events.ProgressNoted, events_pb2.ProgressNoted),
        (events.TicketReplied, events_pb2.TicketReplied),
        (events.ReplySentBack, events_pb2.ReplySentBack),
        (events.ReplyApproved, events_pb2.ReplyApproved),
        (events.TicketCompleted, events_pb2.TicketCompleted),
        (events.RedoOrdered, events_pb2.RedoOrdered),
        (events.TicketArchived, events_pb2.TicketArchived),
    ],
    foreign=[
        (reactions.TicketAccepted, intake.TicketAccepted),
        (reactions.CategoryCorrected, intake.CategoryCorrected),
        (reactions.TicketWithdrawn, intake.TicketWithdrawn),
        (reactions.VisitCompleted, evaluation.VisitCompleted),
        (reactions.ReturnWindowClosed, deadline.ReturnWindowClosed),
    ],
    commands=[
        (commands.DispatchTicket, commands_pb2.DispatchTicket),
        (commands.ConfirmDispatch, commands_pb2.ConfirmDispatch),
        (commands.RecordContact, commands_pb2.RecordContact),
        (commands.NoteProgress, commands_pb2.NoteProgress),
        (commands.RequestReturn, commands_pb2.RequestReturn),
        (commands.GrantReturn, commands_pb2.GrantReturn),
        (commands.RefuseReturn, commands_pb2.RefuseReturn),
        (commands.ReplyTicket, commands_pb2.ReplyTicket),
        (commands.SendBackReply, commands_pb2.SendBackReply),
        (commands.ApproveReply, commands_pb2.ApproveReply),
        (commands.OrderRedo, commands_pb2.OrderRedo),
        (commands.ArchiveTicket, commands_pb2.ArchiveTicket),
    ],
)
