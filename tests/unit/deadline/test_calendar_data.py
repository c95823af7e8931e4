"""Calendars as data: the shipped tables against libraries made without them, by day (R21)."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest

from hotline.deadline.calendars import DECIDED, differences
from services.deadline.domain.calendar import Calendar
from tests.unit.deadline.shipped import CN, US


def test_the_tables_agree_with_both_libraries_but_for_the_decided_days() -> None:
    found = {(d.calendar, d.library, d.day) for d in differences()}
    assert found == DECIDED


def test_us_federal_agrees_with_holidays_also_in_its_reasons() -> None:
    library = holidays.country_holidays("US", years=range(2010, 2028))
    assert {day: why.partition(" ")[2] for day, why in US.days_off.items()} == dict(library.items())


def test_r21_every_make_up_day_is_a_weekend_that_is_worked() -> None:
    assert len(CN.make_up) == 151
    for day in CN.make_up:
        assert day.weekday() >= 5
        assert CN.is_working(day)


def test_every_make_up_day_lies_near_the_holiday_it_is_named_after() -> None:
    for day, holiday in CN.make_up.items():
        near = (day + timedelta(days=n) for n in range(-21, 22))
        assert any(CN.days_off.get(other) == holiday for other in near), day


@pytest.mark.parametrize(
    ("calendar", "first", "last"), [(CN, 2004, 2026), (US, 2010, 2027)], ids=["cn", "us-federal"]
)
def test_r28_a_table_has_its_published_years(calendar: Calendar, first: int, last: int) -> None:
    assert (calendar.published_from, calendar.published_through) == (first, last)
    assert {d.year for d in calendar.days_off} == set(range(first, last + 1))
    assert all(first <= d.year <= last for d in calendar.make_up)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 2, 16), "春节 Spring Festival"),
        (date(2026, 2, 15), "春节 Spring Festival"),
        (date(2026, 2, 14), None),
        (date(2005, 12, 31), None),
        (date(2015, 9, 3), "抗战胜利70周年纪念日 70th Anniversary of Victory"),
        (date(2019, 4, 28), None),
        (date(2019, 5, 3), "劳动节 Labour Day"),
        (date(2020, 2, 1), "春节延长 Spring Festival (extended)"),
        (date(2020, 2, 3), None),
        (date(2026, 3, 7), "星期六 Saturday"),
    ],
)
def test_r27_a_day_in_china_says_why_it_is_off(day: date, reason: str | None) -> None:
    assert CN.reason_off(day) == reason


def test_the_notice_for_a_year_is_named_where_it_is_known() -> None:
    assert CN.notices[2026] == ("国办发明电〔2025〕7号",)
    assert CN.notices[2015] == ("国办发明电〔2014〕28号", "国发明电〔2015〕1号")
    assert set(range(2004, 2027)) - CN.notices.keys() == {2004, 2005, 2008}
