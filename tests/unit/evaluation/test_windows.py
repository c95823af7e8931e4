"""Tumbling windows: where a measure counts, what is kept, and what stands out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotline.evaluation.v1.measures_pb2 import Measure, Windows
from services.evaluation.windows import RELEASED, Keep, Surge, SurgeRule, count, newest_first, surge
from tests.unit.evaluation.windows import KEEP, NEW_YORK, a_matter, a_measure, counted, rows

NOON = datetime(2011, 3, 16, 12, 20, tzinfo=NEW_YORK)
HOUR = timedelta(hours=1)
RULE = SurgeRule(at_least=20, times=3.0)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_a_measure_counts_in_its_hour_and_its_day_of_the_city() -> None:
    windows = counted([a_measure(NOON, 1, solved=True), a_measure(NOON + HOUR, 2, on_time=True)])
    assert windows.unit == "NYPD"
    assert rows(windows.hours) == {
        "2011-03-16T12:00:00-04:00": [1, 1, 0, 1, 0, 0, 0, 0],
        "2011-03-16T13:00:00-04:00": [1, 1, 0, 0, 0, 1, 0, 0],
    }
    assert rows(windows.days) == {"2011-03-16T00:00:00-04:00": [2, 2, 0, 1, 0, 1, 0, 0]}


def test_the_last_second_of_a_day_is_that_day_and_midnight_is_the_next() -> None:
    midnight = datetime(2011, 3, 17, tzinfo=NEW_YORK)
    windows = counted([a_measure(midnight - timedelta(seconds=1), 1), a_measure(midnight, 2)])
    assert list(rows(windows.days)) == ["2011-03-16T00:00:00-04:00", "2011-03-17T00:00:00-04:00"]
    assert list(rows(windows.hours)) == ["2011-03-16T23:00:00-04:00", "2011-03-17T00:00:00-04:00"]


def test_a_repeat_changes_nothing() -> None:
    windows = counted([a_measure(NOON, 7), a_measure(NOON, 9)])
    before = Windows.FromString(windows.SerializeToString())
    assert not count(windows, a_measure(NOON, 7), KEEP)
    assert not count(windows, a_measure(NOON, 9), KEEP)
    assert windows == before


def test_what_was_parked_is_counted_once_though_others_were_counted_before() -> None:
    windows = counted([a_measure(NOON, 9), a_measure(NOON, 7, id="a", released=True)])
    assert windows.days[0].entries == 2
    assert dict(windows.counted) == {0: 9}
    assert not count(windows, a_measure(NOON, 7, id="a", released=True), KEEP)
    assert count(windows, a_measure(NOON, 8, id="b", released=True), KEEP)
    assert windows.days[0].entries == 3


def test_of_released_measures_only_the_last_are_remembered() -> None:
    many = [a_measure(NOON, 1, id=str(n), released=True) for n in range(RELEASED + 5)]
    windows = counted(many)
    assert windows.days[0].entries == len(many)
    assert list(windows.released) == [str(n) for n in range(5, RELEASED + 5)]


def test_the_same_position_of_another_bucket_is_no_repeat() -> None:
    windows = counted([a_measure(NOON, 7, bucket=0), a_measure(NOON, 7, bucket=1)])
    assert dict(windows.counted) == {0: 7, 1: 7}
    assert windows.days[0].entries == 2


def test_an_entry_taken_back_counts_for_nothing() -> None:
    flags = {"contacted": True, "solved": True, "satisfied": True}
    windows = counted([a_measure(NOON, 1, **flags), a_measure(NOON, 2, weight=-1, **flags)])
    assert rows(windows.days) == {"2011-03-16T00:00:00-04:00": [0] * 8}


def test_an_hour_that_the_clocks_show_twice_is_two_windows() -> None:
    windows = counted(
        [a_measure(utc(2011, 11, 6, 5, 30), 1), a_measure(utc(2011, 11, 6, 6, 30), 2)]
    )
    assert list(rows(windows.hours)) == ["2011-11-06T01:00:00-04:00", "2011-11-06T01:00:00-05:00"]
    assert list(rows(windows.days)) == ["2011-11-06T00:00:00-04:00"]


def test_the_second_of_them_puts_an_end_to_the_first_where_one_hour_is_kept() -> None:
    one = Keep(hours=1, days=31, zone=NEW_YORK)
    late = a_measure(utc(2011, 11, 6, 5, 40), 2)
    windows = counted([a_measure(utc(2011, 11, 6, 6, 30), 1), late], one)
    assert list(rows(windows.hours)) == ["2011-11-06T01:00:00-05:00"]


@pytest.mark.parametrize(
    ("last", "first_kept"),
    [
        (datetime(2011, 3, 14, 1, tzinfo=NEW_YORK), "2011-03-13T00:00:00-05:00"),  # 23 hours
        (datetime(2011, 11, 7, 1, tzinfo=NEW_YORK), "2011-11-06T00:00:00-04:00"),  # 25 hours
    ],
)
def test_days_are_kept_by_the_calendar_also_when_the_clocks_change(
    last: datetime, first_kept: str
) -> None:
    two = Keep(hours=24, days=2, zone=NEW_YORK)
    every_hour = [last.astimezone(UTC) - n * HOUR for n in range(72, -1, -1)]
    windows = counted([a_measure(at, n) for n, at in enumerate(every_hour, 1)], two)
    days = rows(windows.days)
    assert next(iter(days)) == first_kept
    assert [counts[0] for counts in days.values()] == [23 if last.month == 3 else 25, 2]


def test_a_day_without_a_midnight_begins_where_it_begins() -> None:
    havana = Keep(hours=24, days=31, zone=ZoneInfo("America/Havana"))
    windows = counted([a_measure(datetime(2011, 3, 20, 8, tzinfo=havana.zone), 1)], havana)
    assert windows.days[0].start.ToDatetime(UTC) == utc(2011, 3, 20, 5)


def test_a_late_measure_counts_where_it_belongs() -> None:
    windows = counted([a_measure(NOON, 1), a_measure(NOON - 3 * HOUR, 2), a_measure(NOON, 3)])
    assert {start: counts[0] for start, counts in rows(windows.hours).items()} == {
        "2011-03-16T09:00:00-04:00": 1,
        "2011-03-16T12:00:00-04:00": 2,
    }


def test_one_that_is_later_than_what_is_kept_is_not_counted_but_known() -> None:
    windows = counted([a_measure(NOON, 1), a_measure(NOON - timedelta(days=31), 2)])
    assert list(rows(windows.days)) == ["2011-03-16T00:00:00-04:00"]
    assert windows.days[0].entries == 1
    assert dict(windows.counted) == {0: 2}


def test_a_newer_measure_drops_the_windows_that_are_too_old() -> None:
    windows = counted([a_measure(NOON, 1), a_measure(NOON + 23 * HOUR, 2)])
    assert len(windows.hours) == 2
    count(windows, a_measure(NOON + 24 * HOUR, 3), KEEP)
    assert list(rows(windows.hours)) == ["2011-03-17T11:00:00-04:00", "2011-03-17T12:00:00-04:00"]


def matters(counts: dict[int, int]) -> list[Measure]:
    """So many matters so many hours after noon."""
    places = [hours for hours, n in counts.items() for _ in range(n)]
    return [a_matter(NOON + hours * HOUR, n) for n, hours in enumerate(places, 1)]


def test_nothing_counted_is_no_surge() -> None:
    assert surge(Windows(), RULE, KEEP) is None


def test_an_hour_far_above_the_mean_of_those_before_is_a_surge() -> None:
    found = surge(counted(matters({0: 4, 1: 8, 2: 24})), RULE, KEEP)
    assert found == Surge("noise", "QUEENS", NOON.replace(minute=20, hour=14) - 20 * HOUR / 60,
                          24, 6.0, surge=True)  # fmt: skip


def test_below_three_times_the_mean_there_is_none() -> None:
    found = surge(counted(matters({0: 8, 1: 8, 2: 23})), RULE, KEEP)
    assert found is not None
    assert (found.usual, found.surge) == (8.0, False)


def test_few_matters_are_no_surge_however_rare_they_are() -> None:
    found = surge(counted(matters({0: 1, 3: 19})), RULE, KEEP)
    assert found is not None
    assert (found.matters, found.surge) == (19, False)


def test_hours_without_a_matter_count_in_the_mean() -> None:
    found = surge(counted(matters({0: 12, 4: 20})), RULE, KEEP)
    assert found is not None
    assert (found.usual, found.surge) == (3.0, True)


def test_the_mean_is_over_the_hours_that_are_kept() -> None:
    found = surge(counted(matters({0: 500, 10: 23, 33: 20})), RULE, KEEP)
    assert found is not None
    assert found.usual == 1.0


def test_the_first_hour_of_all_has_no_mean_and_needs_only_enough_matters() -> None:
    found = surge(counted(matters({0: 20})), RULE, KEEP)
    assert found is not None
    assert (found.usual, found.surge) == (0.0, True)


def test_surges_are_listed_newest_and_greatest_first() -> None:
    older, small, great = (
        Surge("noise", area, NOON + hours * HOUR, n, 0.0, surge=False)
        for area, hours, n in (("a", 0, 90), ("b", 1, 1), ("c", 1, 2))
    )
    assert newest_first([None, small, older, great]) == [great, small, older]
