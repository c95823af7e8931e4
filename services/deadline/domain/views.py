"""Rows that are read: timers, and the clocks of each ticket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.deadline.domain.commands import ExpireClock
from services.deadline.domain.events import (
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    Event,
    ExtensionGranted,
    LimitSet,
    MissWithdrawn,
    ReturnWindowClosed,
    Ruling,
)
from services.deadline.domain.policy import Policy
from services.kernel.decider import ClearTimer, SetTimer, TimerChange


def timers(policy: Policy) -> Callable[[Event], Sequence[TimerChange]]:
    """The timer changes of an own event; a timer is named `<clock>/<run>`."""

    def change(event: Event) -> Sequence[TimerChange]:
        if isinstance(event, ClockResumed) and event.due_at <= event.resumed_at:
            return []  # it was late before it was paused: that miss stands already
        if isinstance(event, ClockStarted | ClockResumed):
            name = f"{event.clock}/{event.run}"
            return [SetTimer(name, event.due_at, policy.sources[event.clock])]
        if isinstance(event, ReturnWindowClosed):
            return [ClearTimer(f"return/{event.run}")]
        if isinstance(event, ExtensionGranted | LimitSet) and event.due_at is not None:
            name = f"{event.clock}/{event.run}"
            return [SetTimer(name, event.due_at, policy.sources[event.clock])]
        if isinstance(event, MissWithdrawn | Ruling):
            return []
        return [ClearTimer(f"{event.clock}/{event.run}")]

    return change


def expire(name: str, due_at: datetime) -> ExpireClock:
    """The command of a due timer."""
    clock, _, run = name.rpartition("/")
    return ExpireClock(due_at, clock, int(run))


@dataclass(frozen=True, slots=True)
class ClockView:
    """One run of a clock, as clerks read it; `due_at` is None while a pause is open (R26)."""

    ticket: str
    clock: str
    run: int
    unit: str
    state: str
    started_at: datetime
    due_at: datetime | None
    missed: bool = False


def clock_row(row: ClockView | None, ticket: str, event: Event) -> ClockView | None:
    """The row after the event; views never reject."""
    if isinstance(event, ClockStarted):
        return ClockView(
            ticket, event.clock, event.run, event.unit, "running", event.started_at, event.due_at
        )
    if row is None:
        return None
    match event:
        case ClockPaused():
            return replace(row, state="paused", due_at=None)
        case ClockResumed():
            return replace(row, state="running", due_at=event.due_at)
        case ClockStopped():
            return replace(row, state="stopped")
        case DeadlineMissed():
            return replace(row, missed=True)
        case MissWithdrawn():
            return replace(row, missed=False)
        case ReturnWindowClosed():
            return replace(row, state="closed")
        case _:
            return replace(row, due_at=_ruled_due_at(event) or row.due_at)


def _ruled_due_at(event: Ruling) -> datetime | None:
    return event.due_at if isinstance(event, ExtensionGranted | LimitSet) else None
