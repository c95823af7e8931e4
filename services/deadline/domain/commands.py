"""What reactions and timers do to a clock: start, pause, resume, stop, expire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.deadline.domain import course as rules
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.clock import Clock, Phase
from services.deadline.domain.course import Course, due_of, passed_on
from services.deadline.domain.events import (
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    Event,
    ExtensionRefused,
    MissWithdrawn,
    ReturnWindowClosed,
)
from services.deadline.domain.filing import Filing, filed_since
from services.deadline.domain.lengths import (
    Pause,
    Until,
    length_to_text,
)
from services.deadline.domain.planned import (
    course_of,
    is_provisional,
    limits_of,
    statutory_of,
    to_be_warned,
)
from services.deadline.domain.policy import Policy
from services.deadline.domain.ticket import Clocks
from services.deadline.domain.warnings import STEPS, ladder, next_warning
from services.kernel.decider import Value, replace

WITHDRAWN = "hotline.intake.v1.TicketWithdrawn"


class StartClock(Value):
    """`started_at` is the act's own time; `stated_due_at` and `kind` are the matter's, if any."""

    at: datetime
    clock: str
    unit: str
    started_at: datetime
    start_event: str
    stated_due_at: datetime | None = None
    kind: str = ""
    urgency: str = ""
    category: str = ""
    level: str = ""
    imported: bool = False
    statutory_days: int = 0
    start_type: str = ""


class PauseClock(Value):
    at: datetime
    clock: str
    paused_at: datetime
    reason: str


class ResumeClock(Value):
    at: datetime
    clock: str
    resumed_at: datetime


class StopClock(Value):
    """By a fact of that type and id."""

    at: datetime
    clock: str
    stopped_at: datetime
    end_type: str = ""
    end_event: str = ""
    acted_at: datetime | None = None

    def end_of(self, clock: Clock) -> datetime | None:
        """When it ended that run. A withdrawal says nothing of one that began after it, such as a
        redo ordered since; the archive that follows ends that when it is made (`acted_at`)."""
        if clock.started_at <= self.stopped_at:
            return self.stopped_at
        if self.end_type == WITHDRAWN:
            return None
        return max(self.acted_at or self.stopped_at, clock.started_at)


class ExpireClock(Value):
    """The due instant has come and silence is proven; `at` is the due instant."""

    at: datetime
    clock: str
    run: int


def start(
    command: StartClock, clock: Clock | None, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    if clock is not None and clock.start_event == command.start_event:
        return []
    row = policy.rows[command.clock]
    stated = (command.stated_due_at or state.stated_due_at) if row.stated_limit else None
    if row.due_field:
        stated = command.stated_due_at
    filed = filed_since(state.filings, command.started_at)[0]
    matter = _matter(command, state, filed)
    length = policy.length(row.name, matter)
    known = limits_of(clock.limits) if clock else ()
    limits = passed_on(Course(length, command.started_at, limits=known), command.started_at).limits
    bounds = length if stated is None else Until(stated)
    statutory = command.statutory_days or filed.statutory_days
    held_to = statutory if row.statutory and stated is None else 0
    law = statutory_of(held_to)
    course = Course(bounds, command.started_at, limits=limits, statutory=law)
    due = due_of(course, calendar)
    assert due is not None, "without a pause there is a due instant"
    unit = "" if row.desk else command.unit
    rule = None if command.imported or row.window else row.warnings
    warning = next_warning(course, calendar, rule, command.at, desk=not unit)
    started = ClockStarted(
        at=command.at,
        clock=command.clock,
        run=1 if clock is None else clock.run + 1,
        unit=unit,
        started_at=command.started_at,
        due_at=due,
        provisional=is_provisional(course, due, calendar),
        policy=policy.version,
        calendar=f"{calendar.id}@{calendar.version}",
        start_event=command.start_event,
        basis="length" if stated is None else "stated",
        stated_due_at=None if row.due_field else command.stated_due_at,
        kind=matter["kind"] if state.refiled else command.kind,
        urgency=matter["urgency"] if state.refiled else command.urgency,
        category=matter["category"] if state.refiled else command.category,
        length=length_to_text(length),
        imported=command.imported,
        warn_at=warning.at if warning else None,
        warn_mark=warning.mark if warning else "",
        level=command.level,
        statutory_days=statutory,
        limit_days=held_to,
        start_type=command.start_type,
    )
    return [*_superseded(command, clock, policy), started]


def _superseded(command: StartClock, clock: Clock | None, policy: Policy) -> Sequence[Event]:
    """A run that nothing ended yet gives way to the next: at most one of a kind runs."""
    if clock is None or clock.phase not in (Phase.RUNNING, Phase.PAUSED):
        return []
    by = command.start_type, command.start_event
    return _stopped(command.at, clock, command.started_at, by, policy)


def _matter(command: StartClock, state: Clocks, filed: Filing) -> dict[str, str]:
    """What the length is chosen by, as it was filed at the start: what intake corrects later comes
    after it (R27). The fact's own words, unless intake had corrected them by then (R4).
    """
    level = {"level": command.level}
    if filed != state.filings[0]:
        return {**filed.words, **level}
    return {n: getattr(command, n) or known for n, known in filed.words.items()} | level


def pause(command: PauseClock, clock: Clock | None, policy: Policy) -> Sequence[Event]:
    """Also of a stopped clock, if the pause began before its end."""
    if clock is None or clock.opened is not None or is_over(clock, command.paused_at):
        return []
    paused = ClockPaused(command.at, clock.name, clock.run, command.reason, command.paused_at)
    found = judged(command.at, clock, command.paused_at, policy)
    return [*found, paused, *still_stopped(command.at, clock, command.paused_at)]


def resume(
    command: ResumeClock, clock: Clock | None, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    """Also of a stopped clock, if the pause ended before its end."""
    if clock is None or clock.opened is None:
        return []
    opened = clock.opened
    end = max(command.resumed_at, opened.start)
    if is_over(clock, end):
        return []
    pauses = (*clock.pauses[:-1], Pause(opened.start, end, opened.reason))
    course = rules.resume(course_of(clock, policy), end)
    due = due_of(course, calendar)
    assert due is not None, "every pause has ended"
    provisional = is_provisional(course, due, calendar)
    moved = replace(clock, pauses=pauses, due_at=due, limited_at=_limited_at(clock, end))
    climbs_at = _climbs_at(moved, end, policy, calendar)
    warned = to_be_warned(clock, course, command.at, policy, calendar)
    resumed = ClockResumed(
        command.at, clock.name, clock.run, end, due, provisional, climbs_at, *warned
    )
    if clock.stopped_at is None:
        overdue = due <= end and not clock.missed  # by a limit that was found while it stood
        return [resumed, *(missed(moved) if overdue and not policy.rows[clock.name].window else [])]
    found = judged(command.at, moved, clock.stopped_at, policy)
    return [resumed, *found, *still_stopped(command.at, moved, clock.stopped_at)]


def _limited_at(clock: Clock, resumed_at: datetime) -> datetime | None:
    """Limits that were found while it stood take force when it goes on (R26)."""
    return resumed_at if any(limit.waiting for limit in clock.limits) else clock.limited_at


def _climbs_at(
    clock: Clock, resumed_at: datetime, policy: Policy, calendar: Calendar
) -> datetime | None:
    """The ladder of an overdue clock waited while it stood: its next step comes when it goes on,
    and not before it would have come (R25).
    """
    steps = policy.rows[clock.name].ladder
    waits = clock.missed and not clock.imported and clock.stopped_at is None
    if not waits or steps is None or clock.rung >= len(STEPS):
        return None
    _, step_at = ladder(steps, clock.due_at, calendar)[clock.rung]
    return max(step_at, resumed_at)


def is_over(clock: Clock, at: datetime) -> bool:
    """What comes at or after the end of a clock does not move it any more."""
    if clock.phase is Phase.CLOSED:
        return True
    return clock.stopped_at is not None and at >= clock.stopped_at


def still_stopped(at: datetime, clock: Clock, until: datetime) -> Sequence[Event]:
    """What is heard of late changes what is known of an end, not that it came."""
    if clock.stopped_at is None:
        return []
    in_time = not clock.is_late(until)
    return [ClockStopped(at, clock.name, clock.run, clock.unit, clock.stopped_at, in_time)]


def stop(
    command: StopClock, clock: Clock | None, earlier_runs: Sequence[Clock], policy: Policy
) -> Sequence[Event]:
    """The earliest of several ends counts, for an earlier run that was missed too."""
    earlier = [c for c in earlier_runs if c.missed and c.name == command.clock]
    events = [e for c in earlier for e in _ended_again(command, c, policy)]
    if clock is None or clock.phase is Phase.CLOSED:
        return events
    until, by = command.end_of(clock), (command.end_type, command.end_event)
    if clock.phase is Phase.STOPPED:
        again = _ended_again(command, clock, policy)
        if again or until is None or until >= (clock.stopped_at or until):
            return [*events, *again]
    return [*events, *(_stopped(command.at, clock, until, by, policy) if until else [])]


def _ended_again(command: StopClock, clock: Clock, policy: Policy) -> list[Event]:
    end = command.end_of(clock)
    return judged(command.at, clock, min(end, clock.stopped_at or end), policy) if end else []


def _stopped(
    at: datetime, clock: Clock, until: datetime, by: tuple[str, str], policy: Policy
) -> Sequence[Event]:
    late = clock.is_late(until)
    if late and policy.rows[clock.name].window:
        return [ReturnWindowClosed(clock.due_at, clock.run, clock.unit, clock.due_at)]
    stopped = ClockStopped(at, clock.name, clock.run, clock.unit, until, not late, *by)
    return [*judged(at, clock, until, policy), stopped]


def judged(at: datetime, clock: Clock, until: datetime, policy: Policy) -> list[Event]:
    """The act's own time decides, whatever arrived first; at the same instant it is a miss."""
    late = clock.is_late(until) and not policy.rows[clock.name].window
    if late and not clock.missed:
        return missed(clock)
    if not late and clock.missed:
        return [MissWithdrawn(at, clock.name, clock.run, clock.unit, clock.due_at, until)]
    return []


def missed(clock: Clock) -> list[Event]:
    """What nobody answered by the due time is refused, and the silence is the hotline's (R22).

    Nobody climbs the ladder of a clock that ended or stands. Of a limit that was found after the
    due instant that it gives the ladder begins when it was found (R23, R25).
    """
    at, name, run, unit = clock.due_at, clock.name, clock.run, clock.unit
    refused = [
        ExtensionRefused(at, name, run, unit, days, "", "", by_silence=True) for days in clock.asked
    ]
    climbs = clock.stopped_at is None and clock.opened is None and not clock.imported
    ladder_at = max(at, clock.limited_at or at) if climbs else None
    return [*refused, DeadlineMissed(at, name, run, unit, at, bool(clock.asked), ladder_at)]
