"""When a clock is due: worked examples by hand, each named after its rule (R21-R28)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from services.deadline.domain.due import due, due_at
from services.deadline.domain.lengths import (
    CalendarDays,
    Extension,
    Pause,
    Running,
    Until,
    WorkingDays,
)
from tests.unit.deadline.shipped import CN

FIVE = WorkingDays(5)
CLOSING = replace(CN, close_of_business=time(17, 30))


def cn(text: str) -> datetime:
    """An instant by the clock in Beijing, such as `2026-02-13 16:00`."""
    return datetime.fromisoformat(f"{text}+08:00")


def pause(start: str, end: str | None, reason: str = "citizen_supplement") -> Pause:
    return Pause(cn(start), None if end is None else cn(end), reason)


def dates(text: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(f"2026-{part}") for part in text.split())


# R21: days.


def test_r21_five_working_days_over_spring_festival_2026() -> None:
    answer = due(FIVE, cn("2026-02-13 16:00"), CN)
    assert answer.counted == dates("02-14 02-24 02-25 02-26 02-27")  # Saturday the 14th is 调休
    assert answer.skipped == tuple(
        (date(2026, 2, day), "春节 Spring Festival") for day in range(15, 24)
    )
    assert answer.last_day == date(2026, 2, 27)
    assert answer.due_at == cn("2026-02-28 00:00")
    assert answer.provisional is False


def test_r21_a_make_up_saturday_can_be_the_last_day() -> None:
    assert due(WorkingDays(6), cn("2026-02-13 16:00"), CN).last_day == date(2026, 2, 28)


def test_r21_the_day_of_the_start_is_not_counted_however_early_it_began() -> None:
    for start in ("2026-03-09 00:00", "2026-03-09 23:59"):
        assert due_at(WorkingDays(1), cn(start), CN) == cn("2026-03-11 00:00")


def test_r21_a_start_on_a_day_off_counts_from_the_next_working_day() -> None:
    assert due(WorkingDays(1), cn("2026-03-07 12:00"), CN).counted == dates("03-09")


def test_r21_the_due_instant_is_24_00_exclusive_in_utc() -> None:
    instant = due_at(WorkingDays(1), cn("2026-03-09 10:00"), CN)
    assert instant == datetime(2026, 3, 10, 16, tzinfo=UTC)
    assert instant.tzinfo is UTC


def test_r21_the_start_day_is_the_citys_not_utcs() -> None:
    start = datetime(2026, 3, 9, 17, tzinfo=UTC)  # already the 10th in Beijing
    assert due(WorkingDays(1), start, CN).counted == dates("03-11")


def test_r21_close_of_business_ends_the_last_day() -> None:
    assert due_at(WorkingDays(1), cn("2026-03-09 18:00"), CLOSING) == cn("2026-03-10 17:30")


def test_r21_the_last_calendar_day_that_is_off_moves_to_the_next_working_day() -> None:
    answer = due(CalendarDays(7), cn("2026-02-09 09:00"), CN)
    assert answer.counted == (*dates("02-10 02-11 02-12 02-13 02-14 02-15"), date(2026, 2, 24))
    assert [day for day, _ in answer.skipped] == [date(2026, 2, day) for day in range(16, 24)]
    assert answer.due_at == cn("2026-02-25 00:00")


def test_r21_calendar_days_off_in_between_count() -> None:
    answer = due(CalendarDays(7), cn("2026-03-04 09:00"), CN)
    assert (len(answer.counted), answer.skipped) == (7, ())
    assert answer.last_day == date(2026, 3, 11)


def test_r21_running_hours_go_on_day_and_night() -> None:
    answer = due(Running(timedelta(hours=2)), cn("2026-02-15 23:30"), CN)
    assert answer.due_at == cn("2026-02-16 01:30")
    assert (answer.counted, answer.skipped, answer.last_day) == ((), (), date(2026, 2, 16))


# R26: pauses.


def test_r26_a_pause_inside_one_day_loses_nothing() -> None:
    inside = [pause("2026-03-10 00:00", "2026-03-10 23:59")]
    assert due(FIVE, cn("2026-03-09 10:00"), CN, inside) == due(FIVE, cn("2026-03-09 10:00"), CN)


def test_r26_a_working_day_at_whose_end_the_clock_stands_is_lost() -> None:
    answer = due(FIVE, cn("2026-03-09 10:00"), CN, [pause("2026-03-10 23:59", "2026-03-12 00:01")])
    assert answer.counted == dates("03-12 03-13 03-16 03-17 03-18")
    assert answer.skipped[:2] == (
        (date(2026, 3, 10), "paused: citizen_supplement"),
        (date(2026, 3, 11), "paused: citizen_supplement"),
    )


def test_r26_a_pause_over_a_weekend_does_not_add_the_weekend_again() -> None:
    over = [pause("2026-03-13 17:00", "2026-03-16 09:00")]  # Friday evening to Monday morning
    answer = due(FIVE, cn("2026-03-11 10:00"), CN, over)
    assert answer.counted == dates("03-12 03-16 03-17 03-18 03-19")
    assert answer.last_day == date(2026, 3, 19)  # one day later, not three


def test_r26_a_pause_on_days_off_loses_nothing() -> None:
    off = [pause("2026-02-15 00:00", "2026-02-24 00:00")]
    start = cn("2026-02-13 16:00")
    assert due(FIVE, start, CN, off) == due(FIVE, start, CN)


def test_r26_a_pause_that_ends_at_midnight_has_lost_that_day() -> None:
    whole = [pause("2026-03-10 00:00", "2026-03-11 00:00")]
    assert due(WorkingDays(1), cn("2026-03-09 10:00"), CN, whole).last_day == date(2026, 3, 11)


def test_r26_a_pause_that_begins_at_midnight_has_not_lost_the_day_before() -> None:
    after = [pause("2026-03-11 00:00", None)]
    assert due(WorkingDays(1), cn("2026-03-09 10:00"), CN, after).due_at == cn("2026-03-11 00:00")


def test_r26_the_end_of_the_day_is_close_of_business_where_a_city_sets_it() -> None:
    evening = [pause("2026-03-10 17:30", "2026-03-10 23:00")]
    start = cn("2026-03-09 10:00")
    assert due_at(WorkingDays(1), start, CLOSING, evening) == cn("2026-03-10 17:30")
    for until in ("17:30", "18:00"):
        over = [pause("2026-03-10 17:00", f"2026-03-10 {until}")]
        assert due_at(WorkingDays(1), start, CLOSING, over) == cn("2026-03-11 17:30")
        assert due(WorkingDays(1), start, CLOSING, over).last_day == date(2026, 3, 11)


def test_r26_while_a_pause_is_open_there_is_no_due_date() -> None:
    answer = due(FIVE, cn("2026-03-09 10:00"), CN, [pause("2026-03-11 10:00", None)])
    assert (answer.due_at, answer.last_day, answer.counted) == (None, None, dates("03-10"))
    running = Running(timedelta(hours=2))
    assert due_at(running, cn("2026-03-09 10:00"), CN, [pause("2026-03-09 11:00", None)]) is None


def test_r26_a_running_clock_stands_still_by_the_wall_clock() -> None:
    stops = [
        pause("2026-03-09 10:30", "2026-03-09 12:00"),
        pause("2026-03-09 12:10", "2026-03-10 00:00"),
    ]
    instant = due_at(Running(timedelta(hours=2)), cn("2026-03-09 10:00"), CN, stops)
    assert instant == cn("2026-03-10 01:20")  # 30 + 10 minutes had run


def test_r26_a_pause_that_begins_when_the_time_has_run_out_comes_too_late() -> None:
    for until in ("2026-03-09 18:00", None):
        late = [pause("2026-03-09 12:00", until)]
        instant = due_at(Running(timedelta(hours=2)), cn("2026-03-09 10:00"), CN, late)
        assert instant == cn("2026-03-09 12:00")


def test_r26_overlapping_pauses_are_not_counted_twice() -> None:
    twice = [
        pause("2026-03-09 10:30", "2026-03-09 12:00"),
        pause("2026-03-09 11:00", "2026-03-09 12:00"),
    ]
    instant = due_at(Running(timedelta(hours=2)), cn("2026-03-09 10:00"), CN, twice)
    assert instant == cn("2026-03-09 13:30")


def test_r26_a_day_lost_to_two_pauses_names_both_reasons_once() -> None:
    both = [
        pause("2026-03-10 10:00", "2026-03-11 10:00", "force_majeure"),
        pause("2026-03-10 11:00", "2026-03-11 11:00", "expert_appraisal"),
        pause("2026-03-10 12:00", "2026-03-11 12:00", "force_majeure"),
    ]
    answer = due(WorkingDays(1), cn("2026-03-09 10:00"), CN, both)
    assert answer.skipped == ((date(2026, 3, 10), "paused: expert_appraisal, force_majeure"),)


def test_r26_an_open_pause_outlasts_a_closed_one_that_it_overlaps() -> None:
    both = [pause("2026-03-10 10:00", "2026-03-12 10:00"), pause("2026-03-10 11:00", None)]
    assert due(FIVE, cn("2026-03-09 10:00"), CN, both).due_at is None
    assert due_at(FIVE, cn("2026-03-09 10:00"), CN, both) is None


# R22: extensions.


def test_r22_an_extension_is_counted_from_the_old_due_date() -> None:
    answer = due(FIVE, cn("2026-02-13 16:00"), CN, extensions=[Extension(2)])
    assert answer.counted[-2:] == dates("02-28 03-02")
    assert answer.due_at == cn("2026-03-03 00:00")


def test_r22_an_extension_of_calendar_days_is_counted_from_the_moved_last_day() -> None:
    answer = due(CalendarDays(7), cn("2026-02-09 09:00"), CN, extensions=[Extension(1)])
    assert answer.last_day == date(2026, 2, 25)


def test_r22_an_extension_of_running_hours_ends_with_a_day() -> None:
    start, hours = cn("2026-03-09 10:00"), Running(timedelta(hours=24))
    answer = due(hours, start, CN, extensions=[Extension(1)])
    assert (answer.counted, answer.due_at) == (dates("03-11"), cn("2026-03-12 00:00"))


def test_r22_running_hours_due_at_midnight_were_due_on_the_day_that_ended() -> None:
    answer = due(Running(timedelta(hours=24)), cn("2026-03-09 00:00"), CN)
    assert answer.last_day == date(2026, 3, 9)


# A due instant from outside, as the rows of a city's old system carry it.


def test_r23_a_stated_due_instant_stands_in_place_of_the_length() -> None:
    stated = cn("2026-05-01 15:00")
    answer = due(Until(stated), cn("2026-03-09 10:00"), CN)
    assert (answer.due_at, answer.last_day) == (stated, date(2026, 5, 1))
    assert (answer.counted, answer.provisional) == ((), False)


def test_r26_a_pause_is_added_to_a_stated_due_instant_not_to_the_start() -> None:
    stops = [pause("2026-03-10 10:00", "2026-03-11 11:00")]
    stated = cn("2026-03-12 15:00")
    instant = due_at(Until(stated), cn("2026-03-09 10:00"), CN, stops)
    assert instant == cn("2026-03-13 16:00")


def test_r23_a_stated_due_instant_before_the_start_stays_what_it_is() -> None:
    stated = cn("2026-03-01 15:00")
    open_pause = [pause("2026-02-27 10:00", None)]
    start = cn("2026-03-09 10:00")
    assert due_at(Until(stated), start, CN, open_pause) == stated


# R28: beyond the last published year.


def test_r28_a_last_day_beyond_the_last_published_year_is_provisional() -> None:
    answer = due(FIVE, cn("2026-12-30 10:00"), CN)
    assert answer.counted == (date(2026, 12, 31), *(date(2027, 1, day) for day in (4, 5, 6, 7)))
    assert answer.skipped[0] == (date(2027, 1, 1), "元旦 1 January (year not published)")
    assert answer.provisional is True


def test_r28_a_last_day_on_31_december_of_the_last_published_year_is_certain() -> None:
    assert due(WorkingDays(1), cn("2026-12-30 10:00"), CN).provisional is False


def test_r28_running_hours_are_never_provisional_but_their_extension_is() -> None:
    start, hours = cn("2026-12-31 23:00"), Running(timedelta(hours=24))
    assert due(hours, start, CN).provisional is False
    assert due(hours, start, CN, extensions=[Extension(1)]).provisional is True
