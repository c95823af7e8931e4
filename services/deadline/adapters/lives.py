"""What happened to one clock, as a question to the calculator: the basis of its proof (R27)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from services.deadline.adapters.due_lines import City
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
    MatterChanged,
    MissWithdrawn,
    ReturnWindowClosed,
)
from services.deadline.domain.lengths import Until, length_from_text, length_to_data


def line_of(clock: str, events: Sequence[Event], city: City) -> tuple[dict[str, Any] | None, str]:
    """The question whose answer is the last run of that clock, and its unit; None if none ran."""
    starts = [e for e in events if isinstance(e, ClockStarted) and e.clock == clock]
    if not starts or clock not in city.policy.rows:
        return None, ""
    start = starts[-1]
    length = length_from_text(start.length) if start.length else city.policy.length(clock)
    bounds = Until(start.due_at) if start.basis == "stated" else length
    moves = [part for event in _moving(events, start) for part in _part(event, start, city)]
    line = {
        "clock": clock,
        "start": start.started_at.isoformat(),
        "events": [*_of_category(start), *moves],
        "config": {"lengths": {clock: length_to_data(bounds)}},
    }
    return line, start.unit


def _of_category(start: ClockStarted) -> Iterator[dict[str, Any]]:
    """R23: the limit of law that the matter's category brought."""
    if start.limit_days:
        length = {"working_days": start.limit_days}
        yield _said("limit_set", start.started_at, length=length, basis="law", statutory=True)


def planned_at(clock: str, events: Sequence[Event]) -> datetime | None:
    """When the clock was planned last: by the calendar in effect then it is due when it is."""
    plans = ClockStarted | ClockResumed | ExtensionGranted | LimitSet | ClockReplanned
    return max((e.at for e in events if isinstance(e, plans) and e.clock == clock), default=None)


def _moving(events: Sequence[Event], start: ClockStarted) -> Iterator[Event]:
    """Without the limits that came after the miss: they are for the next unit's clock."""
    missed = False
    for event in events:
        mine = (getattr(event, "clock", ""), getattr(event, "run", 0)) == (start.clock, start.run)
        if mine and isinstance(event, DeadlineMissed | MissWithdrawn):
            missed = isinstance(event, DeadlineMissed)
        if not (missed and mine and isinstance(event, LimitSet)):
            yield event


def _part(event: Event, start: ClockStarted, city: City) -> Iterator[dict[str, Any]]:
    if isinstance(event, ClockStarted | Caring | MatterChanged | ReturnWindowClosed):
        return
    if event.clock != start.clock:
        return
    mine = event.run == start.run
    match event:
        case LimitSet() if mine or not event.special:
            yield _limit(event, event.at if mine else start.started_at)
        case _ if not mine:
            return
        case ClockPaused():
            yield _said("paused", event.paused_at, reason=event.reason)
        case ClockReplanned() if event.length:
            yield _refiled(event)
        case ClockResumed():
            yield _said("resumed", event.resumed_at)
        case ClockStopped() if acts := city.policy.rows[start.clock].acts:
            yield _said(acts[0], event.stopped_at)
        case ExtensionAsked() | ExtensionGranted() | ExtensionRefused():
            yield _extension(event)


def _refiled(event: ClockReplanned) -> dict[str, Any]:
    length = length_to_data(length_from_text(event.length))
    law = {"limit": {"working_days": event.limit_days}} if event.limit_days else {}
    return _said("refiled", event.corrected_at or event.at, length=length, **law)


def _extension(event: ExtensionAsked | ExtensionGranted | ExtensionRefused) -> dict[str, Any]:
    match event:
        case ExtensionAsked():
            days, reason = event.working_days, event.reason
            return _said("extension_asked", event.at, working_days=days, reason=reason)
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
