"""One ticket's clocks (stage 5): the state that the facts give."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.deadline.domain.events import (
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    Event,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    LimitSet,
    MissWithdrawn,
    Moving,
    ReturnWindowClosed,
    Ruling,
)
from services.deadline.domain.lengths import Pause


class Phase(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the matter (R23), and how many extensions had been granted before."""

    length: str
    special: bool
    after: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The last run of one clock. `due_at` is the last known one, also while a pause is open.

    `asked` and `extensions` are working days, of applications that wait and of what was granted.
    """

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
    stopped_at: datetime | None = None
    length: str = ""
    asked: tuple[int, ...] = ()
    extensions: tuple[int, ...] = ()
    limits: tuple[Limit, ...] = ()

    @property
    def opened(self) -> Pause | None:
        """The pause that is open; one that was open when the clock stopped stays so."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].end is None else None

    def is_late(self, at: datetime) -> bool:
        """Whether the clock, standing still in an open pause, was due when it came to `at`."""
        return (min(at, self.opened.start) if self.opened else at) >= self.due_at


@dataclass(frozen=True, slots=True)
class Clocks:
    """A ticket's clocks by name, and what its later clocks need to know of the matter.

    `missed_runs` are earlier runs that ended in a miss: a late fact may still prove it wrong.
    """

    by_name: dict[str, Clock] = field(default_factory=dict)
    stated_due_at: datetime | None = None
    kind: str = ""
    urgency: str = ""
    category: str = ""
    missed_runs: tuple[Clock, ...] = ()


def evolve(state: Clocks, event: Event) -> Clocks:
    """The state after the event; every event is taken, none is judged."""
    name = "return" if isinstance(event, ReturnWindowClosed) else event.clock
    last = state.by_name.get(name)
    if isinstance(event, ClockStarted):
        return _with_start(state, last, event)
    if last is not None and last.run != event.run:
        rest = tuple(c for c in state.missed_runs if (c.name, c.run) != (name, event.run))
        return replace(state, missed_runs=rest)
    return replace(state, by_name={**state.by_name, name: _moved(last, event)})


def _with_start(state: Clocks, last: Clock | None, event: ClockStarted) -> Clocks:
    missed = (last,) if last is not None and last.missed else ()
    return Clocks(
        {**state.by_name, event.clock: _started(last, event)},
        event.stated_due_at or state.stated_due_at,
        event.kind or state.kind,
        event.urgency or state.urgency,
        event.category or state.category,
        (*state.missed_runs, *missed),
    )


def _started(last: Clock | None, event: ClockStarted) -> Clock:
    """A stricter limit belongs to the matter and passes on to the next unit (R23)."""
    stricter = [] if last is None else [limit for limit in last.limits if not limit.special]
    return Clock(
        event.clock,
        event.run,
        event.unit,
        Phase.RUNNING,
        event.started_at,
        event.due_at,
        event.start_event,
        event.due_at if event.basis == "stated" else None,
        length=event.length,
        limits=tuple(replace(limit, after=0) for limit in stricter),
    )


def _moved(clock: Clock | None, event: Moving) -> Clock:
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
            return replace(clock, phase=Phase.STOPPED, stopped_at=event.stopped_at)
        case DeadlineMissed():
            return replace(clock, missed=True)
        case MissWithdrawn():
            end = None if clock.stopped_at is None else event.stopped_at
            return replace(clock, missed=False, stopped_at=end)
        case ReturnWindowClosed():
            return replace(clock, phase=Phase.CLOSED)
        case _:
            return _ruled(clock, event)


def _ruled(clock: Clock, event: Ruling) -> Clock:
    match event:
        case ExtensionAsked():
            return replace(clock, asked=(*clock.asked, event.working_days))
        case ExtensionGranted():
            extensions = (*clock.extensions, event.working_days)
            due = event.due_at or clock.due_at
            return replace(clock, asked=clock.asked[1:], extensions=extensions, due_at=due)
        case ExtensionRefused():
            return replace(clock, asked=clock.asked[1:])
        case LimitSet():
            limit = Limit(event.length, event.special, len(clock.extensions))
            due = event.due_at or clock.due_at
            return replace(clock, limits=(*clock.limits, limit), due_at=due)
