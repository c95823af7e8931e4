"""A ticket's facts as the moments that pass it on: the basis of whose time it was (R33)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.datasync.domain.facts import Fact
from services.deadline.domain.course import UNDER_REVIEW
from services.deadline.domain.shares import Moment

_TYPES = {
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


def moments(facts: Iterable[Fact]) -> list[Moment]:
    """Of every service's facts; pauses are those of the clock under which the matter is handled.

    A reply under review is the hotline's by the reply itself, so its pause adds nothing.
    """
    found = []
    for fact in facts:
        type_, data = _TYPES.get(fact.type), fact.data
        if type_ is None or (type_ in ("paused", "resumed") and not _counts(data)):
            continue
        unit = str(data.get("unit") or "") if type_ == "dispatched" else ""
        reason = str(data.get("reason") or "") if type_ == "paused" else ""
        found.append(Moment(fact.time, type_, unit, reason))
    return found


def _counts(data: Any) -> bool:
    return data.get("clock") in _HANDLING and data.get("reason") != UNDER_REVIEW
