"""Whom a row of the policy has told, and when, from YAML: warnings and the ladder (R25)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.deadline.domain.calendar_data import clock_time
from services.deadline.domain.lengths import Running, length_from_data
from services.deadline.domain.policy import ALARM_BEFORE, Ladder, WarningRule

STEPS = 4  # reminded, urged, supervised, the bureau notified
_WARNINGS = {"shares", "morning", "before_due", "longer_than"}


def warnings(part: Any, where: str) -> WarningRule | None:
    """Nothing at all: nobody is warned. Raises ValueError."""
    if not part:
        return None
    if not isinstance(part, dict) or not part.keys() <= _WARNINGS:
        raise ValueError(f"{where} must be a mapping of {', '.join(sorted(_WARNINGS))}")
    shares = _numbers(part.get("shares", []), f"{where}.shares")
    if any(not 0 < share <= 100 for share in shares):
        raise ValueError(f"{where}.shares are per cent")
    before, longer = part.get("before_due"), part.get("longer_than")
    return WarningRule(
        shares=shares,
        morning=clock_time(part.get("morning", "09:00"), f"{where}.morning"),
        before_due=None if before is None else _time(before, f"{where}.before_due"),
        longer_than=timedelta() if longer is None else _time(longer, f"{where}.longer_than"),
    )


def alarm_before(part: Any, where: str) -> timedelta:
    """Of a policy from before there was an alarm too. Raises ValueError."""
    return ALARM_BEFORE if part is None else _time(part, where)


def ladder(part: Any, where: str) -> Ladder | None:
    """Nothing at all: nobody is called after a miss. Raises ValueError."""
    if not part:
        return None
    if not isinstance(part, dict) or len(part) != 1 or not part.keys() <= {"working_days", "hours"}:
        raise ValueError(f"{where} must be a mapping of working_days or hours")
    [(unit, listed)] = part.items()
    steps = _numbers(listed, f"{where}.{unit}")
    if len(steps) != STEPS or list(steps) != sorted(steps):
        raise ValueError(f"{where}.{unit} must be {STEPS} numbers, none less than the one before")
    return Ladder(**{unit: steps})


def _numbers(part: Any, where: str) -> tuple[int, ...]:
    if not isinstance(part, list) or any(type(n) is not int or n < 0 for n in part):
        raise ValueError(f"{where} must be a list of whole numbers")
    return tuple(part)


def _time(part: Any, where: str) -> timedelta:
    length = length_from_data(part) if isinstance(part, dict) else None
    if not isinstance(length, Running):
        raise ValueError(f"{where} must be hours or minutes, such as {{hours: 2}}")
    return length.time
