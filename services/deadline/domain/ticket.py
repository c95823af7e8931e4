"""One ticket's clocks (stage 5): what happened to them, and the state it gives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.deadline.domain.lengths import Pause


@dataclass(frozen=True, slots=True)
class ClockStarted:
    """`due_at` is exclusive: the first instant that is too late (R21)."""

    at: datetime
    clock: str
    run: int
    unit: str
    started_at: datetime
    due_at: datetime
    provisional: bool
    policy: str
    calendar: str
    start_event: str
    basis: str
    stated_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClockPaused:
    at: datetime
    clock: str
    run: int
    reason: str
    paused_at: datetime


@dataclass(frozen=True, slots=True)
class ClockResumed:
    at: datetime
    clock: str
    run: int
    resumed_at: datetime
    due_at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class ClockStopped:
    at: datetime
    clock: str
    run: int
    unit: str
    stopped_at: datetime
    in_time: bool


@dataclass(frozen=True, slots=True)
class DeadlineMissed:
    at: datetime
    clock: str
    run: int
    unit: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class MissWithdrawn:
    at: datetime
    clock: str
    run: int
    unit: str
    due_at: datetime
    stopped_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnWindowClosed:
    at: datetime
    run: int
    unit: str
    due_at: datetime


Event = (
    ClockStarted
    | ClockPaused
    | ClockResumed
    | ClockStopped
    | DeadlineMissed
    | MissWithdrawn
    | ReturnWindowClosed
)


class Phase(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Clock:
    """The last run of one clock. `due_at` is the last known one, also while a pause is open."""

    name: str
    run: int
    unit: str
    phase: Phase
    started_at: datetime
    due_at: datetime
    start_event: str
    stated_due_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Clocks:
    """A ticket's clocks by name, and the limit that the matter itself states (R23)."""

    by_name: dict[str, Clock] = field(default_factory=dict)
    stated_due_at: datetime | None = None


def evolve(state: Clocks, event: Event) -> Clocks:
    """The state after the event; every event is taken, none is judged."""
    name = "return" if isinstance(event, ReturnWindowClosed) else event.clock
    clock = _moved(state.by_name.get(name), event)
    stated = state.stated_due_at
    if isinstance(event, ClockStarted) and event.stated_due_at is not None:
        stated = event.stated_due_at
    return Clocks({**state.by_name, name: clock}, stated)


def _moved(clock: Clock | None, event: Event) -> Clock:
    if isinstance(event, ClockStarted):
        stated = event.due_at if event.basis == "stated" else None
        return Clock(
            event.clock,
            event.run,
            event.unit,
            Phase.RUNNING,
            event.started_at,
            event.due_at,
            event.start_event,
            stated,
        )
    assert clock is not None, "a clock that never started cannot move"
    match event:
        case ClockPaused():
            pause = Pause(event.paused_at, None, event.reason)
            return replace(clock, phase=Phase.PAUSED, pauses=(*clock.pauses, pause))
        case ClockResumed():
            last = replace(clock.pauses[-1], end=event.resumed_at)
            pauses = (*clock.pauses[:-1], last)
            return replace(clock, phase=Phase.RUNNING, pauses=pauses, due_at=event.due_at)
        case ClockStopped():
            return replace(clock, phase=Phase.STOPPED)
        case DeadlineMissed():
            return replace(clock, missed=True)
        case MissWithdrawn():
            return replace(clock, missed=False)
        case ReturnWindowClosed():
            return replace(clock, phase=Phase.CLOSED)
