"""One ticket as dispatch knows it (stages 2, 3, 4 and 6): the state that its facts give."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from services.dispatch.domain.events import (
    CitizenContacted,
    DispatchConfirmed,
    DispatchQueued,
    Event,
    ProgressNoted,
    RedoOrdered,
    ReplyApproved,
    ReplySentBack,
    ReturnGranted,
    ReturnRefused,
    ReturnRequested,
    ReturnWindowEnded,
    TicketArchived,
    TicketCompleted,
    TicketDispatched,
    TicketRefiled,
    TicketReplied,
)


class Phase(StrEnum):
    """How far dispatch has brought the ticket."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    DISPATCHED = "dispatched"
    CONFIRMED = "confirmed"
    RETURN_ASKED = "return_asked"
    REPLIED = "replied"
    COMPLETED = "completed"
    ARCHIVED = "archived"


AT_UNIT = frozenset({Phase.DISPATCHED, Phase.CONFIRMED})
OPEN = AT_UNIT | {Phase.QUEUED, Phase.RETURN_ASKED, Phase.REPLIED}


class Ruling(StrEnum):
    """What the hotline last ruled, until the unit sends something new."""

    NONE = ""
    RETURN_GRANTED = "return_granted"
    RETURN_REFUSED = "return_refused"
    SENT_BACK = "sent_back"
    REDO = "redo"


class Ticket(NamedTuple):
    """The fold over dispatch's own stream.

    `returns` counts the requests, `redos` the redo orders, `completions` the approved replies;
    `has_replied` says whether the unit ever replied, `reply` is the one to review or approved;
    `refiled` that its category was corrected since the dispatch. A tuple, since every event makes
    a new one.
    """

    phase: Phase = Phase.UNKNOWN
    category: str = ""
    area: str = ""
    about_unit: str = ""
    unit: str = ""
    co_handlers: tuple[str, ...] = ()
    level: str = ""
    round: int = 0
    forced: bool = False
    returns: int = 0
    suggested_unit: str = ""
    window_ended: bool = False
    contacted: bool = False
    has_replied: bool = False
    reply: TicketReplied | None = None
    completions: int = 0
    redos: int = 0
    refiled: bool = False
    ruling: Ruling = Ruling.NONE


def evolve(state: Ticket, event: Event) -> Ticket:  # noqa: C901 - a table
    """The state after the event; every event is taken, none is judged."""
    match event:
        case DispatchQueued():
            return state._replace(
                phase=Phase.QUEUED,
                category=event.category,
                area=event.area,
                about_unit=event.about_unit,
            )
        case TicketDispatched():
            return _dispatched(state, event)
        case TicketRefiled():
            return state._replace(category=event.category, refiled=True)
        case DispatchConfirmed():
            return state._replace(phase=Phase.CONFIRMED)
        case ReturnRequested() | ReturnGranted() | ReturnRefused():
            return _returned(state, event)
        case ReplySentBack():
            return state._replace(phase=Phase.CONFIRMED, reply=None, ruling=Ruling.SENT_BACK)
        case ReturnWindowEnded():
            return state._replace(window_ended=True)
        case CitizenContacted():
            return state._replace(contacted=True)
        case ProgressNoted() | ReplyApproved():
            return state
        case TicketReplied():
            return state._replace(
                phase=Phase.REPLIED, reply=event, has_replied=True, ruling=Ruling.NONE
            )
        case TicketCompleted():
            return state._replace(phase=Phase.COMPLETED, completions=event.round)
        case RedoOrdered():
            return _sent_to_redo(state, event)
        case TicketArchived():
            return state._replace(phase=Phase.ARCHIVED)


def _dispatched(state: Ticket, event: TicketDispatched) -> Ticket:
    return state._replace(
        phase=Phase.DISPATCHED,
        category=event.category,
        area=event.area,
        about_unit=event.about_unit,
        unit=event.unit,
        co_handlers=event.co_handlers,
        level=event.level,
        round=event.round,
        forced=event.forced,
        suggested_unit="",
        window_ended=False,
        contacted=False,
        has_replied=False,
        reply=None,
        refiled=False,
    )


def _returned(state: Ticket, event: ReturnRequested | ReturnGranted | ReturnRefused) -> Ticket:
    match event:
        case ReturnRequested():
            return state._replace(
                phase=Phase.RETURN_ASKED,
                returns=event.number,
                suggested_unit=event.suggested_unit,
                ruling=Ruling.NONE,
            )
        case ReturnGranted():
            return state._replace(
                phase=Phase.QUEUED, unit="", co_handlers=(), ruling=Ruling.RETURN_GRANTED
            )
        case ReturnRefused():
            # Who asked for a return has the ticket: nothing is left to confirm.
            return state._replace(phase=Phase.CONFIRMED, ruling=Ruling.RETURN_REFUSED)


def _sent_to_redo(state: Ticket, event: RedoOrdered) -> Ticket:
    return state._replace(
        phase=Phase.CONFIRMED,
        contacted=False,
        reply=None,
        redos=event.number,
        ruling=Ruling.REDO,
    )
