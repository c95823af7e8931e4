"""What units and hotline ask of a clock: extensions (R22), pauses (R26) and limits (R23)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.deadline.domain import course as rules
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.clock import Clock, Phase
from services.deadline.domain.commands import (
    PauseClock,
    ResumeClock,
    pause,
    resume,
)
from services.deadline.domain.course import UNDER_REVIEW, due_of
from services.deadline.domain.events import (
    Event,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    LimitSet,
)
from services.deadline.domain.lengths import Length, MostExtended, length_from_data, length_to_text
from services.deadline.domain.planned import (
    course_of,
    is_provisional,
    own_length,
    still_to_be_warned,
    to_be_warned,
)
from services.deadline.domain.policy import Policy
from services.deadline.domain.rejections import (
    NotApplicable,
    NotRunning,
    NotYours,
    OneLength,
    ReasonNeeded,
    TooLateToExtend,
    UnknownTicket,
    UnlistedPause,
)
from services.deadline.domain.ticket import Clocks
from services.kernel.decider import Value


class RequestExtension(Value):
    """The unit applies for more working days, before its clock is due."""

    at: datetime
    unit: str
    clock: str
    working_days: int
    reason: str
    document: str = ""


class GrantExtension(Value):
    """The hotline grants what was asked, or fewer days."""

    at: datetime
    by: str
    clock: str
    working_days: int = 0


class RefuseExtension(Value):
    """The hotline refuses an extension, with its reason."""

    at: datetime
    by: str
    clock: str
    reason: str


class PauseClocks(Value):
    """The hotline lets one clock of the unit, or all of them, stand still."""

    at: datetime
    reason: str
    clock: str = ""


class ResumeClocks(Value):
    """The hotline lets them go on; a reply under review goes on by its own ruling."""

    at: datetime
    clock: str = ""


class SetLimit(Value):
    """A limit of law for the matter, or a longer one for special circumstances."""

    at: datetime
    by: str
    clock: str
    working_days: int = 0
    calendar_days: int = 0
    hours: int = 0
    special: bool = False
    written_application: bool = False
    document: str = ""


DeskCommand = (
    RequestExtension | GrantExtension | RefuseExtension | PauseClocks | ResumeClocks | SetLimit
)


def request_extension(
    command: RequestExtension, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    clock = _open(state, command.clock)
    if clock.unit != command.unit:
        raise NotYours
    if command.working_days in clock.asked:
        return []
    days, reason = command.working_days, command.reason.strip()
    most = _most(clock, policy)
    course = rules.ask(course_of(clock, policy), calendar, command.at, days, reason, most)
    where = command.at, clock.name, clock.run, clock.unit
    due = due_of(course, calendar)  # None while it stands: it is planned when the clock goes on
    fresh = clock.asked_anew(command.at)
    warned = still_to_be_warned(fresh, course, command.at, policy, calendar)
    return [ExtensionAsked(*where, days, reason, command.document.strip(), due, *warned)]


def grant_extension(
    command: GrantExtension, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    clock = _open(state, command.clock)
    most, days = _most(clock, policy), command.working_days or None
    course = rules.grant(course_of(clock, policy), calendar, command.at, days, most)
    due = due_of(course, calendar)
    granted = course.extensions[-1].working_days
    where = command.at, clock.name, clock.run, clock.unit
    provisional = is_provisional(course, due, calendar)
    warned = to_be_warned(clock, course, command.at, policy, calendar)
    return [ExtensionGranted(*where, granted, due, provisional, command.by, *warned)]


def refuse_extension(
    command: RefuseExtension, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    clock = _open(state, command.clock)
    if not clock.asked:
        raise NotApplicable
    if not command.reason.strip():
        raise ReasonNeeded
    course = course_of(clock, policy)
    if rules.is_late(course, calendar, command.at):
        raise TooLateToExtend
    where = command.at, clock.name, clock.run, clock.unit
    due = due_of(course, calendar)
    warned = still_to_be_warned(clock, rules.refuse(course), command.at, policy, calendar)
    days, reason = clock.asked[0], command.reason.strip()
    return [ExtensionRefused(*where, days, reason, command.by, False, due, *warned)]


def pause_clocks(command: PauseClocks, state: Clocks, policy: Policy) -> Sequence[Event]:
    """Quiet for clocks that stand still already."""
    if command.reason not in rules.PAUSE_REASONS or command.reason == UNDER_REVIEW:
        raise UnlistedPause(command.reason or "none given")
    clocks = _chosen(state, command.clock, policy)
    at, reason = command.at, command.reason
    return [e for c in clocks for e in pause(PauseClock(at, c.name, at, reason), c, policy)]


def resume_clocks(
    command: ResumeClocks, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    """Quiet for clocks that run, and for a reply under review."""
    clocks = [
        clock
        for clock in _chosen(state, command.clock, policy)
        if clock.opened is not None and clock.opened.reason != UNDER_REVIEW
    ]
    at = command.at
    return [e for c in clocks for e in resume(ResumeClock(at, c.name, at), c, policy, calendar)]


def set_limit(
    command: SetLimit, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    """Quiet where the same limit is set already. One of a missed clock is for the next unit."""
    clock = _open(state, command.clock)
    if policy.rows[clock.name].fixed or policy.rows[clock.name].window:
        raise NotRunning(f"{clock.name} has no limit of law")
    length = _length(command)
    text = length_to_text(length)
    if any(limit.length == text and limit.special == command.special for limit in clock.limits):
        return []
    course = course_of(clock, policy)
    if command.special:
        course = rules.lengthen(
            course,
            calendar,
            command.at,
            length,
            applied=command.written_application,
            document=command.document.strip(),
        )
    else:
        course = rules.restrict(course, calendar, length)
    due = None if clock.missed else due_of(course, calendar)
    warn_at, warn_mark = to_be_warned(clock, course, command.at, policy, calendar)
    return [
        LimitSet(
            at=command.at,
            clock=clock.name,
            run=clock.run,
            unit=clock.unit,
            length=text,
            special=command.special,
            document=command.document.strip(),
            due_at=due,
            provisional=is_provisional(course, due, calendar),
            by=command.by,
            warn_at=warn_at,
            warn_mark=warn_mark,
        )
    ]


def _open(state: Clocks, name: str) -> Clock:
    if not state.by_name:
        raise UnknownTicket
    clock = state.by_name.get(name)
    if clock is None or clock.phase not in (Phase.RUNNING, Phase.PAUSED):
        raise NotRunning(name)
    return clock


def _chosen(state: Clocks, name: str, policy: Policy) -> list[Clock]:
    """The named clock, or all open ones of units that something can move (R26)."""
    if name:
        chosen = _open(state, name)
        if policy.rows[chosen.name].fixed:
            raise NotRunning(f"{name} is moved by nothing")
        return [chosen]
    if not state.by_name:
        raise UnknownTicket
    return [
        clock
        for clock in state.by_name.values()
        if clock.phase in (Phase.RUNNING, Phase.PAUSED)
        and not (policy.rows[clock.name].fixed or policy.rows[clock.name].desk)
    ]


def _most(clock: Clock, policy: Policy) -> MostExtended:
    return policy.rows[clock.name].most_extended(own_length(clock, policy))


def _length(command: SetLimit) -> Length:
    given = {
        "working_days": command.working_days,
        "calendar_days": command.calendar_days,
        "hours": command.hours,
    }
    lengths = {unit: amount for unit, amount in given.items() if amount}
    try:
        return length_from_data(lengths)
    except ValueError as error:
        raise OneLength(str(error)) from None
