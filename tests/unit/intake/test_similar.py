"""R16: which earlier tickets are on the same matter."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters.recent import likeness
from services.intake.domain.matter import Earlier, Progress
from services.intake.domain.similar import (
    Recent,
    SameMatter,
    cell_of,
    cells_near,
    distance_m,
    earlier_of,
)
from services.kernel.decider import replace
from tests.unit.intake.matters import LATER, NOON

SAME = SameMatter(80, 200, timedelta(days=180))
NEW = Recent(
    "T9",
    "p1",
    "traffic/road",
    "yingzhou",
    "人民路路面破损",
    None,
    None,
    Progress.NOT_HANDLED,
    LATER,
)
OLD = replace(NEW, ticket="T1", progress=Progress.HANDLED, received_at=NOON)


def found(*old: Recent, is_new: bool = False, **new: Any) -> tuple[Earlier, ...]:
    return earlier_of(replace(NEW, **new), old, SAME, likeness, is_new=is_new)


def test_r16_the_same_citizens_same_matter_is_found_with_its_progress() -> None:
    """R16."""
    assert found(OLD) == (Earlier("T1", Progress.HANDLED, True, True, False),)
    assert found(OLD, is_new=True)[0].new_circumstance


def test_r16_another_citizens_is_found_as_related() -> None:
    """R16: never linked silently."""
    assert found(replace(OLD, person="p2"))[0].same_caller is False


@pytest.mark.parametrize(
    ("title", "is_same"),
    [
        ("人民路路面破损", True),
        ("人民路 路面破损！", True),
        ("人民路的路面破损", True),
        ("中山路路灯不亮", False),
        ("", False),
    ],
)
def test_r16_titles_are_compared_by_characters(title: str, is_same: bool) -> None:
    """Chinese has no spaces to count by."""
    assert bool(found(replace(OLD, title=title))) is is_same


def test_case_and_signs_do_not_count() -> None:
    old = replace(OLD, title="POTHOLE, Renmin Road")
    assert found(old, title="pothole Renmin road")
    assert not found(old, title="Street lamp out")


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ({"area": "yingdong"}, {}, False),
        ({"category": "traffic/bus"}, {}, False),
        ({"ticket": "T9"}, {}, False),
        ({"progress": Progress.NOT_HANDLED}, {}, False),
        ({"latitude": 32.9, "longitude": 115.8}, {}, True),  # only one point: the area decides
        (
            {"latitude": 32.9, "longitude": 115.8, "area": "yingdong"},
            {"latitude": 32.901, "longitude": 115.8},
            True,
        ),
        (
            {"latitude": 32.9, "longitude": 115.8},
            {"latitude": 32.903, "longitude": 115.8},
            False,
        ),
    ],
)
def test_r16_category_and_area_or_radius_decide(
    old: dict[str, Any], new: dict[str, Any], is_same: bool
) -> None:
    assert bool(found(replace(OLD, **old), **new)) is is_same


def test_a_distance_is_along_the_sphere() -> None:
    here = replace(NEW, latitude=0.0, longitude=179.999)
    there = replace(NEW, latitude=0.0, longitude=-179.999)
    away = distance_m(here, there)
    assert away == pytest.approx(222.39, abs=0.1)
    assert distance_m(here, NEW) is None
    pole = replace(NEW, latitude=90.0, longitude=0.0)
    assert distance_m(pole, replace(pole, latitude=-90.0)) == pytest.approx(20_015_087, rel=1e-4)


def test_r16_the_latest_come_first_and_of_others_only_a_few() -> None:
    own = [replace(OLD, ticket=f"A{n}", received_at=NOON - timedelta(n)) for n in (3, 1, 2)]
    others = [
        replace(OLD, ticket=f"B{n}", person="p2", received_at=NOON - timedelta(n)) for n in range(9)
    ]
    tickets = [earlier.ticket for earlier in found(*others, *own)]
    assert tickets == ["A1", "A2", "A3", "B0", "B1", "B2", "B3", "B4"]


@given(
    radius_m=st.integers(1, 100_000),
    latitude=st.floats(-80, 80),
    longitude=st.floats(-180, 180),
    up=st.floats(-1, 1),
    aside=st.floats(-1, 1),
)
def test_r16_whatever_lies_within_the_radius_lies_in_one_of_four_fields(
    radius_m: int, latitude: float, longitude: float, up: float, aside: float
) -> None:
    here = replace(NEW, latitude=latitude, longitude=longitude)
    degrees = radius_m / 111_195
    there = replace(
        OLD,
        latitude=latitude + up * degrees,
        longitude=longitude + aside * degrees / math.cos(math.radians(latitude)),
    )
    fields = cells_near(here.latitude, here.longitude, radius_m)
    assert 1 <= len(fields) <= 4
    away = distance_m(here, there)
    assert away is not None
    if away <= radius_m:
        assert cell_of(there.latitude, there.longitude, radius_m) in fields


def test_r16_fields_are_as_small_as_the_radius_asks_and_unknown_points_lie_in_none() -> None:
    assert cell_of(None, 115.8, 200) is cell_of(32.9, None, 200) is None
    assert cells_near(None, None, 200) == ()
    assert cell_of(32.91, 115.8, 200) not in cells_near(32.9, 115.8, 200)
    assert cell_of(32.9, 115.81, 200) not in cells_near(32.9, 115.8, 200)
