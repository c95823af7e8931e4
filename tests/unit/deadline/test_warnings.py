"""Warnings and the ladder (R25); 9 March 2026 is a Monday."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from services.deadline.adapters.registry import load
from services.deadline.domain.due import due
from services.deadline.domain.lengths import (
    CalendarDays,
    Extension,
    Length,
    Pause,
    Running,
    WorkingDays,
)
from services.deadline.domain.policy import Ladder, WarningRule
from services.deadline.domain.warnings import in_working_time, ladder, warnings
from tests.unit.deadline.shipped import CN

POLICY, _ = load("sample")
RULE = POLICY.rows["resolve"].warnings or WarningRule()
STEPS = {name: row.ladder or Ladder() for name, row in POLICY.rows.items()}
HOURS_24, HOURS_4 = Running(timedelta(hours=24)), Running(timedelta(hours=4))


def cn(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+08:00")


def warned(
    length: Length, start: str, *, desk: bool = False, pauses: tuple[Pause, ...] = (), more: int = 0
) -> list[tuple[str, str]]:
    extensions = [Extension(more)] if more else []
    answer = due(length, cn(start), CN, pauses, extensions)
    found = warnings(length, cn(start), answer, CN, RULE, desk=desk)
    return [(w.at.astimezone(CN.zone).strftime("%m-%d %H:%M"), w.mark) for w in found]


def test_r25_at_nine_on_the_days_on_which_half_and_four_fifths_are_used_and_before_the_end() -> (
    None
):
    assert warned(WorkingDays(5), "03-09 10:00") == [
        ("03-12 09:00", "50%"), ("03-13 09:00", "80%"), ("03-16 17:30", "2h"),
    ]  # fmt: skip


def test_r25_days_that_were_extended_or_paused_move_the_warnings() -> None:
    assert warned(WorkingDays(5), "03-09 10:00", more=5)[0] == ("03-16 09:00", "50%")
    stop = Pause(cn("03-10 10:00"), cn("03-12 10:00"), "force_majeure")
    assert warned(WorkingDays(5), "03-09 10:00", pauses=(stop,))[0] == ("03-16 09:00", "50%")


def test_r25_one_day_is_warned_of_once_in_its_morning() -> None:
    assert warned(WorkingDays(1), "03-09 10:00") == [("03-10 09:00", "50%"), ("03-10 17:30", "2h")]


def test_r25_nobody_is_warned_on_a_day_off_glpi_22678_zammad_4432() -> None:
    assert warned(CalendarDays(10), "03-09 10:00")[:2] == [
        ("03-13 17:30", "50%"),  # Saturday the 14th at nine
        ("03-17 09:00", "80%"),
    ]


def test_r25_the_hotlines_own_desk_is_told_at_any_time() -> None:
    assert ("03-14 09:00", "50%") in warned(CalendarDays(10), "03-09 10:00", desk=True)
    assert warned(HOURS_24, "03-13 20:00", desk=True) == [("03-14 18:00", "2h")]


def test_r25_hours_are_warned_of_two_hours_before_if_there_are_more_than_four() -> None:
    assert warned(HOURS_24, "03-09 16:00") == [("03-10 14:00", "2h")]
    assert warned(HOURS_4, "03-09 10:00") == []
    assert warned(Running(timedelta(minutes=241)), "03-09 10:00") == [("03-09 12:00", "2h")]


def test_r25_a_warning_that_would_come_before_the_start_does_not_come() -> None:
    assert warned(HOURS_24, "03-13 20:00") == []  # the working time before it ended at 17:30


def test_r25_a_warning_before_due_is_counted_in_the_clocks_own_calendar_glpi_15429() -> None:
    assert warned(WorkingDays(1), "02-14 10:00") == [("02-24 09:00", "50%"), ("02-24 17:30", "2h")]
    assert warned(Running(timedelta(hours=72)), "02-14 10:00")[-1] == ("02-14 17:30", "2h")


def test_r25_nothing_is_warned_of_while_paused() -> None:
    assert (
        warned(WorkingDays(5), "03-09 10:00", pauses=(Pause(cn("03-10 10:00"), None, "x"),)) == []
    )


def test_r25_the_break_at_noon_is_no_working_time() -> None:
    assert in_working_time(cn("03-10 12:30"), CN) == cn("03-10 12:00")
    assert in_working_time(cn("03-10 08:59"), CN) == cn("03-09 17:30")
    assert in_working_time(cn("03-10 12:30"), replace(CN, shifts=())) == cn("03-10 12:30")


def test_r25_the_ladder_after_a_miss() -> None:
    assert ladder(STEPS["resolve"], cn("03-17 00:00"), CN) == [
        ("reminded", cn("03-17 00:00")), ("urged", cn("03-18 00:00")),
        ("supervised", cn("03-19 00:00")), ("notified", cn("03-24 00:00")),
    ]  # fmt: skip
    assert [at for _, at in ladder(STEPS["confirm"], cn("03-09 12:00"), CN)] == [
        cn("03-09 12:00"), cn("03-09 14:00"), cn("03-09 16:00"), cn("03-09 20:00"),
    ]  # fmt: skip
