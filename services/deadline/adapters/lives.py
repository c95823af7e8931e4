"""What happened to one clock, as a question to the calculator: the basis of its proof (R27)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from services.deadline.adapters.due_lines import City
from services.deadline.domain.calculator import ENDED
from services.deadline.domain.care_events import (
    Caring,
)
from services.deadline.domain.events import (
    ClockPaused,
    ClockReplanned,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    Event,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    LimitSet,
    MissWithdrawn,
    OfMatter,
    ReturnWindowClosed,
)
from services.deadline.domain.lengths import Until, length_from_text, length_to_data

ACTS = {
    "hotline.dispatch.v1.TicketDispatched": "dispatched",
    "hotline.dispatch.v1.DispatchConfirmed": "confirmed",
    "hotline.dispatch.v1.ReturnRequested": "return_asked",
    "hotline.dispatch.v1.ReturnGranted": "return_granted",
    "hotline.dispatch.v1.ReturnRefused": "return_refused",
    "hotline.dispatch.v1.CitizenContacted": "contacted",
    "hotline.dispatch.v1.ReplyApproved": "completed",
    "hotline.dispatch.v1.TicketCompleted": "completed",
    "hotline.intake.v1.SupplementSupplied": "supplied",
    "hotline.intake.v1.DiversionAcknowledged": "acknowledged",
    "hotline.intake.v1.CalledBack": "called_back",
    "hotline.evaluation.v1.VisitCompleted": "visited",
}  # the calculator's word for it; `ended` for any other


def run_of(
    clock: str, events: Sequence[Event], run: int = 0, unit: str | None = None
) -> ClockStarted | None:
    """The start of that run, 0 for the last one, of those of the unit if one is named."""
    starts = (e for e in reversed(events) if isinstance(e, ClockStarted) and e.clock == clock)
    found = (e for e in starts if run in (0, e.run) and unit in (None, e.unit))
    return next(found, None)


def line_of(
    clock: str, events: Sequence[Event], city: City, start: ClockStarted | None = None
) -> tuple[dict[str, Any] | None, str]:
    """The question whose answer is that run of the clock, the last one where none is given, and
    its unit; None if none ran.
    """
    start = start or run_of(clock, events)
    if start is None or clock not in city.policy.rows:
        return None, ""
    length = length_from_text(start.length) if start.length else city.policy.length(clock)
    bounds = Until(start.due_at) if start.basis == "stated" else length
    moves = [part for event in _moving(events, start) for part in _part(event, start, city)]
    line = {
        "clock": clock,
        "start": start.started_at.isoformat(),
        "start_fact": _fact(start.start_type, start.start_event),
        "events": [*_of_category(start), *moves],
        "config": {"lengths": {clock: length_to_data(bounds)}},
        **_promise(events, start),
    }
    return line, start.unit


def _promise(events: Sequence[Event], start: ClockStarted) -> dict[str, Any]:
    """What the citizen was told at the acceptance, whichever unit's clock runs now (R24).

    It stands on record and is not counted again: calendar and law were those of then.
    """
    if start.clock != "resolve":
        return {}
    told = [e for e in events if isinstance(e, ClockStarted) and e.clock == "promise"]
    before = [e for e in told if e.started_at <= start.started_at]
    if not before:
        return {}
    promise = before[-1]
    instants = {"start": promise.started_at.isoformat(), "due_at": promise.due_at.isoformat()}
    return {"promise": instants}


def _of_category(start: ClockStarted) -> Iterator[dict[str, Any]]:
    """R23: the limit of law that the matter's category brought."""
    if start.limit_days:
        length = {"working_days": start.limit_days}
        yield _said("limit_set", start.started_at, length=length, basis="law", statutory=True)


