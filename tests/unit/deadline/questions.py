"""Questions to the calculator, as short as they can be written."""

from __future__ import annotations

from typing import Any

import orjson

from services.deadline.adapters.due_lines import City, answers

TRIAL = City.of("trial-measures")
MONDAY = "2026-03-09T10:00"  # a week and more without holidays follow


def cn(text: str) -> str:
    """`2026-03-09T10:00`, or `03-09T10:00` of 2026, by the clock in Beijing."""
    return f"{text if text.startswith('20') else f'2026-{text}'}+08:00"


def event(type_: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"type": type_, "at": cn(at), **fields}


def line(clock: str, *events: dict[str, Any], start: str = MONDAY, **more: Any) -> dict[str, Any]:
    return {"id": "q", "clock": clock, "start": cn(start), "events": list(events), **more}


def ask(
    clock: str, *events: dict[str, Any], start: str = MONDAY, city: City = TRIAL, **more: Any
) -> dict[str, Any]:
    """The answer to one line, through bytes."""
    return answered(line(clock, *events, start=start, **more), city)


def answered(data: Any, city: City = TRIAL) -> dict[str, Any]:
    [out] = answers([orjson.dumps(data)], city)
    found: dict[str, Any] = orjson.loads(out)
    return found


def paused(at: str, reason: str = "citizen_supplement", **more: Any) -> dict[str, Any]:
    return event("paused", at, reason=reason, **more)


def resumed(at: str, **more: Any) -> dict[str, Any]:
    return event("resumed", at, **more)


def asked(at: str, days: int = 2, **more: Any) -> dict[str, Any]:
    return event("extension_asked", at, working_days=days, **{"reason": "road works", **more})


def granted(at: str, days: int = 2, **more: Any) -> dict[str, Any]:
    return event("extension_granted", at, working_days=days, **more)


def notice(at: str, days: dict[str, bool], **more: Any) -> dict[str, Any]:
    listed = [{"date": day, "working": working} for day, working in days.items()]
    return event("calendar_changed", at, days=listed, **more)


def limit(at: str, **fields: Any) -> dict[str, Any]:
    return event("limit_set", at, **{"basis": "law", **fields})


def rules(found: dict[str, Any]) -> list[tuple[int, str]]:
    return [(r["event"], r["rule"]) for r in found["rejected"]]
