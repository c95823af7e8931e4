"""Whose time was it: a ticket's elapsed working time, divided among those who had it (R33).

Every moment belongs to exactly one of citizen, hotline and the units, so the parts sum to the
whole. Time between the dispatch of a unit and its return stays with that unit, and so does the
time until a return is refused; from the asking of a return that is granted it is the hotline's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.course import UNDER_REVIEW
from services.deadline.domain.lengths import in_utc
from services.kernel.decider import Value

CITIZEN, HOTLINE = "citizen", "hotline"
OF_CITIZEN = "citizen_supplement"
# In their order at one instant: the next unit's dispatch comes after the return.
MOMENTS = (
    "accepted", "return_asked", "return_granted", "return_refused", "dispatched", "paused",
    "resumed", "replied", "sent_back", "completed", "redo_ordered",
)  # fmt: skip
FACTS = {
    "hotline.intake.v1.TicketAccepted": "accepted",
    "hotline.dispatch.v1.TicketDispatched": "dispatched",
    "hotline.dispatch.v1.ReturnRequested": "return_asked",
    "hotline.dispatch.v1.ReturnGranted": "return_granted",
    "hotline.dispatch.v1.ReturnRefused": "return_refused",
    "hotline.dispatch.v1.TicketReplied": "replied",
    "hotline.dispatch.v1.ReplySentBack": "sent_back",
    "hotline.dispatch.v1.TicketCompleted": "completed",
    "hotline.dispatch.v1.RedoOrdered": "redo_ordered",
    "hotline.deadline.v1.ClockPaused": "paused",
    "hotline.deadline.v1.ClockResumed": "resumed",
}
_HANDLING = ("resolve", "redo")
_RANK = {name: n for n, name in enumerate(MOMENTS)}
_DAY = timedelta(days=1)


class Moment(Value):
    """Something that passes the ticket on. `unit` of a dispatch, `reason` of a pause."""

    at: datetime
    type: str
    unit: str = ""
    reason: str = ""


class Share(Value):
    """`who` is citizen, hotline, or the id of a unit."""

    who: str
    time: timedelta


def whole(found: Iterable[Share]) -> timedelta:
    """The time that the shares divide, to the microsecond."""
    return sum((share.time for share in found), timedelta())


def moment(type_: str, at: datetime, unit: str, reason: str, clock: str) -> Moment | None:
    """What a fact of that type (protobuf full name) says; None for one that passes nothing on.

    Pauses are those of the clock under which the matter is handled. A reply under review is the
    hotline's by the reply itself, so its pause adds nothing.
    """
    kind = FACTS.get(type_)
    if kind is None:
        return None
    if kind in ("paused", "resumed") and (clock not in _HANDLING or reason == UNDER_REVIEW):
        return None
    unit, reason = unit if kind == "dispatched" else "", reason if kind == "paused" else ""
    return Moment(at, kind, unit, reason)


def working_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """How much of the calendar's shifts lies between; whole working days where it has none."""
    total, day = timedelta(), calendar.local_date(start)
    begin, end = in_utc(start), in_utc(end)
    while day <= calendar.local_date(end):
        shifts = list(calendar.working_time(day))
        if not calendar.shifts and calendar.is_working(day):
            shifts = [(calendar.midnight(day), calendar.midnight(day + _DAY))]
        for opens, closes in shifts:
            total += max(min(closes, end) - max(opens, begin), timedelta())
        day += _DAY
    return total


def shares(moments: Sequence[Moment], until: datetime, calendar: Calendar) -> list[Share]:
    """From the acceptance until the last completion, or `until` if it is not completed yet.

    The hotline has the ticket until it is dispatched, while it rules on a reply or on a return
    that it grants, and between a completion and a redo. Raises ValueError without an acceptance.
    """
    ordered = sorted((m for m in moments if m.at <= until), key=lambda m: (m.at, _RANK[m.type]))
    start = next((n for n, m in enumerate(ordered) if m.type == "accepted"), None)
    if start is None:
        raise ValueError("no moment says when the ticket was accepted")
    ordered = ordered[start:]
    end = ordered[-1].at if ordered[-1].type == "completed" else until
    found: dict[str, timedelta] = {}
    holder = _Holder(ordered)
    for n, moment in enumerate(ordered):
        holder.take(n, moment)
        following = ordered[n + 1].at if n + 1 < len(ordered) else end
        spent = working_time(moment.at, following, calendar)
        found[holder.who] = found.get(holder.who, timedelta()) + spent
    return [Share(who, time) for who, time in sorted(found.items())]


class _Holder:
    """Who has the ticket, moment by moment."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        self._moments = moments
        self._unit, self._paused, self._hotlines = "", "", True

    @property
    def who(self) -> str:
        if self._paused:
            return CITIZEN if self._paused == OF_CITIZEN else HOTLINE
        return HOTLINE if self._hotlines or not self._unit else self._unit

    def take(self, place: int, moment: Moment) -> None:
        match moment.type:
            case "dispatched":
                self._unit, self._paused, self._hotlines = moment.unit, "", False
            case "paused":
                self._paused = moment.reason
            case "resumed":
                self._paused = ""
            case "return_asked":
                self._hotlines = self._is_granted(place)
            case "return_refused" | "sent_back" | "redo_ordered":
                self._hotlines = False
            case "return_granted":
                self._unit, self._hotlines = "", True
            case "replied" | "completed":
                self._paused, self._hotlines = "", True

    def _is_granted(self, place: int) -> bool:
        """What comes first after the asking: the granting or the refusal."""
        rulings = ("return_granted", "return_refused")
        later = (m.type for m in self._moments[place + 1 :] if m.type in rulings)
        return next(later, "") == "return_granted"
