"""Working hours: only the shifts of working days run (R21, R26)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from services.deadline.domain.calendar_data import from_data, to_data
from services.deadline.domain.due import due, due_at
from services.deadline.domain.lengths import Extension, Pause, WorkingHours
from tests.unit.deadline.shipped import CN

SHIFTS = ((time(9), time(12)), (time(13, 30), time(17, 30)))
DESK = replace(CN, shifts=SHIFTS)
FOUR = WorkingHours(timedelta(hours=4))


def cn(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_r21_the_lunch_break_does_not_run_frappe_2212() -> None:
    assert due_at(FOUR, cn("2026-03-09 10:00"), DESK) == cn("2026-03-09 15:30")


def test_r21_time_goes_on_at_the_next_shift_of_the_next_working_day() -> None:
    answer = due(FOUR, cn("2026-02-14 16:00"), DESK)  # a make-up Saturday; Spring Festival follows
    assert answer.due_at == cn("2026-02-24 11:30")
    assert answer.counted == (date(2026, 2, 14), date(2026, 2, 24))
    assert [d for d, _ in answer.skipped] == [date(2026, 2, d) for d in range(15, 24)]


def test_r21_a_start_outside_the_shifts_runs_from_the_next_one() -> None:
    for start in ("2026-03-09 12:00", "2026-03-09 13:30"):
        assert due_at(FOUR, cn(start), DESK) == cn("2026-03-09 17:30")
    assert due_at(FOUR, cn("2026-03-07 08:00"), DESK) == cn("2026-03-09 14:30")


def test_r21_no_shift_goes_on_behind_the_close_of_business() -> None:
    early = replace(DESK, close_of_business=time(16))
    assert due_at(FOUR, cn("2026-03-09 10:00"), early) == cn("2026-03-09 15:30")
    assert due_at(FOUR, cn("2026-03-09 11:00"), early) == cn("2026-03-10 09:30")
    morning = replace(DESK, close_of_business=time(12, 30))
    assert due_at(FOUR, cn("2026-03-09 10:00"), morning) == cn("2026-03-10 11:00")
    with pytest.raises(ValueError, match="cn has no shifts"):
        due_at(FOUR, cn("2026-03-09 10:00"), replace(DESK, close_of_business=time(9)))


def test_r27_a_day_that_was_lost_to_a_pause_names_that_pause_alone() -> None:
    pauses = [
        Pause(cn("2026-03-10 08:00"), cn("2026-03-10 20:00"), "force_majeure"),
        Pause(cn("2026-03-11 08:00"), cn("2026-03-11 20:00"), "expert_appraisal"),
    ]
    answer = due(WorkingHours(timedelta(hours=8)), cn("2026-03-09 13:30"), DESK, pauses)
    assert answer.due_at == cn("2026-03-12 14:30")
    assert answer.skipped == (
        (date(2026, 3, 10), "paused: force_majeure"),
        (date(2026, 3, 11), "paused: expert_appraisal"),
    )


def test_r26_a_pause_takes_only_the_working_time_in_it() -> None:
    over_lunch = [Pause(cn("2026-03-09 11:30"), cn("2026-03-09 14:00"), "force_majeure")]
    assert due_at(FOUR, cn("2026-03-09 10:00"), DESK, over_lunch) == cn("2026-03-09 16:30")
    night = [Pause(cn("2026-03-09 18:00"), cn("2026-03-10 08:00"), "force_majeure")]
    assert due_at(FOUR, cn("2026-03-09 16:30"), DESK, night) == cn("2026-03-10 12:00")


def test_r26_an_open_pause_leaves_no_due_instant_unless_the_time_ran_out_before() -> None:
    opened = [Pause(cn("2026-03-09 15:30"), None, "force_majeure")]
    assert due_at(FOUR, cn("2026-03-09 10:00"), DESK, opened) == cn("2026-03-09 15:30")
    assert due_at(FOUR, cn("2026-03-09 10:01"), DESK, opened) is None


def test_r22_an_extension_of_working_hours_ends_with_a_day() -> None:
    extended = due_at(FOUR, cn("2026-03-09 10:00"), DESK, extensions=[Extension(2)])
    assert extended == cn("2026-03-12 00:00")


def test_r21_working_hours_need_shifts() -> None:
    with pytest.raises(ValueError, match="cn has no shifts"):
        due_at(FOUR, cn("2026-03-09 10:00"), replace(CN, shifts=()))


def test_r21_shifts_are_read_and_written_as_a_file_has_them() -> None:
    written = to_data(DESK)
    assert written["shifts"] == ["09:00-12:00", "13:30-17:30"]
    assert from_data(written) == DESK


@pytest.mark.parametrize(
    ("shifts", "sentence"),
    [
        (["09:00-12:00", "11:00-17:00"], "follow each other"),
        (["12:00-09:00"], "follow each other"),
        (["09:00"], "quoted time"),
        ("09:00-17:00", "must be a list"),
    ],
)
def test_r21_shifts_that_make_no_sense_are_refused(shifts: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        from_data({**to_data(CN), "shifts": shifts})
