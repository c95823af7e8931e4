"""The summary of a ticket, one row in the lists: row in, fact in, row out.

Views never reject: a fact that means nothing to a row leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.datasync.domain.facts import Fact


class State(StrEnum):
    """How far a ticket has come in the closed loop."""

    RECEIVED = "received"
    REFUSED = "refused"
    DIVERTED = "diverted"
    TRANSFERRED = "transferred"
    LINKED = "linked"
    SUPPLEMENT_ASKED = "supplement_asked"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"
    QUEUED = "queued"
    DISPATCHED = "dispatched"
    CONFIRMED = "confirmed"
    RETURN_ASKED = "return_asked"
    RETURNED = "returned"
    HANDLING = "handling"
    REPLIED = "replied"
    SENT_BACK = "sent_back"
    APPROVED = "approved"
    COMPLETED = "completed"
    REDO = "redo"
    ARCHIVED = "archived"


AT_UNIT = frozenset(
    {State.DISPATCHED, State.CONFIRMED, State.HANDLING, State.SENT_BACK, State.REDO}
)


class Audience(NamedTuple):
    """What decides who may see a ticket (R35)."""

    unit: str
    co_handlers: tuple[str, ...]
    level: str
    category: str
    area: str
    about_unit: str


class Summary(NamedTuple):
    """One ticket in one row. `unit` is the lead unit, `level` its level; empty = not yet known.

    `updated_at` is the time of the last fact that moved the row, clocks and scores left out. A
    tuple, since most facts make a new one.
    """

    ticket: str
    state: State
    kind: str
    urgency: str
    category: str
    area: str
    level: str
    unit: str
    co_handlers: tuple[str, ...]
    about_unit: str
    title: str
    channel: str
    received_at: datetime
    updated_at: datetime

    @property
    def audience(self) -> Audience:
        return Audience(
            self.unit, self.co_handlers, self.level, self.category, self.area, self.about_unit
        )


def summarise(row: Summary | None, fact: Fact) -> Summary | None:
    """The row after the fact; the same object where nothing changes.

    A row begins with TicketReceived: other facts before it belong to no ticket.
    """
    if row is None:
        return _received(fact) if fact.type == _RECEIVED else None
    state = _STATES.get(fact.type)
    if state is not None:
        return _moved(row, state, fact)
    move = _MOVES.get(fact.type)
    return row if move is None else move(row, fact)


def begins(fact: Fact) -> bool:
    """Whether a ticket begins with this fact, so that there is no row before it."""
    return fact.version == 1 and fact.type == _RECEIVED


def summary(facts: Iterable[Fact]) -> Summary | None:
    """The row that all these facts give."""
    row: Summary | None = None
    for fact in facts:
        row = summarise(row, fact)
    return row


def plain(enum_name: str) -> str:
    """`complaint` for KIND_COMPLAINT; empty for an unspecified value."""
    word = enum_name.partition("_")[2].lower()
    return "" if word == "unspecified" else word


def _moved(row: Summary, state: State, fact: Fact) -> Summary:
    """As `_replace`, at half its cost: between the second field and the last everything stays."""
    return Summary(row.ticket, state, *row[2:-1], fact.time)


def _received(fact: Fact) -> Summary:
    get = fact.data.get
    return Summary(
        ticket=fact.ticket,
        state=State.RECEIVED,
        kind=plain(get("kind", "")),
        urgency=plain(get("urgency", "")),
        category=get("category", ""),
        area=get("area", ""),
        level="",
        unit="",
        co_handlers=(),
        about_unit=get("about_unit", ""),
        title=get("title", ""),
        channel=get("channel", ""),
        received_at=fact.time,
        updated_at=fact.time,
    )


def _accepted(row: Summary, fact: Fact) -> Summary:
    get = fact.data.get
    return _refiled(row, fact)._replace(
        state=State.ACCEPTED,
        area=get("area", "") or row.area,
        about_unit=get("about_unit", "") or row.about_unit,
        title=get("title", "") or row.title,
    )


def _refiled(row: Summary, fact: Fact) -> Summary:
    """Who may see it follows the category at once; what it has come to stays."""
    get = fact.data.get
    return row._replace(
        kind=plain(get("kind", "")) or row.kind,
        urgency=plain(get("urgency", "")) or row.urgency,
        category=get("category", "") or row.category,
        updated_at=fact.time,
    )


def _dispatched(row: Summary, fact: Fact) -> Summary:
    get = fact.data.get
    return row._replace(
        state=State.DISPATCHED,
        unit=get("unit", ""),
        co_handlers=tuple(get("co_handlers", ())),
        level=get("level", ""),
        category=get("category", "") or row.category,
        area=get("area", "") or row.area,
        updated_at=fact.time,
    )


def _handled(row: Summary, fact: Fact) -> Summary:
    """A note after the reply says nothing new of how far the ticket is."""
    state = State.HANDLING if row.state in AT_UNIT else row.state
    return _moved(row, state, fact)


def _withdrawn(row: Summary, fact: Fact) -> Summary:
    """What is archived stays so: there is nothing left to take back."""
    if row.state is State.ARCHIVED:
        return row
    return _moved(row, State.WITHDRAWN, fact)


def _archived(row: Summary, fact: Fact) -> Summary:
    """Dispatch also closes the file of what was withdrawn, and says so.

    Its reason decides, not the row: the unit may act before dispatch hears of the withdrawal, and
    a withdrawal of what is completed leaves the return visit its say.
    """
    withdrawn = fact.data.get("reason", "") == "withdrawn"
    state = State.WITHDRAWN if withdrawn else State.ARCHIVED
    return _moved(row, state, fact)


_RECEIVED = "hotline.intake.v1.TicketReceived"
_STATES = {
    "hotline.intake.v1.TicketRefused": State.REFUSED,
    "hotline.intake.v1.TicketDiverted": State.DIVERTED,
    "hotline.intake.v1.TicketTransferred": State.TRANSFERRED,
    "hotline.intake.v1.TicketLinked": State.LINKED,
    "hotline.intake.v1.SupplementAsked": State.SUPPLEMENT_ASKED,
    "hotline.intake.v1.TicketAnswered": State.ANSWERED,
    "hotline.dispatch.v1.DispatchQueued": State.QUEUED,
    "hotline.dispatch.v1.DispatchConfirmed": State.CONFIRMED,
    "hotline.dispatch.v1.ReturnRequested": State.RETURN_ASKED,
    "hotline.dispatch.v1.ReturnGranted": State.RETURNED,
    "hotline.dispatch.v1.ReturnRefused": State.DISPATCHED,
    "hotline.dispatch.v1.TicketReplied": State.REPLIED,
    "hotline.dispatch.v1.ReplySentBack": State.SENT_BACK,
    "hotline.dispatch.v1.ReplyApproved": State.APPROVED,
    "hotline.dispatch.v1.TicketCompleted": State.COMPLETED,
    "hotline.dispatch.v1.RedoOrdered": State.REDO,
}
_MOVES: dict[str, Callable[[Summary, Fact], Summary]] = {
    "hotline.intake.v1.TicketAccepted": _accepted,
    "hotline.intake.v1.CategoryCorrected": _refiled,
    "hotline.intake.v1.TicketWithdrawn": _withdrawn,
    "hotline.dispatch.v1.TicketRefiled": _refiled,
    "hotline.dispatch.v1.TicketDispatched": _dispatched,
    "hotline.dispatch.v1.TicketArchived": _archived,
    "hotline.dispatch.v1.CitizenContacted": _handled,
    "hotline.dispatch.v1.ProgressNoted": _handled,
}
