"""When a clock is due, and why: the arithmetic of R21, R22, R26 and R28, and nothing else.

`due` explains, day by day; `due_at` gives the same instant without the explanation, for the hot
path. The two are written apart and tested against each other. A due instant is exclusive: an act
at that very instant is late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import assert_never

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.lengths import (
    INSTANT,
    CalendarDays,
    Extension,
    Length,
    Pause,
    Running,
    Until,
    WorkingDays,
    WorkingHours,
    in_utc,
)
from services.deadline.domain.running import run_out, worked_out
from services.kernel.decider import Value, replace

_DAY = timedelta(days=1)


class Due(Value):
    """A due instant in UTC and the days that led to it.

    `due_at` and `last_day` are None while an open pause stands before them; `counted` and
    `skipped` then go as far as the clock got. The start day is in neither. For a clock of days
    the last of `counted` is `last_day`; a clock of running hours counts days only in extensions.
    """

    due_at: datetime | None
    last_day: date | None
    counted: tuple[date, ...]
    skipped: tuple[tuple[date, str], ...]
    provisional: bool


def due(
    length: Length,
    start: datetime,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> Due:
    """Explain when a clock that started at `start` is due.

    Raises ValueError for an instant without offset, and for working hours without shifts.
    """
    if isinstance(length, WorkingDays | CalendarDays):
        base = _counted(length, calendar.local_date(start), calendar, pauses)
    elif isinstance(length, WorkingHours):
        base = _worked(length, start, calendar, pauses)
    else:
        base = _at(_run_out(length, start, pauses), calendar)
    granted = sum(extension.working_days for extension in extensions)
    if not granted or base.last_day is None:
        return base
    return _joined(base, _walk(base.last_day, granted, calendar, pauses))


def due_at(
    length: Length,
    start: datetime,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> datetime | None:
    """The instant that `due` explains, without the explanation."""
    granted = sum(extension.working_days for extension in extensions)
    lost = _lost_days(calendar, pauses) if pauses else []
    last: date | None
    if isinstance(length, WorkingDays | CalendarDays):
        last = _last_day(length, calendar.local_date(start), calendar, lost)
    else:
        if isinstance(length, WorkingHours):
            instant, _ = worked_out(length.time, start, calendar, pauses)
        else:
            instant = _run_out(length, start, pauses)
        if instant is None or not granted:
            return instant
        last = calendar.local_date(instant - INSTANT)
    if last is not None and granted:
        last = _nth_working(last, granted, calendar, lost)
    return None if last is None else calendar.end_of(last)


def _run_out(length: Running | Until, start: datetime, pauses: Sequence[Pause]) -> datetime | None:
    left = length.due_at - in_utc(start) if isinstance(length, Until) else length.time
    return run_out(left, start, pauses)


# The explained path: one day after the other.


def _at(instant: datetime | None, calendar: Calendar) -> Due:
    last = None if instant is None else calendar.local_date(instant - INSTANT)
    return Due(instant, last, (), (), provisional=False)


def _worked(
    length: WorkingHours, start: datetime, calendar: Calendar, pauses: Sequence[Pause]
) -> Due:
    """Counted are the days on which the time ran, the start's too; the others say why not."""
    instant, days = worked_out(length.time, start, calendar, pauses)
    if instant is None:
        return Due(None, None, days, (), provisional=False)
    day, skipped = calendar.local_date(start), []
    while day < days[-1]:
        if day not in days and day > calendar.local_date(start):
            begin, end = calendar.midnight(day), calendar.midnight(day + _DAY)
            standing = sorted({p.reason for p in pauses if _overlaps(p, begin, end)})
            skipped.append((day, calendar.reason_off(day) or f"paused: {', '.join(standing)}"))
        day += _DAY
    sure = calendar.is_published(days[-1])
    return Due(instant, days[-1], days, tuple(skipped), provisional=not sure)


def _overlaps(pause: Pause, begin: datetime, end: datetime) -> bool:
    return pause.start < end and (pause.end is None or pause.end > begin)


