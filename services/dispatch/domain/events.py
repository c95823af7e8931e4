"""What happens to a ticket in stages 2, 3, 4 and 6, one class per fact; ticket.py folds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DispatchQueued:
    at: datetime
    category: str
    area: str
    reason: str
    accepted_at: datetime
    about_unit: str = ""


@dataclass(frozen=True, slots=True)
class TicketDispatched:
    """`directory_hint` is the category's, where it led to the entry (R4)."""

    at: datetime
    unit: str
    co_handlers: tuple[str, ...]
    level: str
    category: str
    area: str
    basis: str
    directory_version: str
    round: int
    forced: bool = False
    about_unit: str = ""
    directory_hint: str = ""


@dataclass(frozen=True, slots=True)
class TicketRefiled:
    """R4: intake corrected the category; the unit keeps it until it is dispatched again."""

    at: datetime
    category: str
    old_category: str


@dataclass(frozen=True, slots=True)
class DispatchConfirmed:
    at: datetime
    unit: str


@dataclass(frozen=True, slots=True)
class ReturnRequested:
    at: datetime
    unit: str
    reason: str
    suggested_unit: str
    number: int


@dataclass(frozen=True, slots=True)
class ReturnGranted:
    at: datetime
    unit: str
    next_unit: str
    number: int


@dataclass(frozen=True, slots=True)
class ReturnRefused:
    at: datetime
    unit: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class ReturnWindowEnded:
    at: datetime
    unit: str


@dataclass(frozen=True, slots=True)
class CitizenContacted:
    at: datetime
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class ProgressNoted:
    at: datetime
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class TicketReplied:
    at: datetime
    unit: str
    is_true: bool
    our_duty: bool
    contacted: bool
    solved: bool
    why_not: str
    public_answer: str
    internal_note: str
    promised_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReplySentBack:
    at: datetime
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReplyApproved:
    at: datetime
    unit: str
    replied_at: datetime


@dataclass(frozen=True, slots=True)
class TicketCompleted:
    at: datetime
    unit: str
    solved: bool
    category: str
    area: str
    level: str
    round: int


@dataclass(frozen=True, slots=True)
class RedoOrdered:
    at: datetime
    unit: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class TicketArchived:
    """`withdrawn_at` is when the citizen withdrew, where that closed the file."""

    at: datetime
    unit: str
    reason: str
    withdrawn_at: datetime | None = None


Event = (
    DispatchQueued
    | TicketDispatched
    | TicketRefiled
    | DispatchConfirmed
    | ReturnRequested
    | ReturnGranted
    | ReturnRefused
    | ReturnWindowEnded
    | CitizenContacted
    | ProgressNoted
    | TicketReplied
    | ReplySentBack
    | ReplyApproved
    | TicketCompleted
    | RedoOrdered
    | TicketArchived
)
