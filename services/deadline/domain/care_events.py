"""What was said about a ticket's delay: urging 催办, supervision 督办, the supervision bureau."""

from __future__ import annotations

from datetime import datetime

from services.kernel.decider import Value


class BureauNotified(Value):
    at: datetime
    clock: str
    run: int
    unit: str
    reason: str
    by: str


class TicketUrged(Value):
    at: datetime
    number: int
    unit: str
    from_citizen: bool
    reason: str
    by: str
    asked_event: str = ""
    asked_at: datetime | None = None


class UrgeAnswered(Value):
    at: datetime
    number: int
    unit: str
    answer: str


class SupervisionOpened(Value):
    at: datetime
    number: int
    units: tuple[str, ...]
    reason: str
    clock: str
    run: int
    next_at: datetime | None
    by: str


class SupervisionIssued(Value):
    at: datetime
    number: int
    document: str
    by: str


class SupervisionAnswered(Value):
    at: datetime
    number: int
    unit: str
    feedback: str


class SupervisionReturned(Value):
    at: datetime
    number: int
    reason: str
    by: str


class SupervisionRaised(Value):
    at: datetime
    number: int
    level: str
    reason: str
    by: str


class SupervisionClosed(Value):
    at: datetime
    number: int
    conclusion: str
    by: str


Supervising = (
    SupervisionOpened | SupervisionIssued | SupervisionAnswered | SupervisionReturned
    | SupervisionRaised | SupervisionClosed
)  # fmt: skip
Caring = BureauNotified | TicketUrged | UrgeAnswered | Supervising