def planned_at(start: ClockStarted, events: Sequence[Event]) -> datetime:
    """When that run was planned last: by the calendar in effect then it is due when it is."""
    plans = ClockStarted | ClockResumed | ExtensionGranted | LimitSet | ClockReplanned
    of_run = start.clock, start.run
    return max(e.at for e in events if isinstance(e, plans) and (e.clock, e.run) == of_run)


def _moving(events: Sequence[Event], start: ClockStarted) -> Iterator[Event]:
    """Without the limits that came after the miss: they are for the next unit's clock.

    An end is told once, and again only if an earlier one was heard of later.
    """
    missed, ended = False, None
    for event in events:
        mine = (getattr(event, "clock", ""), getattr(event, "run", 0)) == (start.clock, start.run)
        if mine and isinstance(event, DeadlineMissed | MissWithdrawn):
            missed = isinstance(event, DeadlineMissed)
        if mine and isinstance(event, ClockStopped | MissWithdrawn):
            is_known = ended is None and isinstance(event, MissWithdrawn)
            end = event.stopped_at
            if end is None or is_known or (ended is not None and end >= ended):
                continue
            ended = end
        if not (missed and mine and isinstance(event, LimitSet)):
            yield event


def _part(event: Event, start: ClockStarted, city: City) -> Iterator[dict[str, Any]]:
    if isinstance(event, ClockStarted | Caring | OfMatter | ReturnWindowClosed):
        return
    if event.clock != start.clock:
        return
    mine = event.run == start.run
    match event:
        case LimitSet() if mine or (event.run < start.run and not event.special):
            yield _limit(event, event.at if mine else start.started_at)
        case _ if not mine:
            return
        case ClockPaused():
            yield _said("paused", event.paused_at, reason=event.reason)
        case ClockReplanned() if event.length:
            yield _refiled(event)
        case ClockResumed():
            yield _said("resumed", event.resumed_at)
        case ClockStopped() | MissWithdrawn():
            yield _ended(event, city.policy.rows[start.clock].acts)
        case ExtensionAsked() | ExtensionGranted() | ExtensionRefused():
            yield _extension(event)


def _ended(event: ClockStopped | MissWithdrawn, acts: Sequence[str]) -> dict[str, Any]:
    """By the act that it was; facts of long ago do not name it, nor does a miss withdrawn."""
    assert event.stopped_at is not None
    if isinstance(event, MissWithdrawn):
        return _said(ENDED, event.stopped_at)
    if not event.end_type:
        return _said(acts[0] if acts else ENDED, event.stopped_at)
    act = ACTS.get(event.end_type, "")
    fact = _fact(event.end_type, event.end_event)
    return _said(act if act in acts else ENDED, event.stopped_at, fact=fact)


def _fact(type_: str, id_: str) -> dict[str, str]:
    return {name: said for name, said in (("type", type_), ("id", id_)) if said}


def _refiled(event: ClockReplanned) -> dict[str, Any]:
    length = length_to_data(length_from_text(event.length))
    law = {"limit": {"working_days": event.limit_days}} if event.limit_days else {}
    return _said("refiled", event.corrected_at or event.at, length=length, **law)


def _extension(event: ExtensionAsked | ExtensionGranted | ExtensionRefused) -> dict[str, Any]:
    match event:
        case ExtensionAsked():
            days, reason = event.working_days, event.reason
            document = {"document": event.document} if event.document else {}
            return _said("extension_asked", event.at, working_days=days, reason=reason, **document)
        case ExtensionGranted():
            return _said("extension_granted", event.at, working_days=event.working_days)
        case ExtensionRefused():
            return _said("extension_refused", event.at)


def _limit(event: LimitSet, at: datetime) -> dict[str, Any]:
    length = length_to_data(length_from_text(event.length))
    basis = "special" if event.special else "law"
    applied = {"written_application": True} if event.special else {}
    return _said("limit_set", at, length=length, basis=basis, document=event.document, **applied)


def _said(type_: str, at: datetime, **fields: Any) -> dict[str, Any]:
    return {"type": type_, "at": at.isoformat(), **fields}
