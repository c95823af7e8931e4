"""R16: which earlier tickets are on the same matter, and whether they are the same citizen's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from services.intake.domain.matter import Earlier, Progress
from services.kernel.decider import Value

# How alike two texts are, from 0 to 100, by their characters.
Likeness = Callable[[str, str], float]
_EARTH_M = 6_371_000
_DEGREE_M = math.radians(1) * _EARTH_M
# A field is wider than a circle, so that the corners of a square around it name every field.
_FIELD_OF_RADIUS = 2.5
_MOST_RELATED = 5


class SameMatter(Value):
    """When two matters are the same; a city's own figures."""

    likeness: float
    radius_m: float
    within: timedelta


class Recent(Value):
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


def cell_of(latitude: float | None, longitude: float | None, radius_m: float) -> int | None:
    """The field of the map in which a point lies; None where the point is not known.

    Fields are rows of latitude, cut into columns about as wide; another radius, other fields.
    """
    if latitude is None or longitude is None:
        return None
    side = _FIELD_OF_RADIUS * radius_m / _DEGREE_M
    row = math.floor((latitude + 90) / side)
    columns = max(1, math.floor(360 / side * _narrowing((row + 0.5) * side - 90)))
    return row * 2**32 + math.floor((longitude + 180) % 360 / 360 * columns)


def cells_near(latitude: float | None, longitude: float | None, radius_m: float) -> Sequence[int]:
    """The fields, four at most, in which everything lies that is no further away."""
    if latitude is None or longitude is None:
        return ()
    up = radius_m / _DEGREE_M
    aside = up / _narrowing(latitude)
    around = {
        cell_of(min(90.0, max(-90.0, latitude + dy)), longitude + dx, radius_m)
        for dy in (-up, up)
        for dx in (-aside, aside)
    }
    return sorted(cell for cell in around if cell is not None)


def _narrowing(latitude: float) -> float:
    """How much shorter a degree of longitude is there; no city lies nearer to a pole."""
    return max(0.05, math.cos(math.radians(latitude)))
