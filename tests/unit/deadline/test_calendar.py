"""Calendars as data: which days count, and counting them (R21, R27, R28)."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.deadline.domain.calendar import NEW_YEAR_UNPUBLISHED, WEEKDAYS, Calendar
from services.deadline.domain.calendar_data import from_data, to_data
from tests.unit.deadline.shipped import CN, US

DAYS = st.dates(date(2001, 1, 1), date(2031, 12, 31))
CALENDARS = st.sampled_from([CN, US])
SMALL: dict[str, Any] = {
    "id": "small",
    "version": "1",
    "time_zone": "Asia/Shanghai",
    "published_through": 2026,
    "weekend": {"saturday": "weekend", "sunday": "weekend"},
    "days_off": {"2026-05-01/2026-05-05": "holiday"},
    "make_up": {"2026-05-09": "holiday"},
}


def walked(calendar: Calendar, day: date, count: int) -> date:
    """Count one day after the other, as a clerk would."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not calendar.is_working(day):
            day += step
    return day


def test_r21_a_make_up_weekend_is_a_working_day() -> None:
    calendar = from_data(SMALL)
    assert calendar.is_working(date(2026, 5, 9))
    assert calendar.reason_off(date(2026, 5, 10)) == "weekend"


def test_r27_a_named_day_off_says_its_name_also_at_a_weekend() -> None:
    assert from_data(SMALL).reason_off(date(2026, 5, 2)) == "holiday"


def test_r28_an_unpublished_year_has_weekends_and_1_january_off() -> None:
    calendar = from_data(SMALL)
    off = [d for d in range(1, 12) if not calendar.is_working(date(2027, 1, d))]
    assert off == [1, 2, 3, 9, 10]
    assert calendar.reason_off(date(2027, 1, 1)) == NEW_YEAR_UNPUBLISHED
    assert calendar.is_working(date(2027, 5, 3))
    assert not calendar.is_published(date(2027, 1, 1))
    assert calendar.is_published(date(2026, 12, 31))


def test_r28_years_before_the_table_are_not_published_either() -> None:
    assert not CN.is_published(date(2003, 12, 31))
    assert CN.reason_off(date(2003, 1, 1)) == NEW_YEAR_UNPUBLISHED


@given(CALENDARS, DAYS, st.integers(-400, 400))
def test_r21_adding_working_days_is_what_a_clerk_counts(
    calendar: Calendar, day: date, count: int
) -> None:
    assert calendar.add_working_days(day, count) == walked(calendar, day, count)


@given(CALENDARS, DAYS, DAYS, st.integers(1, 300))
def test_r21_adding_days_is_monotone(calendar: Calendar, one: date, two: date, count: int) -> None:
    early, late = sorted((one, two))
    assert calendar.add_working_days(early, count) <= calendar.add_working_days(late, count)
    assert calendar.add_working_days(early, count) < calendar.add_working_days(early, count + 1)


@given(CALENDARS, DAYS, st.integers(0, 400))
def test_r21_the_days_between_are_the_days_added(calendar: Calendar, day: date, count: int) -> None:
    reached = calendar.add_working_days(day, count)
    assert calendar.working_days_between(day, reached) == count
    assert calendar.working_days_between(reached, day) == 0


@given(CALENDARS, DAYS, st.integers(1, 300))
def test_r21_going_back_undoes_going_forth(calendar: Calendar, day: date, count: int) -> None:
    working = calendar.add_working_days(day, 1)
    assert calendar.add_working_days(calendar.add_working_days(working, count), -count) == working


@given(CALENDARS, DAYS)
def test_r21_a_day_ends_where_the_next_begins(calendar: Calendar, day: date) -> None:
    end = calendar.end_of(day)
    assert calendar.local_date(end) == day + timedelta(days=1)
    assert calendar.local_date(end - timedelta(microseconds=1)) == day


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 7, 1), 24)]
)
def test_r21_a_day_in_new_york_has_23_or_25_hours_when_clocks_change(day: date, hours: int) -> None:
    length = US.end_of(day) - US.end_of(day - timedelta(days=1))
    assert length == timedelta(hours=hours)


def test_r21_a_day_that_begins_at_one_o_clock_begins_when_the_day_before_ends() -> None:
    havana = replace(CN, time_zone="America/Havana")  # 2026-03-08 has no 00:00 there
    end = havana.end_of(date(2026, 3, 7))
    assert end == datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert end.astimezone(havana.zone).hour == 1


def test_r21_close_of_business_ends_the_day_where_a_city_sets_it() -> None:
    closing = from_data({**SMALL, "close_of_business": "17:30"})
    assert closing.close_of_business == time(17, 30)
    assert closing.end_of(date(2026, 5, 9)) == datetime(2026, 5, 9, 9, 30, tzinfo=UTC)


def test_r21_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        CN.local_date(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_calendar_round_trips_through_its_plain_form() -> None:
    closing = replace(CN, close_of_business=time(17, 30))
    for calendar in (CN, US, closing):
        assert from_data(to_data(calendar)) == calendar
        assert pickle.loads(pickle.dumps(calendar)) == calendar
        assert hash(from_data(to_data(calendar))) == hash(calendar)


def test_dates_may_be_listed_ranged_or_both() -> None:
    listed = {"2026-05-01, 2026-05-02/2026-05-04, 2026-05-05": "holiday"}
    assert from_data({**SMALL, "days_off": listed}) == from_data(SMALL)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"days_off": {"2026-05-09": "holiday"}}, "2026-05-09 is both off and a make-up day"),
        ({"days_off": {"2026-05-01, 2026-05-01": "x"}}, "2026-05-01 is listed twice"),
        ({"days_off": {"2026-02-30": "x"}}, "'2026-02-30' is not a date"),
        ({"days_off": {"2026-05-05/2026-05-01": "x"}}, "is not a range of days"),
        ({"days_off": ["2026-05-05"]}, "days_off must be a table"),
        ({"weekend": {"sat": "x"}}, "weekend names weekdays"),
        (
            {"weekend": dict.fromkeys(WEEKDAYS, "x")},
            "no weekday",
        ),
        ({"time_zone": "Asia/Fuyang"}, "no time zone is called 'Asia/Fuyang'"),
        ({"time_zone": "../etc/passwd"}, "no time zone"),
        ({"published_through": "2026"}, "published_through must be a year"),
        ({"published_from": 2027}, "it ends before it begins"),
        ({"version": None}, "version must be a text"),
        ({"close_of_business": 1050}, "close_of_business must be a quoted time"),
        ({"close_of_business": "25:00"}, "close_of_business must be a quoted time"),
        ({"close_of_business": "00:00"}, "close_of_business must be a quoted time"),
        ({"notices": {2026: "one"}}, "notices maps years to lists"),
        ({"holidays": {}}, "unknown field holidays"),
    ],
)
def test_wrong_data_is_refused_with_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        from_data({**SMALL, **change})
