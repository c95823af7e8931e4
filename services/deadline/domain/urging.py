"""What is decided about urges (R25), and the unit that everybody asks about a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.care_events import TicketUrged, UrgeAnswered
from services.deadline.domain.clock import Phase
from services.deadline.domain.events import Event
from services.deadline.domain.policy import Policy
from services.deadline.domain.rejections import (
    NobodyToUrge,
    NothingUrged,
    NotYours,
    TextNeeded,
    TooManyUrges,
)
from services.deadline.domain.supervision import AnswerUrge, PassUrgeOn, UrgeTicket
from services.deadline.domain.ticket import Clocks

BY_CITIZEN = "citizen"


def handler(state: Clocks) -> str:
    """The unit that has the ticket: the one of its last redo, else of its last dispatch."""
    last = [state.by_name[name] for name in ("redo", "resolve") if name in state.by_name]
    return max(last, key=lambda clock: clock.started_at).unit if last else ""


def urge(command: UrgeTicket, state: Clocks, policy: Policy, calendar: Calendar) -> Sequence[Event]:
    """To the unit that works on it; the caller is told where none does, not yet or no more."""
    unit = _works_on(state)
    if not unit:
        last = handler(state)
        raise NobodyToUrge(f"{last} had it last" if last else "no unit had it yet")
    said = _of_the_day(command.at, state.care.citizen_urges, calendar)
    if command.from_citizen and said >= policy.urges_per_day:
        raise TooManyUrges(f"{policy.urges_per_day} a day")
    number, reason = state.care.urges + 1, command.reason.strip()
    return [TicketUrged(command.at, number, unit, command.from_citizen, reason, command.by)]


def pass_on(
    command: PassUrgeOn, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    """To the unit that works on it; where none does, not yet or no more, no unit is urged.

    It is on record all the same, and who gets the ticket first, or again, answers it. Intake holds
    those by the code to a bound of its own and knows of no others: one that is too many together
    with what staff recorded that day opens no further urge, and stays on intake's record.
    """
    care = state.care
    if command.asked_event in care.passed_on or not state.by_name:
        return []
    recorded, said = (
        _of_the_day(command.asked_at, urges, calendar)
        for urges in (care.recorded_urges, care.citizen_urges)
    )
    if recorded and said >= policy.urges_per_day:
        return []
    number, unit = care.urges + 1, _works_on(state)
    return [
        TicketUrged(
            command.at,
            number,
            unit,
            True,
            command.reason,
            BY_CITIZEN,
            command.asked_event,
            command.asked_at,
        )
    ]


def answer_urge(command: AnswerUrge, state: Clocks) -> Sequence[Event]:
    """One answer is for all urges until then; none waiting any more is quiet."""
    if command.unit != handler(state):
        raise NotYours
    if not state.care.urges:
        raise NothingUrged
    if not state.care.unanswered:
        return []
    number = state.care.unanswered[-1]
    return [UrgeAnswered(command.at, number, command.unit, text(command.answer))]


def _works_on(state: Clocks) -> str:
    """The handler while a clock of a unit is open: none of a matter completed or handed back."""
    open_ = (c for c in state.by_name.values() if c.phase in (Phase.RUNNING, Phase.PAUSED))
    return handler(state) if any(clock.unit for clock in open_) else ""


def _of_the_day(instant: datetime, urges: Sequence[datetime], calendar: Calendar) -> int:
    """How many of them came on the city's day of that instant."""
    today = calendar.local_date(instant)
    return sum(calendar.local_date(at) == today for at in urges)


def text(value: str) -> str:
    if not value.strip():
        raise TextNeeded
    return value.strip()
