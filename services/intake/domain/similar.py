"""R16: which earlier tickets are on the same matter, and whether they are the same citizen's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.intake.domain.matter import Earlier, Progress

# How alike two texts are, from 0 to 100, by their characters.
Likeness = Callable[[str, str], float]
_EARTH_M = 6_371_000
_MOST_RELATED = 5


@dataclass(frozen=True, slots=True)
class SameMatter:
    """When two matters are the same; a city's own figures."""

    likeness: float
    radius_m: float
    within: timedelta


@dataclass(frozen=True, slots=True)
class Recent:
    """A ticket as a new matter is compared with it."""

    ticket: str
    person: str
    category: str
    area: str
    title: str
    latitude: float | None
    longitude: float | None
    progress: Progress
    received_at: datetime


def earlier_of(
    new: Recent, found: Sequence[Recent], same: SameMatter, alike: Likeness, *, is_new: bool
) -> tuple[Earlier, ...]:
    """The citizen's own, then a few of others', the latest first each.

    `is_new`: the citizen says so. What is not handled is no matter to go back to.
    """
    matching = [old for old in found if _is_same(new, old, same, alike)]
    matching.sort(key=lambda old: old.received_at, reverse=True)
    own = [old for old in matching if old.person == new.person]
    others = [old for old in matching if old.person != new.person][:_MOST_RELATED]
    return (
        *(Earlier(old.ticket, old.progress, True, True, is_new) for old in own),
        *(Earlier(old.ticket, old.progress, False, True, is_new) for old in others),
    )


def _is_same(new: Recent, old: Recent, same: SameMatter, alike: Likeness) -> bool:
    if old.category != new.category or old.ticket == new.ticket:
        return False
    if old.progress is Progress.NOT_HANDLED:
        return False
    return _is_near(new, old, same) and alike(new.title, old.title) >= same.likeness


def _is_near(new: Recent, old: Recent, same: SameMatter) -> bool:
    """Two points decide; where one is not known, the area."""
    away = distance_m(new, old)
    return old.area == new.area if away is None else away <= same.radius_m


def distance_m(one: Recent, other: Recent) -> float | None:
    """Along the sphere; None where a point is not known."""
    if one.latitude is None or one.longitude is None:
        return None
    if other.latitude is None or other.longitude is None:
        return None
    lat1, lat2 = math.radians(one.latitude), math.radians(other.latitude)
    dlon = math.radians(other.longitude - one.longitude)
    a = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(a)))
