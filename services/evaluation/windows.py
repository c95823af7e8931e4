"""Tumbling windows of one unit, or of one category and area: value in, value out.

All that is known of a key is one `Windows` message: the counts per hour and day, and per bucket
of the source the last position counted. Both are written as one record, so they can never part:
a measure that comes again, because a worker was killed before it committed its offset or because
the publisher repeated itself, is not above the last position and changes nothing. Positions of
one source and bucket rise in the order of the topic, and all measures of a key stand in one
partition, so nothing that is new is ever below. The place costs one number per bucket; a set of
ids seen would grow with the history, and Kafka's offset would not tell a publisher's repeat. Only
what no measure could be made of when it was read, and was released later, comes below; of the last
few of those the ids are kept.

Windows are named by the measure's own time (of the visit, of the acceptance), so that an import
or a repeat lands where the first went; those older than `Keep` allows, counted from the newest
measure of the key, are dropped, and so is what comes later still.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from hotline.evaluation.v1.measures_pb2 import Measure, Window, Windows

HOUR_S = 3600
RELEASED = 100  # ids: a repeat follows within seconds


@dataclass(frozen=True, slots=True)
class Keep:
    """How many hours and days of windows are kept, in the city's time zone."""

    hours: int
    days: int
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class SurgeRule:
    """R6: an hour with `at_least` matters and `times` the mean of the hours before it."""

    at_least: int
    times: float


@dataclass(frozen=True, slots=True)
class Surge:
    """The newest hour of one category and area, beside the mean of those kept before it."""

    category: str
    area: str
    start: datetime
    matters: int
    usual: float
    surge: bool


def count(windows: Windows, measure: Measure, keep: Keep) -> bool:
    """Add the measure to its hour and day. False: it was counted before, nothing changed."""
    if not _is_new(windows, measure):
        return False
    windows.unit, windows.category, windows.area = _names(measure)
    at = datetime.fromtimestamp(measure.at.seconds, keep.zone)
    hour = at.replace(minute=0, second=0)
    day = hour.replace(hour=0, fold=0)
    _add(windows.hours, hour, _hours_back(_newest(windows.hours, hour), keep.hours), measure)
    _add(windows.days, day, _days_back(_newest(windows.days, day), keep), measure)
    return True


def _is_new(windows: Windows, measure: Measure) -> bool:
    """And remember it."""
    if measure.released:
        if measure.id in windows.released:
            return False
        windows.released.append(measure.id)
        del windows.released[:-RELEASED]
    elif measure.position <= windows.counted.get(measure.bucket, 0):
        return False
    else:
        windows.counted[measure.bucket] = measure.position
    return True


def surge(windows: Windows, rule: SurgeRule, keep: Keep) -> Surge | None:
    """Whether the newest hour stands out; None where nothing was counted."""
    if not windows.hours:
        return None
    *before, newest = windows.hours
    since = before[0].start.seconds if before else newest.start.seconds
    span = min(keep.hours - 1, (newest.start.seconds - since) // HOUR_S)
    usual = sum(window.entries for window in before) / span if span else 0.0
    return Surge(
        category=windows.category,
        area=windows.area,
        start=datetime.fromtimestamp(newest.start.seconds, keep.zone),
        matters=newest.entries,
        usual=usual,
        surge=newest.entries >= max(rule.at_least, rule.times * usual),
    )


def _names(measure: Measure) -> tuple[str, str, str]:
    """What all measures of the key have in common."""
    if measure.kind == Measure.KIND_SCORE:
        return measure.unit, "", ""
    return "", measure.category, measure.area


def _newest(windows: MutableSequence[Window], start: datetime) -> datetime:
    """By the instant: an hour that the clocks show twice has two equal wall times."""
    if not windows:
        return start
    last = datetime.fromtimestamp(windows[-1].start.seconds, start.tzinfo)
    return max(start, last, key=datetime.timestamp)


def _hours_back(newest: datetime, hours: int) -> float:
    return newest.timestamp() - hours * HOUR_S


def _days_back(newest: datetime, keep: Keep) -> float:
    """By the calendar: a day with a change of clocks has 23 or 25 hours."""
    return (newest - timedelta(days=keep.days)).timestamp()


def _add(
    windows: MutableSequence[Window], start: datetime, too_old: float, measure: Measure
) -> None:
    seconds = int(start.timestamp())
    while windows and windows[0].start.seconds <= too_old:
        del windows[0]
    if seconds <= too_old:
        return
    place = len(windows)
    while place and windows[place - 1].start.seconds > seconds:
        place -= 1
    if not place or windows[place - 1].start.seconds != seconds:
        windows.insert(place, Window())
        windows[place].start.seconds = seconds
        place += 1
    _count(windows[place - 1], measure)


def _count(window: Window, measure: Measure) -> None:
    weight = measure.weight
    window.entries += weight
    window.visited += weight * measure.visited
    window.contacted += weight * measure.contacted
    window.solved += weight * measure.solved
    window.satisfied += weight * measure.satisfied
    window.on_time += weight * measure.on_time
    window.confirmed_on_time += weight * measure.confirmed_on_time
    window.promise_missed += weight * measure.promise_missed


def newest_first(surges: Iterable[Surge | None]) -> list[Surge]:
    """For a list that people read."""
    known = [s for s in surges if s is not None]
    return sorted(known, key=lambda s: (s.start, s.matters), reverse=True)
