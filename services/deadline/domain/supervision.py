"""Urging 催办 and supervision 督办 of a ticket, and disputes over a miss: commands and state.

A supervision goes opened → issued → answered by every unit → closed; the feedback may be returned
once, and it may be raised a level at any time. One is open at a time per ticket.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from services.deadline.domain.care_events import (
    BureauNotified,
    Caring,
    SupervisionAnswered,
    SupervisionClosed,
    SupervisionIssued,
    SupervisionOpened,
    SupervisionRaised,
    SupervisionReturned,
    TicketUrged,
    UrgeAnswered,
)
from services.kernel.decider import Value, replace


class UrgeTicket(Value):
    """The citizen or the hotline asks where the matter stands; a citizen only so often a day."""

    at: datetime
    by: str
    from_citizen: bool = False
    reason: str = ""


class PassUrgeOn(Value):
    """Intake has taken the citizen's urge by the ticket's code, and held it to its bound.

    `at` is when we heard of it, `asked_at` when the citizen asked.
    """

    at: datetime
    reason: str
    asked_event: str
    asked_at: datetime


class AnswerUrge(Value):
    """The unit answers what was urged."""

    at: datetime
    unit: str
    answer: str


class OpenSupervision(Value):
    """A supervisor opens a supervision of one unit, or of several together."""

    at: datetime
    by: str
    reason: str
    units: tuple[str, ...] = ()


class IssueSupervision(Value):
    """The letter goes to the units."""

    at: datetime
    by: str
    document: str


class AnswerSupervision(Value):
    """A supervised unit says what it has done."""

    at: datetime
    unit: str
    feedback: str


class ReturnSupervision(Value):
    """The feedback is not enough: back to the units, once."""

    at: datetime
    by: str
    reason: str


class RaiseSupervision(Value):
    """The supervision goes on one level higher."""

    at: datetime
    by: str
    level: str
    reason: str


class CloseSupervision(Value):
    """The review is over."""

    at: datetime
    by: str
    conclusion: str


class NotifyBureau(Value):
    """The supervision bureau is told."""

    at: datetime
    by: str
    reason: str


class DisputeMiss(Value):
    """The unit disputes a miss that it is said to have: its oldest yet, or that of the run."""

    at: datetime
    unit: str
    clock: str
    reason: str
    run: int = 0


class RuleDispute(Value):
    """A supervisor rules on the dispute: on the oldest over that clock, or that of the run."""

    at: datetime
    by: str
    clock: str
    excused: bool
    reason: str
    run: int = 0


class ClimbLadder(Value):
    """The next step after a miss is due; `at` is its instant."""

    at: datetime
    clock: str
    run: int


CareCommand = (
    UrgeTicket
    | PassUrgeOn
    | AnswerUrge
    | OpenSupervision
    | IssueSupervision
    | AnswerSupervision
    | ReturnSupervision
    | RaiseSupervision
    | CloseSupervision
    | NotifyBureau
    | DisputeMiss
    | RuleDispute
    | ClimbLadder
)


class Supervision(Value):
    """The one that is open. `answered` are the units whose feedback came since it was issued."""

    number: int
    units: tuple[str, ...]
    level: str = ""
    issued: bool = False
    answered: tuple[str, ...] = ()
    returned: bool = False

    @property
    def is_answered(self) -> bool:
        return self.issued and set(self.units) <= set(self.answered)


class Care(Value):
    """Urges and supervisions of a ticket. `citizen_urges` are the instants of the citizen's,
    `recorded_urges` of those among them that staff recorded; `passed_on` are the facts of intake
    that were forwarded.
    """

    urges: int = 0
    unanswered: tuple[int, ...] = ()
    citizen_urges: tuple[datetime, ...] = ()
    recorded_urges: tuple[datetime, ...] = ()
    passed_on: tuple[str, ...] = ()
    supervisions: int = 0
    supervision: Supervision | None = None


def cared(care: Care, event: Caring) -> Care:
    """The state after the event; every event is taken."""
    match event:
        case TicketUrged():
            citizen = (event.asked_at or event.at,) if event.from_citizen else ()
            recorded = () if event.asked_event else citizen
            return replace(
                care,
                urges=event.number,
                unanswered=(*care.unanswered, event.number),
                citizen_urges=(*care.citizen_urges, *citizen),
                recorded_urges=(*care.recorded_urges, *recorded),
                passed_on=(*care.passed_on, *([event.asked_event] if event.asked_event else [])),
            )
        case UrgeAnswered():
            rest = tuple(number for number in care.unanswered if number > event.number)
            return replace(care, unanswered=rest)
        case SupervisionOpened():
            opened = Supervision(event.number, event.units)
            return replace(care, supervisions=event.number, supervision=opened)
        case BureauNotified():
            return care
        case _:
            return replace(care, supervision=_supervised(care.supervision, event))


Step = (
    SupervisionIssued
    | SupervisionAnswered
    | SupervisionReturned
    | SupervisionRaised
    | SupervisionClosed
)


def _supervised(supervision: Supervision | None, event: Step) -> Supervision | None:
    if supervision is None:
        return None
    match event:
        case SupervisionIssued():
            return replace(supervision, issued=True)
        case SupervisionAnswered():
            return replace(supervision, answered=(*supervision.answered, event.unit))
        case SupervisionReturned():
            return replace(supervision, answered=(), returned=True)
        case SupervisionRaised():
            return replace(supervision, level=event.level)
        case SupervisionClosed():
            return None
    assert_never(event)
