"""What was said about a ticket's delay: urging 催办, supervision 督办, the supervision bureau."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class BureauNotified:
    at: datetime
    clock: str
    run: int
    unit: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class TicketUrged:
    at: datetime
    number: int
    unit: str
    from_citizen: bool
    reason: str
    by: str
    asked_event: str = ""


@dataclass(frozen=True, slots=True)
class UrgeAnswered:
    at: datetime
    number: int
    unit: str
    answer: str


@dataclass(frozen=True, slots=True)
class SupervisionOpened:
    at: datetime
    number: int
    units: tuple[str, ...]
    reason: str
    clock: str
    run: int
    next_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class SupervisionIssued:
    at: datetime
    number: int
    document: str
    by: str


@dataclass(frozen=True, slots=True)
class SupervisionAnswered:
    at: datetime
    number: int
    unit: str
    feedback: str


@dataclass(frozen=True, slots=True)
class SupervisionReturned:
    at: datetime
    number: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class SupervisionRaised:
    at: datetime
    number: int
    level: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class SupervisionClosed:
    at: datetime
    number: int
    conclusion: str
    by: str


Supervising = (
    SupervisionOpened | SupervisionIssued | SupervisionAnswered | SupervisionReturned
    | SupervisionRaised | SupervisionClosed
)  # fmt: skip
Caring = BureauNotified | TicketUrged | UrgeAnswered | Supervising
