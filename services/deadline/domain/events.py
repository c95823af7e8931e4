"""What happened to a ticket's clocks (stage 5): the facts of deadline.

`warn_at` and `warn_mark` are the next warning that a clock has then before it (R25), if any.
"""

from __future__ import annotations

from datetime import datetime

from services.deadline.domain.care_events import Caring
from services.kernel.decider import Value


class ClockStarted(Value):
    """`due_at` is exclusive: the first instant that is too late (R21).

    `statutory_days` is the limit of the matter's category, `limit_days` what of it holds for this
    clock (R23); 0: none.
    """

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
    imported: bool = False
    warn_at: datetime | None = None
    warn_mark: str = ""
    level: str = ""
    statutory_days: int = 0
    limit_days: int = 0
    start_type: str = ""


class ClockWarned(Value):
    """`mark` says how much is used, `50%` or `80%` of the counted days, or left, as `2h`."""

    at: datetime
    clock: str
    run: int
    unit: str
    mark: str
    due_at: datetime
    warn_at: datetime | None = None
    warn_mark: str = ""


class ClockPaused(Value):
    at: datetime
    clock: str
    run: int
    reason: str
    paused_at: datetime


class ClockResumed(Value):
    at: datetime
    clock: str
    run: int
    resumed_at: datetime
    due_at: datetime
    provisional: bool
    ladder_at: datetime | None = None
    warn_at: datetime | None = None
    warn_mark: str = ""


class ClockStopped(Value):
    """The type and id of the fact that ended it are empty where an end is judged again."""

    at: datetime
    clock: str
    run: int
    unit: str
    stopped_at: datetime
    in_time: bool
    end_type: str = ""
    end_event: str = ""


class DeadlineMissed(Value):
    at: datetime
    clock: str
    run: int
    unit: str
    due_at: datetime
    hotline_silent: bool = False
    ladder_at: datetime | None = None


class MissWithdrawn(Value):
    """`stopped_at` is None where a notice moved the clock, which nothing ended (R27)."""

    at: datetime
    clock: str
    run: int
    unit: str
    due_at: datetime
    stopped_at: datetime | None


class ReturnWindowClosed(Value):
    at: datetime
    run: int
    unit: str
    due_at: datetime


class ExtensionAsked(Value):
    """`due_at` is None while a pause is open, and in facts that plan no alarm."""

    at: datetime
    clock: str
    run: int
    unit: str
    working_days: int
    reason: str
    document: str
    due_at: datetime | None = None
    warn_at: datetime | None = None
    warn_mark: str = ""


class HotlineAlarmed(Value):
    """R22: applications for so many working days wait unanswered, and lapse at `due_at`."""

    at: datetime
    clock: str
    run: int
    unit: str
    working_days: tuple[int, ...]
    due_at: datetime
    warn_at: datetime | None = None
    warn_mark: str = ""


class ExtensionGranted(Value):
    """`due_at` is None while a pause is open."""

    at: datetime
    clock: str
    run: int
    unit: str
    working_days: int
    due_at: datetime | None
    provisional: bool
    by: str
    warn_at: datetime | None = None
    warn_mark: str = ""


class ExtensionRefused(Value):
    at: datetime
    clock: str
    run: int
    unit: str
    working_days: int
    reason: str
    by: str
    by_silence: bool = False
    due_at: datetime | None = None
    warn_at: datetime | None = None
    warn_mark: str = ""


class LimitSet(Value):
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
    warn_at: datetime | None = None
    warn_mark: str = ""


class UnitReminded(Value):
    at: datetime
    clock: str
    run: int
    unit: str
    due_at: datetime
    next_at: datetime | None


class UnitUrged(Value):
    at: datetime
    clock: str
    run: int
    unit: str
    due_at: datetime
    next_at: datetime | None


class MissDisputed(Value):
    at: datetime
    clock: str
    run: int
    unit: str
    reason: str


class DisputeRuled(Value):
    at: datetime
    clock: str
    run: int
    unit: str
    excused: bool
    reason: str
    by: str


class MatterChanged(Value):
    """The matter is filed elsewhere (R4): later clocks are chosen by these words."""

    at: datetime
    kind: str
    urgency: str
    category: str
    statutory_days: int = 0
    corrected_at: datetime | None = None


class MatterWithdrawn(Value):
    """The citizen withdrew the matter, says `end_event`: a clock that began before, and is heard of
    later, ends then (R27)."""

    at: datetime
    withdrawn_at: datetime
    end_event: str


class ClockReplanned(Value):
    """By a changed calendar, or under another `length`, empty where it keeps its own.

    With a length comes the statutory limit that holds for it then, `limit_days` (R23).
    `due_at` is None while a pause is open.
    """

    at: datetime
    clock: str
    run: int
    unit: str
    due_at: datetime | None
    provisional: bool
    calendar: str
    old_due_at: datetime
    by: str
    warn_at: datetime | None = None
    warn_mark: str = ""
    length: str = ""
    policy: str = ""
    corrected_at: datetime | None = None
    limit_days: int = 0


Ruling = ExtensionAsked | ExtensionGranted | ExtensionRefused | LimitSet | ClockReplanned
Rung = UnitReminded | UnitUrged
Disputing = MissDisputed | DisputeRuled
Moving = (
    ClockWarned
    | HotlineAlarmed
    | ClockPaused
    | ClockResumed
    | ClockStopped
    | DeadlineMissed
    | MissWithdrawn
    | ReturnWindowClosed
    | Ruling
    | Rung
    | Disputing
)
OfMatter = MatterChanged | MatterWithdrawn
Event = ClockStarted | Moving | OfMatter | Caring
