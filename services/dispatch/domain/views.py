"""The unit's work list: one row per ticket that is not archived. Row in, fact in, row out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch.domain.ticket import (
    CitizenContacted,
    DispatchConfirmed,
    DispatchQueued,
    Event,
    Phase,
    ProgressNoted,
    RedoOrdered,
    ReplySentBack,
    ReturnGranted,
    ReturnRefused,
    ReturnRequested,
    TicketArchived,
    TicketCompleted,
    TicketDispatched,
    TicketReplied,
)


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A ticket as its unit's list shows it; without a unit it waits for a dispatcher.

    `dispatched_at` is None until then; `updated_at` is the time of the last act.
    """

    ticket: str
    unit: str
    state: Phase
    category: str
    area: str
    level: str
    dispatched_at: datetime | None
    updated_at: datetime


_STATES: dict[type, Phase] = {
    DispatchConfirmed: Phase.CONFIRMED,
    ReturnRequested: Phase.RETURN_ASKED,
    ReturnRefused: Phase.CONFIRMED,
    TicketReplied: Phase.REPLIED,
    ReplySentBack: Phase.CONFIRMED,
    TicketCompleted: Phase.COMPLETED,
    RedoOrdered: Phase.CONFIRMED,
}


def worklist(row: WorkRow | None, ticket: str, event: Event) -> WorkRow | None:
    """The ticket's row after the event; None: it is in nobody's list."""
    match event:
        case DispatchQueued():
            return _waiting(ticket, event)
        case TicketDispatched():
            return _dispatched(ticket, event)
        case TicketArchived():
            return None
    if row is None:
        return None
    match event:
        case ReturnGranted():
            return replace(row, unit="", level="", state=Phase.QUEUED, updated_at=event.at)
        case CitizenContacted() | ProgressNoted():
            return replace(row, updated_at=event.at)
        case _:
            state = _STATES.get(type(event))
            return replace(row, state=state, updated_at=event.at) if state else row


def _waiting(ticket: str, event: DispatchQueued) -> WorkRow:
    return WorkRow(
        ticket, "", Phase.QUEUED, event.category, event.area, "", None, updated_at=event.at
    )


def _dispatched(ticket: str, event: TicketDispatched) -> WorkRow:
    return WorkRow(
        ticket,
        event.unit,
        Phase.DISPATCHED,
        event.category,
        event.area,
        event.level,
        dispatched_at=event.at,
        updated_at=event.at,
    )
