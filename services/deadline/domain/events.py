"""What happened to a ticket's clocks (stage 5): the facts of deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
    kind: str = ""
    urgency: str = ""
    category: str = ""
    length: str = ""


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
    hotline_silent: bool = False


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


@dataclass(frozen=True, slots=True)
class ExtensionAsked:
    at: datetime
    clock: str
    run: int
    unit: str
    working_days: int
    reason: str
    document: str


@dataclass(frozen=True, slots=True)
class ExtensionGranted:
    """`due_at` is None while a pause is open."""

    at: datetime
    clock: str
    run: int
    unit: str
    working_days: int
    due_at: datetime | None
    provisional: bool
    by: str


@dataclass(frozen=True, slots=True)
class ExtensionRefused:
    at: datetime
    clock: str
    run: int
    unit: str
    working_days: int
    reason: str
    by: str
    by_silence: bool = False


@dataclass(frozen=True, slots=True)
class LimitSet:
    """`due_at` is None while a pause is open."""

    at: datetime
    clock: str
    run: int
    unit: str
    length: str
    special: bool
    document: str
    due_at: datetime | None
    provisional: bool
    by: str


Ruling = ExtensionAsked | ExtensionGranted | ExtensionRefused | LimitSet
Moving = (
    ClockPaused
    | ClockResumed
    | ClockStopped
    | DeadlineMissed
    | MissWithdrawn
    | ReturnWindowClosed
    | Ruling
)
Event = ClockStarted | Moving
