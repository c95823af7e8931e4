"""What is done about it: contact, reply, completion (stages 3, 4 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.dispatch.domain.commands import (
    ApproveReply,
    ArchiveTicket,
    CloseFile,
    NoteProgress,
    OrderRedo,
    OrderRedoByRule,
    RecordContact,
    ReplyTicket,
    SendBackReply,
)
from services.dispatch.domain.directory import Rules
from services.dispatch.domain.events import (
    CitizenContacted,
    DispatchConfirmed,
    Event,
    ProgressNoted,
    RedoOrdered,
    ReplyApproved,
    ReplySentBack,
    TicketArchived,
    TicketCompleted,
    TicketReplied,
)
from services.dispatch.domain.placing import require_lead
from services.dispatch.domain.rejections import (
    AlreadyReplied,
    NoMoreRedo,
    NoReason,
    NoReply,
    NotAtUnit,
    NotCompleted,
    NotYourTicket,
    PromiseNotAhead,
)
from services.dispatch.domain.ticket import (
    AT_UNIT,
    OPEN,
    Phase,
    Ruling,
    Ticket,
)
from services.kernel.decider import replace

LONGEST_PROMISE = timedelta(days=3_660)


def contact(command: RecordContact, ticket: Ticket) -> Sequence[Event]:
    """One contact is a fact for the clock; what is said later is progress."""
    require_lead(command.unit, ticket)
    if ticket.contacted:
        return []
    return [
        *_confirmed_by_act(command.at, ticket),
        CitizenContacted(command.at, command.unit, command.note),
    ]


def note_progress(command: NoteProgress, ticket: Ticket) -> Sequence[Event]:
    """Never quiet: who notes the same again says that it is still so."""
    if command.unit != ticket.unit and command.unit not in ticket.co_handlers:
        raise NotYourTicket
    if ticket.phase not in AT_UNIT:
        raise NotAtUnit(ticket.phase.value)
    return [ProgressNoted(command.at, command.unit, command.note)]


def reply(command: ReplyTicket, ticket: Ticket) -> Sequence[Event]:
    require_lead(command.unit, ticket)
    _require_ahead(command.promised_by, command.at)
    replied = TicketReplied(
        command.at,
        command.unit,
        command.is_true,
        command.our_duty,
        command.contacted,
        command.solved,
        command.why_not,
        command.public_answer,
        command.internal_note,
        command.promised_by,
    )
    if ticket.phase is Phase.REPLIED and ticket.reply is not None:
        if replace(ticket.reply, at=command.at) == replied:
            return []
        raise AlreadyReplied
    return [*_confirmed_by_act(command.at, ticket), replied]


def _require_ahead(promised_by: datetime | None, at: datetime) -> None:
    if promised_by is None:
        return
    if promised_by.tzinfo is None or not timedelta() < promised_by - at < LONGEST_PROMISE:
        raise PromiseNotAhead


def _confirmed_by_act(at: datetime, ticket: Ticket) -> Sequence[Event]:
    """Who works on a ticket has it: the confirmation is recorded with the act's own time."""
    if ticket.phase not in AT_UNIT:
        raise NotAtUnit(ticket.phase.value)
    return [DispatchConfirmed(at, ticket.unit)] if ticket.phase is Phase.DISPATCHED else []


def send_back(command: SendBackReply, ticket: Ticket) -> Sequence[Event]:
    if ticket.phase in AT_UNIT and ticket.ruling is Ruling.SENT_BACK:
        return []
    if ticket.phase is not Phase.REPLIED:
        raise NoReply(ticket.phase.value)
    if not command.reason.strip():
        raise NoReason
    return [ReplySentBack(command.at, ticket.unit, command.reason)]


# Completion


def approve(command: ApproveReply, ticket: Ticket) -> Sequence[Event]:
    if ticket.phase is Phase.COMPLETED:
        return []
    if ticket.phase is not Phase.REPLIED or ticket.reply is None:
        raise NoReply(ticket.phase.value)
    return [
        ReplyApproved(command.at, ticket.unit, ticket.reply.at),
        TicketCompleted(
            command.at,
            ticket.unit,
            ticket.reply.solved,
            ticket.category,
            ticket.area,
            ticket.level,
            ticket.completions + 1,
        ),
    ]


def order_redo_by_rule(command: OrderRedoByRule, ticket: Ticket, rules: Rules) -> Sequence[Event]:
    if ticket.phase is not Phase.COMPLETED or ticket.redos >= rules.redos_by_rule:
        return []
    reason = "not solved or not satisfied at the return visit"
    return [RedoOrdered(command.at, ticket.unit, reason, ticket.redos + 1)]


def order_redo(command: OrderRedo, ticket: Ticket, rules: Rules) -> Sequence[Event]:
    if ticket.phase in AT_UNIT and ticket.ruling is Ruling.REDO:
        return []
    if ticket.phase is not Phase.COMPLETED:
        raise NotCompleted(ticket.phase.value)
    if ticket.redos >= rules.redos:
        raise NoMoreRedo
    if not command.reason.strip():
        raise NoReason
    return [RedoOrdered(command.at, ticket.unit, command.reason, ticket.redos + 1)]


def close_file(command: CloseFile, ticket: Ticket) -> Sequence[Event]:
    if ticket.phase not in OPEN | {Phase.COMPLETED}:
        return []
    return [TicketArchived(command.at, ticket.unit, command.reason, command.withdrawn_at)]


def archive(command: ArchiveTicket, ticket: Ticket) -> Sequence[Event]:
    if ticket.phase is Phase.ARCHIVED:
        return []
    if ticket.phase is not Phase.COMPLETED:
        raise NotCompleted(ticket.phase.value)
    return [TicketArchived(command.at, ticket.unit, command.reason)]
