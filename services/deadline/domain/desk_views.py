"""Rows that the hotline's desk reads: open applications (R22), and what a calendar moved (R27)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.deadline.domain.course import unanswered
from services.deadline.domain.events import (
    ClockReplanned,
    Event,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    HotlineAlarmed,
)


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application for more working days that waits for its answer."""

    ticket: str
    clock: str
    run: int
    working_days: int
    unit: str
    reason: str
    document: str
    asked_at: datetime
    alarmed: bool = False


@dataclass(frozen=True, slots=True)
class MovedView:
    """A clock that a calendar moved, and between which instants."""

    ticket: str
    clock: str
    run: int
    unit: str
    calendar: str
    old_due_at: datetime
    due_at: datetime


Waiting = tuple[ApplicationView, ...]
Applied = ExtensionAsked | ExtensionGranted | ExtensionRefused | HotlineAlarmed


def applications(waiting: Waiting, ticket: str, event: Applied) -> Waiting:
    """Those of one run of a clock after the event, in the order in which they were asked."""
    match event:
        case ExtensionAsked():
            asked = ApplicationView(
                ticket, event.clock, event.run, event.working_days, event.unit, event.reason,
                event.document, event.at,
            )  # fmt: skip
            return (*(a for a in waiting if a.working_days != event.working_days), asked)
        case HotlineAlarmed():
            return tuple(replace(application, alarmed=True) for application in waiting)
        case ExtensionGranted():
            left = unanswered(tuple(a.working_days for a in waiting), event.working_days)
            return tuple(a for a in waiting if a.working_days in left)
        case ExtensionRefused():
            return tuple(a for a in waiting if a.working_days != event.working_days)


def moved(ticket: str, event: Event) -> MovedView | None:
    """None for what no calendar moved: a corrected category did, or the warning alone was."""
    if not isinstance(event, ClockReplanned) or event.length or event.due_at is None:
        return None
    if event.due_at == event.old_due_at:
        return None
    return MovedView(
        ticket, event.clock, event.run, event.unit, event.calendar, event.old_due_at, event.due_at
    )