def _counted(
    length: WorkingDays | CalendarDays, after: date, calendar: Calendar, pauses: Sequence[Pause]
) -> Due:
    match length:
        case WorkingDays(count):
            return _walk(after, count, calendar, pauses)
        case CalendarDays(count):
            walked = _walk(after, count, calendar, pauses, days_off_count=True)
            return _off_the_day_off(walked, calendar, pauses)
    assert_never(length)


def _off_the_day_off(walked: Due, calendar: Calendar, pauses: Sequence[Pause]) -> Due:
    """A last day that is off is replaced by the next working day (R21)."""
    last = walked.last_day
    reason = None if last is None else calendar.reason_off(last)
    if last is None or reason is None:
        return walked
    kept = replace(walked, counted=walked.counted[:-1], skipped=(*walked.skipped, (last, reason)))
    return _joined(kept, _walk(last, 1, calendar, pauses))


def _walk(
    after: date,
    count: int,
    calendar: Calendar,
    pauses: Sequence[Pause],
    *,
    days_off_count: bool = False,
) -> Due:
    counted: list[date] = []
    skipped: list[tuple[date, str]] = []
    day = after
    while len(counted) < count:
        day += _DAY
        off = None if days_off_count else calendar.reason_off(day)
        if off is not None:
            skipped.append((day, off))
            continue
        standing = _standing(calendar.end_of(day), pauses) if pauses else None
        if not standing:
            counted.append(day)
        elif any(pause.end is None for pause in standing):
            return Due(None, None, tuple(counted), tuple(skipped), provisional=False)
        else:
            reasons = sorted({pause.reason for pause in standing})
            skipped.append((day, f"paused: {', '.join(reasons)}"))
    sure = calendar.is_published(after + _DAY) and calendar.is_published(day)
    return Due(calendar.end_of(day), day, tuple(counted), tuple(skipped), provisional=not sure)


def _standing(end: datetime, pauses: Sequence[Pause]) -> list[Pause]:
    """The pauses in which the clock stands at the end of a day (R26)."""
    return [p for p in pauses if p.start < end and (p.end is None or end <= p.end)]


def _joined(first: Due, then: Due) -> Due:
    return Due(
        then.due_at,
        then.last_day,
        first.counted + then.counted,
        first.skipped + then.skipped,
        provisional=then.due_at is not None and (first.provisional or then.provisional),
    )


# The fast path: whole stretches of days at once.


def _lost_days(calendar: Calendar, pauses: Sequence[Pause]) -> list[tuple[date, date | None]]:
    """First and last day at whose end each pause holds the clock; last None: still open."""
    lost: list[tuple[date, date | None]] = []
    for pause in sorted(pauses, key=_pause_start):
        first = calendar.local_date(pause.start)
        if calendar.end_of(first) <= pause.start:
            first += _DAY
        if pause.end is None:
            lost.append((first, None))
            continue
        last = calendar.local_date(pause.end)
        if calendar.end_of(last) > pause.end:
            last -= _DAY
        if first <= last:
            lost.append((first, last))
    return lost


def _last_day(
    length: WorkingDays | CalendarDays,
    after: date,
    calendar: Calendar,
    lost: Sequence[tuple[date, date | None]],
) -> date | None:
    match length:
        case WorkingDays(count):
            return _nth_working(after, count, calendar, lost)
        case CalendarDays(count):
            last = _nth_day(after, count, lost)
            if last is None or calendar.is_working(last):
                return last
            return _nth_working(last, 1, calendar, lost)
    assert_never(length)


def _nth_working(
    after: date, count: int, calendar: Calendar, lost: Sequence[tuple[date, date | None]]
) -> date | None:
    for first, last in lost:
        if last is not None and last <= after:
            continue
        reached = calendar.add_working_days(after, count)
        if reached < first:
            return reached
        if last is None:
            return None
        count -= calendar.working_days_between(after, first - _DAY)
        after = last
    return calendar.add_working_days(after, count)


def _nth_day(after: date, count: int, lost: Sequence[tuple[date, date | None]]) -> date | None:
    for first, last in lost:
        if last is not None and last <= after:
            continue
        if after + count * _DAY < first:
            break
        if last is None:
            return None
        count -= max((first - after).days - 1, 0)
        after = last
    return after + count * _DAY


def _pause_start(pause: Pause) -> datetime:
    return pause.start
