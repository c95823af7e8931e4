"""When running time has run out: by the wall clock, or within the shifts of working days (R26)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.lengths import LONGEST_DAYS, Pause, in_utc

_NOTHING = timedelta()
_DAY = timedelta(days=1)
Stretch = tuple[datetime, datetime]


def run_out(left: timedelta, start: datetime, pauses: Sequence[Pause]) -> datetime | None:
    """The instant at which that much time has run since `start`; None if an open pause comes first.

    Time that had run out before the start did so where it did, whatever was paused.
    """
    now = in_utc(start)
    if left <= _NOTHING:
        return now + left
    for pause in sorted(pauses, key=_pause_start):
        if now + left <= pause.start:
            break
        if pause.end is None:
            return None
        if pause.end > now:
            left -= max(pause.start - now, _NOTHING)
            now = pause.end
    return now + left


def worked_out(
    left: timedelta, start: datetime, calendar: Calendar, pauses: Sequence[Pause]
) -> tuple[datetime | None, tuple[date, ...]]:
    """As `run_out`, of working time; with the days on which it ran.

    Raises ValueError for a calendar without shifts.
    """
    if not calendar.open_shifts:
        raise ValueError(f"calendar {calendar.id} has no shifts to count working hours in")
    worked: list[date] = []
    day = calendar.local_date(start)
    for _ in range(LONGEST_DAYS * 24):
        for begin, end in _runs(calendar.working_time(day), in_utc(start), pauses):
            if not worked or worked[-1] != day:
                worked.append(day)
            if left <= end - begin:
                return begin + left, tuple(worked)
            left -= end - begin
        day += _DAY
        opened = next((p for p in pauses if p.end is None), None)
        if opened is not None and calendar.local_date(opened.start) < day:
            return None, tuple(worked)
    raise ValueError("the working time never runs out")


def _runs(shifts: Iterator[Stretch], start: datetime, pauses: Sequence[Pause]) -> Iterator[Stretch]:
    """What is left of the shifts after the start and between the pauses."""
    for begin, end in shifts:
        now = max(begin, start)
        for pause in sorted(pauses, key=_pause_start):
            if pause.start >= end:
                break
            if pause.start > now:
                yield now, pause.start
            now = end if pause.end is None else max(now, pause.end)
        if now < end:
            yield now, end


def _pause_start(pause: Pause) -> datetime:
    return pause.start
