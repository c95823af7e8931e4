"""Life of a clock, command by command: allowed, forbidden (quiet), repeated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.deadline.domain.commands import (
    ExpireClock,
    PauseClock,
    ResumeClock,
    StartClock,
    StopClock,
)
from services.deadline.domain.decisions import Command, decisions
from services.deadline.domain.events import (
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    Event,
    MissWithdrawn,
    ReturnWindowClosed,
)
from services.deadline.domain.lengths import Running, WorkingDays
from services.deadline.domain.policy import ClockRow, Policy
from services.deadline.domain.rulebook import always
from services.deadline.domain.ticket import Clocks, evolve
from services.kernel.decider import replace
from tests.unit.deadline.shipped import US

POLICY = Policy(
    "test",
    "1",
    [
        ClockRow("confirm", Running(timedelta(hours=2)), (), ()),
        ClockRow("resolve", WorkingDays(5), (), (), stated_limit=True),
        ClockRow("return", Running(timedelta(hours=8)), (), (), window=True),
    ],
)
DECIDE = decisions(always(POLICY, US))
NINE = datetime(2011, 3, 14, 9, tzinfo=UTC)  # a Monday
ELEVEN = NINE + timedelta(hours=2)
MINUTE = timedelta(minutes=1)
START = StartClock(NINE, "confirm", "U1", NINE, "dispatch/T1/1")
STARTED = ClockStarted(
    NINE, "confirm", 1, "U1", NINE, ELEVEN, provisional=False, policy="test@1",
    calendar=f"us-federal@{US.version}", start_event="dispatch/T1/1", basis="length",
    stated_due_at=None, length="hours=2",
)  # fmt: skip
PAUSED = ClockPaused(NINE + 30 * MINUTE, "confirm", 1, "r", NINE + 30 * MINUTE)
RESUMED_AT = NINE + 90 * MINUTE
RESUMED = ClockResumed(RESUMED_AT, "confirm", 1, RESUMED_AT, ELEVEN + 60 * MINUTE, False)
MISSED = DeadlineMissed(ELEVEN, "confirm", 1, "U1", ELEVEN, ladder_at=ELEVEN)
STOPPED = ClockStopped(NINE + MINUTE, "confirm", 1, "U1", NINE + MINUTE, in_time=True)
STOPPED_LATE = ClockStopped(ELEVEN + MINUTE, "confirm", 1, "U1", ELEVEN + MINUTE, in_time=False)
WITHDRAWN = MissWithdrawn(ELEVEN + MINUTE, "confirm", 1, "U1", ELEVEN, NINE + MINUTE)


def window(start: ClockStarted = STARTED) -> ClockStarted:
    return replace(start, clock="return", due_at=NINE + timedelta(hours=8))


CLOSED = ReturnWindowClosed(NINE + timedelta(hours=8), 1, "U1", NINE + timedelta(hours=8))


def then(given: Sequence[object], command: Command) -> list[Event]:
    """What is decided after those events."""
    state = Clocks()
    for event in given:
        assert isinstance(event, Event)
        state = evolve(state, event)
    return list(DECIDE(command, state))


def stop(at: datetime, reached: datetime | None = None, clock: str = "confirm") -> StopClock:
    return StopClock(reached or at, clock, at)


# Start


def test_r27_a_clock_starts_with_its_due_instant_and_what_it_rests_on() -> None:
    assert then([], START) == [STARTED]


def test_the_same_fact_starts_a_clock_once() -> None:
    assert then([STARTED], START) == []
    assert then([STARTED, STOPPED], START) == []


def test_r24_another_fact_starts_a_run_of_its_own_afresh() -> None:
    again = replace(START, at=ELEVEN, started_at=ELEVEN, start_event="dispatch/T1/5", unit="U2")
    [second] = then([STARTED, STOPPED], again)
    assert isinstance(second, ClockStarted)
    assert (second.run, second.unit, second.due_at) == (2, "U2", ELEVEN + timedelta(hours=2))


def test_a_run_that_nothing_ended_gives_way_to_the_next() -> None:
    at = NINE + MINUTE
    again = replace(START, at=at, started_at=at, start_event="dispatch/T1/5")
    stopped, second = then([STARTED], again)
    assert stopped == replace(STOPPED, end_event="dispatch/T1/5")
    assert isinstance(second, ClockStarted)
    late = replace(START, at=ELEVEN, started_at=ELEVEN, start_event="dispatch/T1/5")
    assert then([STARTED], late)[0] == MISSED


def test_r23_a_stated_limit_is_the_due_instant_and_passes_on_to_the_next_run() -> None:
    limit = NINE + timedelta(days=30)
    first = replace(START, clock="resolve", stated_due_at=limit)
    [started] = then([], first)
    assert isinstance(started, ClockStarted)
    assert (started.due_at, started.basis, started.provisional) == (limit, "stated", False)
    next_unit = replace(first, start_event="dispatch/T1/5", stated_due_at=None)
    last = then([started], next_unit)[-1]
    assert isinstance(last, ClockStarted)
    assert (last.due_at, last.basis) == (limit, "stated")


def test_r23_a_stated_limit_is_of_the_clocks_that_the_policy_names() -> None:
    [started] = then([], replace(START, stated_due_at=NINE + timedelta(days=30)))
    assert isinstance(started, ClockStarted)
    assert (started.due_at, started.basis) == (ELEVEN, "length")


@pytest.mark.parametrize(
    ("day", "provisional"), [(datetime(2027, 12, 22, 17, tzinfo=UTC), False),
                             (datetime(2027, 12, 27, 17, tzinfo=UTC), True)],
)  # fmt: skip
def test_r28_a_last_day_beyond_the_last_published_year_is_provisional(
    day: datetime, provisional: bool
) -> None:
    [started] = then([], StartClock(day, "resolve", "U1", day, "dispatch/T1/1"))
    assert isinstance(started, ClockStarted)
    assert started.provisional is provisional


def test_r28_running_hours_are_never_provisional() -> None:
    day = datetime(2040, 1, 1, tzinfo=UTC)
    [started] = then([], StartClock(day, "confirm", "U1", day, "dispatch/T1/1"))
    assert isinstance(started, ClockStarted)
    assert not started.provisional


# Pause and resume


def test_r26_a_running_clock_pauses_and_goes_on_with_what_was_left() -> None:
    assert then([STARTED], PauseClock(PAUSED.at, "confirm", PAUSED.paused_at, "r")) == [PAUSED]
    assert then([STARTED, PAUSED], ResumeClock(RESUMED_AT, "confirm", RESUMED_AT)) == [RESUMED]


@pytest.mark.parametrize("given", [[], [STARTED, PAUSED], [STARTED, STOPPED]])
def test_r26_what_does_not_run_cannot_pause(given: list[object]) -> None:
    assert then(given, PauseClock(ELEVEN, "confirm", NINE + 40 * MINUTE, "r")) == []


@pytest.mark.parametrize("given", [[], [STARTED], [STARTED, PAUSED, RESUMED], [STARTED, STOPPED]])
def test_r26_what_is_not_paused_cannot_resume(given: list[object]) -> None:
    assert then(given, ResumeClock(ELEVEN, "confirm", ELEVEN)) == []


def test_r24_a_closed_window_neither_pauses_nor_stops() -> None:
    given = [window(), CLOSED]
    assert then(given, PauseClock(ELEVEN, "return", ELEVEN, "r")) == []
    assert then(given, stop(NINE + MINUTE, clock="return")) == []


def test_r26_a_pause_at_the_due_instant_is_too_late() -> None:
    events = then([STARTED], PauseClock(ELEVEN, "confirm", ELEVEN, "r"))
    assert events == [MISSED, ClockPaused(ELEVEN, "confirm", 1, "r", ELEVEN)]


def test_r27_a_late_pause_takes_a_wrong_miss_back() -> None:
    came = ELEVEN + MINUTE
    events = then([STARTED, MISSED], PauseClock(came, "confirm", PAUSED.paused_at, "r"))
    assert events == [
        MissWithdrawn(came, "confirm", 1, "U1", ELEVEN, PAUSED.paused_at),
        replace(PAUSED, at=came),
    ]


def test_r27_a_pause_that_comes_after_the_stop_still_counts_if_it_began_before() -> None:
    came = ELEVEN + 2 * MINUTE
    given = [STARTED, MISSED, STOPPED_LATE]
    late_pause = then(given, PauseClock(came, "confirm", PAUSED.paused_at, "r"))
    assert late_pause == [
        MissWithdrawn(came, "confirm", 1, "U1", ELEVEN, PAUSED.paused_at),
        replace(PAUSED, at=came),
        replace(STOPPED_LATE, at=came, in_time=True),
    ]
    late_resumption = then(
        [*given, *late_pause], ResumeClock(came, "confirm", PAUSED.paused_at + MINUTE)
    )
    assert late_resumption == [
        ClockResumed(came, "confirm", 1, PAUSED.paused_at + MINUTE, ELEVEN + MINUTE, False),
        DeadlineMissed(ELEVEN + MINUTE, "confirm", 1, "U1", ELEVEN + MINUTE),
        replace(STOPPED_LATE, at=came, in_time=False),
    ]


# Stop


@pytest.mark.parametrize(
    ("at", "events"),
    [
        (NINE + MINUTE, [STOPPED]),
        (ELEVEN - timedelta(microseconds=1), None),
        (ELEVEN, [MISSED, replace(STOPPED_LATE, at=ELEVEN, stopped_at=ELEVEN)]),
        (ELEVEN + MINUTE, [MISSED, STOPPED_LATE]),
    ],
)
def test_r21_an_act_exactly_at_the_due_instant_is_late(
    at: datetime, events: list[Event] | None
) -> None:
    in_time = [replace(STOPPED, at=at, stopped_at=at)]
    assert then([STARTED], stop(at)) == (in_time if events is None else events)


def test_a_clock_that_never_started_or_has_stopped_is_not_stopped() -> None:
    assert then([], stop(ELEVEN)) == []
    assert then([STARTED, STOPPED], stop(ELEVEN + MINUTE)) == []


def test_r25_a_miss_stands_once_whether_the_timer_or_the_act_came_first() -> None:
    assert then([STARTED, MISSED], stop(ELEVEN + MINUTE)) == [STOPPED_LATE]
    assert then([STARTED, MISSED, STOPPED_LATE], stop(ELEVEN + 2 * MINUTE)) == []


def test_r27_a_late_fact_takes_a_wrong_miss_back_once_also_after_the_stop() -> None:
    came = ELEVEN + MINUTE
    late = stop(NINE + MINUTE, reached=came)
    stopped = replace(STOPPED, at=came)
    assert then([STARTED, MISSED], late) == [WITHDRAWN, stopped]
    assert then([STARTED, MISSED, WITHDRAWN, stopped], late) == []
    assert then([STARTED, MISSED, STOPPED_LATE], late) == [WITHDRAWN]
    assert then([STARTED, MISSED, STOPPED_LATE, WITHDRAWN], late) == []


def test_r27_a_late_fact_takes_back_the_wrong_miss_of_an_earlier_run() -> None:
    second = replace(STARTED, run=2, started_at=ELEVEN, due_at=ELEVEN + timedelta(hours=2))
    given: list[object] = [STARTED, MISSED, STOPPED_LATE, second]
    late = stop(NINE + MINUTE, reached=ELEVEN + MINUTE)
    events = then(given, late)
    assert events[0] == WITHDRAWN
    assert [type(e) for e in then([*given, *events], late)] == []


def test_r26_a_clock_that_stops_while_it_stands_still_is_in_time() -> None:
    stopped = ClockStopped(ELEVEN + MINUTE, "confirm", 1, "U1", ELEVEN + MINUTE, in_time=True)
    assert then([STARTED, PAUSED], stop(ELEVEN + MINUTE)) == [stopped]


def test_r24_a_window_ends_without_a_miss_also_where_the_act_comes_before_the_timer() -> None:
    assert then([window()], stop(CLOSED.due_at, clock="return")) == [CLOSED]
    [stopped] = then([window()], stop(NINE + MINUTE, clock="return"))
    assert stopped == replace(STOPPED, clock="return")


# Expire


def test_r25_a_due_clock_is_missed_with_its_due_instant() -> None:
    assert then([STARTED], ExpireClock(ELEVEN, "confirm", 1)) == [MISSED]


@pytest.mark.parametrize(
    "given",
    [
        [],
        [STARTED, MISSED],
        [STARTED, STOPPED],
        [STARTED, PAUSED],
        [STARTED, PAUSED, RESUMED],
    ],
)
def test_r25_a_timer_of_yesterday_is_quiet(given: list[object]) -> None:
    assert then(given, ExpireClock(ELEVEN, "confirm", 1)) == []
    assert then([replace(STARTED, run=2)], ExpireClock(ELEVEN, "confirm", 1)) == []


def test_r24_a_window_closes_at_its_end_and_once() -> None:
    assert then([window()], ExpireClock(CLOSED.due_at, "return", 1)) == [CLOSED]
    assert then([window(), CLOSED], ExpireClock(CLOSED.due_at, "return", 1)) == []
