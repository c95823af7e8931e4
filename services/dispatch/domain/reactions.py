"""What dispatch does about the facts of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from services.dispatch.domain.commands import (
    CloseFile,
    Command,
    EndReturnWindow,
    OrderRedoByRule,
    PlaceTicket,
    RefileTicket,
)
from services.dispatch.domain.decisions import decider as decisions
from services.dispatch.domain.directory import Directories, Directory, always
from services.dispatch.domain.events import (
    Event,
)
from services.dispatch.domain.ticket import (
    OPEN,
    Phase,
    Ticket,
    evolve,
)
from services.kernel.decider import Decider, Value


class TicketAccepted(Value):
    at: datetime
    category: str
    area: str
    about_unit: str
    directory_hint: str = ""


class CategoryCorrected(Value):
    at: datetime
    category: str
    directory_hint: str = ""


class TicketWithdrawn(Value):
    at: datetime


class VisitCompleted(Value):
    """`round` is that of the completion that was visited."""

    at: datetime
    round: int
    solved: bool
    satisfied: bool
    exhausted: bool


class ReturnWindowClosed(Value):
    at: datetime
    unit: str


Foreign = TicketAccepted | CategoryCorrected | TicketWithdrawn | VisitCompleted | ReturnWindowClosed


def react(event: Foreign, ticket: Ticket, at: datetime) -> Sequence[Command]:
    """Quiet on repeats: each command looks at the state again."""
    match event:
        case TicketAccepted():
            return [_place(event, at)]
        case CategoryCorrected() if ticket.phase is Phase.UNKNOWN:
            return []
        case CategoryCorrected():
            return [RefileTicket(at, event.category, event.directory_hint)]
        case TicketWithdrawn():
            return [CloseFile(at, "withdrawn", event.at)] if ticket.phase in OPEN else []
        case VisitCompleted():
            return _after_visit(event, ticket, at)
        case ReturnWindowClosed():
            return [] if ticket.phase is Phase.UNKNOWN else [EndReturnWindow(at, event.unit)]
        case _:
            assert_never(event)


def _place(event: TicketAccepted, at: datetime) -> PlaceTicket:
    here = event.category, event.area, event.about_unit
    return PlaceTicket(at, *here, event.at, event.directory_hint)


def _after_visit(event: VisitCompleted, ticket: Ticket, at: datetime) -> Sequence[Command]:
    """R29. A visit speaks of its own round only; after a redo it says nothing any more."""
    if ticket.phase is not Phase.COMPLETED or event.round != ticket.completions:
        return []
    if event.exhausted:
        return [CloseFile(at, "visits exhausted")]
    if event.solved and event.satisfied:
        return [CloseFile(at, "solved at the return visit")]
    return [OrderRedoByRule(at)]


def decider(directory: Directory) -> Decider[Ticket, Command, Event]:
    """Dispatch under this directory."""
    return decider_by(always(directory))


def decider_by(directories: Directories) -> Decider[Ticket, Command, Event]:
    """Dispatch under the directory in effect at the time of each command."""
    return Decider(Ticket(), decisions(directories), evolve, react)
