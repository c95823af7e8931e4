"""One run of a clock (stage 5): the state that the facts give."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from services.deadline.domain.course import unanswered
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
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    HotlineAlarmed,
    LimitSet,
    MissDisputed,
    MissWithdrawn,
    Moving,
    ReturnWindowClosed,
    Ruling,
    UnitReminded,
    UnitUrged,
)
from services.deadline.domain.lengths import INSTANT, Pause
from services.kernel.decider import Value, replace

UNANSWERED = "unanswered"  # the mark of the alarm before an application lapses (R22)


class Phase(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CLOSED = "closed"


class Limit(Value):
    """A limit of the matter (R23), and how many extensions had been granted before.

    One that came after the miss moves this clock no more: it is for the next unit's. One that came
    while the clock stood is `waiting` until it goes on (R26).
    """

    length: str
    special: bool
    after: int
    for_next: bool = False
    waiting: bool = False


class Clock(Value):
    """The last run of one clock. `due_at` is the last known one, also while a pause is open.

    `asked` and `extensions` are working days, of applications that wait and of what was granted;
    `asked_at` is when the last one came.
    `rung` counts the steps of the ladder after a miss, and `climbs_at` is when the next one comes;
    `dispute` is disputed, then ruled.
    `warn_at` is the next warning that comes while it runs; `heard` the marks of those that came.
    `limit_days` is the statutory limit of the category that it is held to (R23); `filed_before`
    that and its length before the last correction.
    `provisional`: the year of its due instant was not published when it was planned (R28).
    `limited_at` is when its last limit took force, perhaps after the due instant that it gives.
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
    imported: bool = False
    calendar: str = ""
    rung: int = 0
    dispute: str = ""
    warn_at: datetime | None = None
    warn_mark: str = ""
    heard: tuple[str, ...] = ()
    level: str = ""
    limit_days: int = 0
    asked_at: datetime | None = None
    filed_before: tuple[str, int] | None = None
    limited_at: datetime | None = None
    provisional: bool = False
    climbs_at: datetime | None = None

    @property
    def opened(self) -> Pause | None:
        """The pause that is open; one that was open when the clock stopped stays so."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].end is None else None

    def is_late(self, at: datetime) -> bool:
        """Whether the clock, standing still in an open pause, was due when it came to `at`."""
        return (min(at, self.opened.start) if self.opened else at) >= self.due_at

    def asked_anew(self, at: datetime) -> Clock:
        """The alarm is for each application (R22): one that came for those before is forgotten."""
        heard = tuple(mark for mark in self.heard if mark != UNANSWERED)
        return replace(self, heard=heard, asked_at=at)


def started(last: Clock | None, event: ClockStarted) -> Clock:
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
        stated_due_at=event.due_at if event.basis == "stated" else None,
        length=event.length,
        imported=event.imported,
        calendar=event.calendar,
        warn_at=event.warn_at,
        warn_mark=event.warn_mark,
        level=event.level,
        limit_days=event.limit_days,
        provisional=event.provisional,
        limits=tuple(replace(limit, after=0, for_next=False, waiting=False) for limit in stricter),
    )


def moved(clock: Clock | None, event: Moving) -> Clock:
    assert clock is not None, "a clock that never started cannot move"
    match event:
        case ClockWarned():
            return _to_be_warned(replace(clock, heard=(*clock.heard, event.mark)), event)
        case HotlineAlarmed():
            return _to_be_warned(replace(clock, heard=(*clock.heard, UNANSWERED)), event)
        case ClockPaused():
            pauses = (*clock.pauses, Pause(event.paused_at, None, event.reason))
            return replace(clock, phase=Phase.PAUSED, pauses=pauses, warn_at=None)
        case ClockResumed():
            last = replace(clock.pauses[-1], end=event.resumed_at)
            pauses = (*clock.pauses[:-1], last)
            limits = tuple(replace(limit, waiting=False) for limit in clock.limits)
            limited_at = event.resumed_at if limits != clock.limits else clock.limited_at
            resumed = replace(
                clock, phase=Phase.RUNNING, pauses=pauses, limits=limits, due_at=event.due_at,
                limited_at=limited_at, provisional=event.provisional,
                climbs_at=event.ladder_at or clock.climbs_at,
            )  # fmt: skip
            return _to_be_warned(resumed, event)
        case ClockStopped():
            return replace(clock, phase=Phase.STOPPED, stopped_at=event.stopped_at)
        case DeadlineMissed():
            return replace(clock, missed=True, climbs_at=event.ladder_at)
        case MissWithdrawn():
            end = None if clock.stopped_at is None else event.stopped_at
            return replace(clock, missed=False, stopped_at=end, rung=0, dispute="")
        case ReturnWindowClosed():
            return replace(clock, phase=Phase.CLOSED)
        case UnitReminded() | UnitUrged():
            return replace(clock, rung=clock.rung + 1, climbs_at=event.next_at)
        case _:
            return _ruled(clock, event)


def _to_be_warned(
    clock: Clock, event: ClockWarned | HotlineAlarmed | ClockResumed | Ruling
) -> Clock:
    return replace(clock, warn_at=event.warn_at, warn_mark=event.warn_mark)


def _planned(clock: Clock, event: ExtensionGranted | LimitSet | ClockReplanned) -> Clock:
    """Of a clock that stands no due instant is said."""
    if event.due_at is None:
        return clock
    return replace(clock, due_at=event.due_at, provisional=event.provisional)


def _still_to_come(clock: Clock) -> datetime:
    """Of a clock that stands: as known, but after it stood still; it is planned when it goes on."""
    if clock.opened is None:
        return clock.due_at
    return max(clock.due_at, clock.opened.start + INSTANT)


def _ruled(clock: Clock, event: Ruling | Disputing) -> Clock:
    match event:
        case ExtensionAsked():
            asked = replace(clock.asked_anew(event.at), asked=(*clock.asked, event.working_days))
            return _to_be_warned(asked, event) if event.due_at else asked
        case ExtensionGranted():
            extensions = (*clock.extensions, event.working_days)
            left = unanswered(clock.asked, event.working_days)
            extended = replace(_planned(clock, event), asked=left, extensions=extensions)
            return _to_be_warned(extended, event)
        case ExtensionRefused():
            refused = replace(clock, asked=clock.asked[1:])
            return _to_be_warned(refused, event) if event.due_at else refused
        case LimitSet():
            stands = clock.phase is Phase.PAUSED and not clock.missed
            limit = Limit(event.length, event.special, len(clock.extensions), clock.missed, stands)
            limits = (*clock.limits, limit)
            since = clock.limited_at if clock.missed else event.at
            limited = replace(_planned(clock, event), limits=limits, limited_at=since)
            return _to_be_warned(limited, event)
        case ClockReplanned():
            known = replace(clock, due_at=_still_to_come(clock), calendar=event.calendar)
            replanned = _planned(known, event)
            if event.length:
                replanned = replace(replanned, length=event.length, limit_days=event.limit_days)
            return _to_be_warned(replanned, event)
        case MissDisputed() | DisputeRuled():
            return replace(
                clock, dispute="ruled" if isinstance(event, DisputeRuled) else "disputed"
            )
