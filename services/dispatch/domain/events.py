"""What happens to a ticket in stages 2, 3, 4 and 6, one class per fact; ticket.py folds them."""

from __future__ import annotations

from datetime import datetime

from services.kernel.decider import Value


class DispatchQueued(Value):
    at: datetime
    category: str
    area: str
    reason: str
    accepted_at: datetime
    about_unit: str = ""


class TicketDispatched(Value):
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


class TicketRefiled(Value):
    """R4: intake corrected the category; the unit keeps it until it is dispatched again."""

    at: datetime
    category: str
    old_category: str


class DispatchConfirmed(Value):
    at: datetime
    unit: str


class ReturnRequested(Value):
    at: datetime
    unit: str
    reason: str
    suggested_unit: str
    number: int


class ReturnGranted(Value):
    at: datetime
    unit: str
    next_unit: str
    number: int


class ReturnRefused(Value):
    at: datetime
    unit: str
    reason: str
    number: int


class ReturnWindowEnded(Value):
    at: datetime
    unit: str


class CitizenContacted(Value):
    at: datetime
    unit: str
    note: str


class ProgressNoted(Value):
    at: datetime
    unit: str
    note: str


class TicketReplied(Value):
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


class ReplySentBack(Value):
    at: datetime
    unit: str
    reason: str


class ReplyApproved(Value):
    at: datetime
    unit: str
    replied_at: datetime


class TicketCompleted(Value):
    at: datetime
    unit: str
    solved: bool
    category: str
    area: str
    level: str
    round: int


class RedoOrdered(Value):
    at: datetime
    unit: str
    reason: str
    number: int


class TicketArchived(Value):
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
