"""Life of a clock: what each of deadline's facts makes of timers and rows."""

from __future__ import annotations

from datetime import timedelta

from services.deadline.domain.care_events import (
    BureauNotified,
    SupervisionClosed,
    SupervisionOpened,
)
from services.deadline.domain.commands import ExpireClock
from services.deadline.domain.events import (
    ClockResumed,
    DeadlineMissed,
    UnitReminded,
    UnitUrged,
)
from services.deadline.domain.rulebook import always
from services.deadline.domain.supervision import ClimbLadder
from services.deadline.domain.views import ClockView, clock_row, expire, timers
from services.kernel.decider import ClearTimer, SetTimer, replace
from tests.unit.deadline.test_commands import (
    CLOSED,
    ELEVEN,
    MISSED,
    NINE,
    PAUSED,
    POLICY,
    RESUMED,
    STARTED,
    STOPPED,
    STOPPED_LATE,
    US,
    WITHDRAWN,
)

CHANGES = timers(always(POLICY, US))
RUNNING = ClockView("T1", "confirm", 1, "U1", "running", NINE, ELEVEN)


def test_r27_a_clock_that_runs_has_a_timer_that_waits_for_its_sources() -> None:
    assert CHANGES(STARTED) == [SetTimer("confirm/1", ELEVEN, ("deadline",))]
    assert CHANGES(RESUMED) == [SetTimer("confirm/1", RESUMED.due_at, ("deadline",))]


def test_a_clock_that_does_not_run_has_none() -> None:
    assert CHANGES(STOPPED) == [ClearTimer("confirm/1")]
    for event in (PAUSED, STOPPED_LATE):
        assert CHANGES(event) == [ClearTimer("confirm/1"), ClearTimer("ladder:confirm/1")]
    assert CHANGES(replace(MISSED, ladder_at=None)) == [ClearTimer("confirm/1")]
    assert CHANGES(CLOSED) == [ClearTimer("return/1")]


def test_r25_a_withdrawn_miss_leaves_the_timer_to_the_fact_that_follows_it() -> None:
    assert CHANGES(WITHDRAWN) == [ClearTimer("ladder:confirm/1")]


def test_r25_a_miss_begins_the_ladder_each_step_sets_the_next_and_the_last_ends_it() -> None:
    opens = ELEVEN + timedelta(hours=2)  # a unit is told in working time
    ladder = SetTimer("ladder:confirm/1", opens, ("deadline",))
    assert CHANGES(MISSED) == [ClearTimer("confirm/1"), ladder]
    at, where = NINE, ("confirm", 1, "U1")
    opened = SupervisionOpened(at, 1, ("U1",), "overdue", "confirm", 1, ELEVEN, "ladder")
    for step in (
        UnitReminded(at, *where, NINE, ELEVEN),
        UnitUrged(at, *where, NINE, ELEVEN),
        opened,
    ):
        assert CHANGES(step) == [ladder]
    assert CHANGES(BureauNotified(at, *where, "overdue", "ladder")) == [
        ClearTimer("ladder:confirm/1")
    ]
    assert CHANGES(replace(RESUMED, ladder_at=ELEVEN)) == [ladder]


def test_r25_what_is_done_by_hand_wakes_nobody() -> None:
    by_hand = SupervisionOpened(NINE, 1, ("U1",), "r", "", 0, None, "ann")
    told = BureauNotified(NINE, "", 0, "U1", "r", "ann")
    for event in (by_hand, told, SupervisionClosed(NINE, 1, "done", "ann")):
        assert CHANGES(event) == []


def test_r25_a_clock_that_was_late_before_its_pause_wakes_nobody_again() -> None:
    late = ClockResumed(ELEVEN, "confirm", 1, ELEVEN + timedelta(hours=1), ELEVEN, False)
    assert CHANGES(late) == []


def test_a_timer_names_its_clock_and_run() -> None:
    assert expire("dispute_review/2", ELEVEN) == ExpireClock(ELEVEN, "dispute_review", 2)
    assert expire("ladder:confirm/2", ELEVEN) == ClimbLadder(ELEVEN, "confirm", 2)


def test_a_row_follows_its_run() -> None:
    row = clock_row(None, "T1", STARTED)
    assert row == RUNNING
    paused = clock_row(row, "T1", PAUSED)
    assert paused == ClockView("T1", "confirm", 1, "U1", "paused", NINE, None)
    resumed = clock_row(paused, "T1", RESUMED)
    assert resumed == ClockView("T1", "confirm", 1, "U1", "running", NINE, RESUMED.due_at)
    missed = clock_row(resumed, "T1", MISSED)
    assert missed == ClockView("T1", "confirm", 1, "U1", "running", NINE, RESUMED.due_at, True)
    right = clock_row(missed, "T1", WITHDRAWN)
    assert right == resumed
    stopped = clock_row(right, "T1", STOPPED)
    assert stopped == ClockView("T1", "confirm", 1, "U1", "stopped", NINE, RESUMED.due_at)
    assert clock_row(row, "T1", CLOSED) == ClockView(
        "T1", "confirm", 1, "U1", "closed", NINE, ELEVEN
    )


def test_a_view_never_rejects() -> None:
    assert clock_row(None, "T1", DeadlineMissed(ELEVEN, "confirm", 1, "U1", ELEVEN)) is None
