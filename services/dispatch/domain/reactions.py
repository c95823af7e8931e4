"""What dispatch does about the facts of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from services.dispatch.domain.commands import (
    CloseFile,
    Command,
    EndReturnWindow,
    OrderRedoByRule,
    PlaceTicket,
)
from services.dispatch.domain.decisions import decider as decisions
from services.dispatch.domain.directory import Directory
from services.dispatch.domain.ticket import Event, Phase, Ticket, evolve
from services.kernel.decider import Decider


@dataclass(frozen=True, slots=True)
class TicketAccepted:
    at: datetime
    category: str
    area: str
    about_unit: str


@dataclass(frozen=True, slots=True)
class TicketWithdrawn:
    at: datetime


@dataclass(frozen=True, slots=True)
class VisitCompleted:
    at: datetime
    solved: bool
    satisfied: bool
    exhausted: bool


@dataclass(frozen=True, slots=True)
class ReturnWindowClosed:
    at: datetime
    unit: str


Foreign = TicketAccepted | TicketWithdrawn | VisitCompleted | ReturnWindowClosed


def react(event: Foreign, ticket: Ticket, at: datetime) -> Sequence[Command]:
    """Quiet on repeats: each command looks at the state again."""
    if isinstance(event, TicketAccepted):
        return [PlaceTicket(at, event.category, event.area, event.about_unit, event.at)]
    if ticket.phase is Phase.UNKNOWN:
        return []
    match event:
        case TicketWithdrawn():
            return [CloseFile(at, "withdrawn")]
        case VisitCompleted():
            return _after_visit(event, at)
        case ReturnWindowClosed():
            return [EndReturnWindow(at, event.unit)]
        case _:
            assert_never(event)


def _after_visit(event: VisitCompleted, at: datetime) -> Sequence[Command]:
    if event.exhausted:
        return [CloseFile(at, "visits exhausted")]
    if event.solved and event.satisfied:
        return [CloseFile(at, "solved at the return visit")]
    return [OrderRedoByRule(at)]


def decider(directory: Directory) -> Decider[Ticket, Command, Event]:
    """Dispatch under this directory."""
    return Decider(Ticket(), decisions(directory), evolve, react)
