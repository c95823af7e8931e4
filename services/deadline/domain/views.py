"""Rows that are read: timers, and the clocks of each ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.care_events import (
    BureauNotified,
    Caring,
    SupervisionOpened,
)
from services.deadline.domain.commands import ExpireClock
from services.deadline.domain.events import (
    ClockPaused,
    ClockReplanned,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    ClockWarned,
    DeadlineMissed,
    DisputeRuled,
    Disputing,
    Event,
    ExtensionGranted,
    HotlineAlarmed,
    LimitSet,
    MissDisputed,
    MissWithdrawn,
    OfMatter,
    ReturnWindowClosed,
    Ruling,
    Rung,
)
from services.deadline.domain.policy import Policy
from services.deadline.domain.rulebook import Rulebook
from services.deadline.domain.supervision import ClimbLadder
from services.deadline.domain.warnings import next_working_time
from services.kernel.decider import ClearTimer, SetTimer, TimerChange

LADDER = "ladder:"
ENDED = ("stopped", "closed")  # states in which there is nothing left to extend


def timers(rules: Rulebook) -> Callable[[Event], Sequence[TimerChange]]:
    """The timer changes of an own event; a timer is named `<clock>/<run>`."""

    def change(event: Event) -> Sequence[TimerChange]:
        policy, calendar = rules(event.at)
        if isinstance(event, OfMatter):
            return []
        if isinstance(event, Caring | Rung | DeadlineMissed):
            return list(_ladder(event, policy, calendar))
        if isinstance(event, MissWithdrawn):
            return [ClearTimer(f"{LADDER}{event.clock}/{event.run}")]
        if isinstance(event, ReturnWindowClosed):
            return [ClearTimer(f"return/{event.run}")]
        return _of_a_clock(event, policy, calendar)

    return change


def _of_a_clock(
    event: ClockStarted
    | ClockWarned
    | HotlineAlarmed
    | ClockPaused
    | ClockResumed
    | ClockStopped
    | Ruling
    | Disputing,
    policy: Policy,
    calendar: Calendar,
) -> Sequence[TimerChange]:
    """One timer per run, which moves on: from warning to warning, then to the due instant."""
    name, sources = f"{event.clock}/{event.run}", policy.sources[event.clock]
    match event:
        case ClockResumed() if event.ladder_at is not None:
            desk = policy.rows[event.clock].desk
            told_at = _told_at(event.ladder_at, calendar, desk=desk)
            return [SetTimer(f"{LADDER}{name}", told_at, sources)]
        case ClockResumed() if event.due_at <= event.resumed_at:
            return []  # it was late before it was paused: that miss stands already
        case ClockStarted() | ClockWarned() | HotlineAlarmed() | ClockResumed():
            return [SetTimer(name, event.warn_at or event.due_at, sources)]
        case MissDisputed() | DisputeRuled():
            return []
        case ClockStopped() if event.in_time:
            return [ClearTimer(name)]
        case ClockStopped() | ClockPaused():
            return [ClearTimer(name), ClearTimer(f"{LADDER}{name}")]
        case _ if event.due_at is not None:
            return [SetTimer(name, event.warn_at or event.due_at, sources)]
    return []


def _ladder(
    event: Caring | Rung | DeadlineMissed, policy: Policy, calendar: Calendar
) -> Iterator[TimerChange]:
    """The timer of the next step after a miss, never before this one; gone with the last (R25)."""
    if not isinstance(event, Rung | DeadlineMissed | SupervisionOpened | BureauNotified):
        return
    if not event.clock:
        return
    run = f"{event.clock}/{event.run}"
    if isinstance(event, DeadlineMissed):
        yield ClearTimer(run)
        next_at = event.ladder_at
    else:
        next_at = None if isinstance(event, BureauNotified) else event.next_at
    if next_at is not None:
        units = event.units if isinstance(event, SupervisionOpened) else (event.unit,)
        told_at = max(_told_at(next_at, calendar, desk=not any(units)), event.at)
        yield SetTimer(f"{LADDER}{run}", told_at, policy.sources[event.clock])
    elif not isinstance(event, DeadlineMissed):
        yield ClearTimer(f"{LADDER}{run}")


def _told_at(step_at: datetime, calendar: Calendar, *, desk: bool) -> datetime:
    """A unit is told in working time: a step at night or on a day off fires when the next begins.

    The hotline's own desk is told at any time.
    """
    return step_at if desk else next_working_time(step_at, calendar)


def expire(name: str, due_at: datetime) -> ExpireClock | ClimbLadder:
    """The command of a due timer."""
    clock, _, run = name.rpartition("/")
    if clock.startswith(LADDER):
        return ClimbLadder(due_at, clock.removeprefix(LADDER), int(run))
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


def _ruled_due_at(event: Event) -> datetime | None:
    return event.due_at if isinstance(event, ExtensionGranted | LimitSet | ClockReplanned) else None
