"""What dispatch decides: the table from command to decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from services.dispatch.domain import handling, placing
from services.dispatch.domain.commands import (
    ApproveReply,
    ArchiveTicket,
    CloseFile,
    Command,
    ConfirmDispatch,
    DispatchTicket,
    EndReturnWindow,
    GrantReturn,
    NoteProgress,
    OrderRedo,
    OrderRedoByRule,
    PlaceTicket,
    RecordContact,
    RefileTicket,
    RefuseReturn,
    ReplyTicket,
    RequestReturn,
    SendBackReply,
)
from services.dispatch.domain.directory import Directories
from services.dispatch.domain.events import (
    Event,
)
from services.dispatch.domain.rejections import UnknownTicket
from services.dispatch.domain.ticket import (
    Phase,
    Ticket,
)


def decider(directories: Directories) -> Callable[[Command, Ticket], Sequence[Event]]:
    """`decide` under the directory in effect at the command's own time."""

    def decide(command: Command, ticket: Ticket) -> Sequence[Event]:
        if ticket.phase is Phase.UNKNOWN and not isinstance(command, PlaceTicket):
            raise UnknownTicket
        match command:
            case PlaceTicket():
                return placing.place(command, ticket, directories(command.at))
            case RefileTicket():
                return placing.refile(command, ticket, directories(command.at))
            case DispatchTicket():
                return placing.dispatch(command, ticket, directories(command.at))
            case GrantReturn():
                return placing.grant_return(command, ticket, directories(command.at))
            case RequestReturn():
                return placing.request_return(command, ticket, directories(command.at).rules)
            case OrderRedo():
                return handling.order_redo(command, ticket, directories(command.at).rules)
            case OrderRedoByRule():
                return handling.order_redo_by_rule(command, ticket, directories(command.at).rules)
            case _:
                return _decide_at_unit(command, ticket)

    return decide


def _decide_at_unit(  # noqa: C901 - a table
    command: ConfirmDispatch
    | RecordContact
    | NoteProgress
    | RefuseReturn
    | ReplyTicket
    | SendBackReply
    | ApproveReply
    | ArchiveTicket
    | CloseFile
    | EndReturnWindow,
    ticket: Ticket,
) -> Sequence[Event]:
    match command:
        case ConfirmDispatch():
            return placing.confirm(command, ticket)
        case RecordContact():
            return handling.contact(command, ticket)
        case NoteProgress():
            return handling.note_progress(command, ticket)
        case RefuseReturn():
            return placing.refuse_return(command, ticket)
        case ReplyTicket():
            return handling.reply(command, ticket)
        case SendBackReply():
            return handling.send_back(command, ticket)
        case ApproveReply():
            return handling.approve(command, ticket)
        case ArchiveTicket():
            return handling.archive(command, ticket)
        case CloseFile():
            return handling.close_file(command, ticket)
        case EndReturnWindow():
            return placing.end_return_window(command, ticket)
        case _:
            assert_never(command)
