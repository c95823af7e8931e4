"""A start that is heard of after a correction that came later (R27), as if in order."""

from __future__ import annotations

import pytest

from services.deadline.domain.events import ClockReplanned, ClockStarted
from tests.unit.deadline.test_refiling import NEW_DUE, OLD_DUE, Filed, corrected
from tests.unit.deadline.test_refiling_late import (
    HOUSING,
    LATE,
    LATE_LAWS,
    LAWS,
    URGENT,
    Said,
    heard,
    kept,
    of_resolve,
)
from tests.unit.deadline.tickets import Ticket, accepted, cn, dispatched


class Undispatched(Filed):
    """Accepted, and that it was dispatched has not been heard of yet."""

    def __init__(self) -> None:
        Ticket.__init__(self, "beijing")
        self.say(accepted(), cn(3, 9, 10))


def after_the_start(*corrections: Said) -> list[Filed]:
    """The dispatch at ten is heard of before, between and after the corrections."""
    start: Said = (cn(3, 9, 10), dispatched())
    orders = [(*corrections[:n], start, *corrections[n:]) for n in range(len(corrections) + 1)]
    found = [heard(*facts, desk=Undispatched()) for facts in orders]
    outcomes = [(kept(desk, corrections[-1][0]), desk.state) for desk in found]
    for outcome, state in outcomes:
        assert outcome == outcomes[0][0]
        assert (state.category, state.filings) == (outcomes[0][1].category, state.filings)
    return found


def test_r27_a_start_that_is_heard_after_a_later_correction_is_as_if_heard_in_time() -> None:
    over = cn(3, 10, 11), corrected("c", "URGENT")  # after 24 hours and one more
    for desk in after_the_start(over):
        assert (desk.clock("resolve").length, desk.clock("resolve").due_at) == (
            "calendar_days=7", OLD_DUE,
        )  # fmt: skip
    for desk in after_the_start(HOUSING):
        [started] = of_resolve(desk, ClockStarted)
        assert started.length == "calendar_days=7"
        [moved] = of_resolve(desk, ClockReplanned)
        assert (moved.length, moved.corrected_at, moved.due_at) == (
            "calendar_days=15", HOUSING[0], NEW_DUE,
        )  # fmt: skip


@pytest.mark.parametrize("first", [URGENT, LATE, LAWS[0]])
@pytest.mark.parametrize("second", [HOUSING, LAWS[1], LATE_LAWS[1]])
def test_r27_a_start_goes_through_every_correction_after_it(first: Said, second: Said) -> None:
    found = after_the_start(first, second)
    for desk in found:
        state = desk.state
        desk.reload()
        assert desk.state == state
        assert [f.until for f in state.filings] == [first[0], second[0], None]
        assert desk.clock("resolve").filed_before == found[0].clock("resolve").filed_before


def test_r4_a_start_after_the_correction_is_filed_as_it_was_corrected() -> None:
    desk = heard((cn(3, 9, 9), corrected()), (cn(3, 9, 10), dispatched()), desk=Undispatched())
    [started] = of_resolve(desk, ClockStarted)
    assert (started.length, started.category) == ("calendar_days=15", "housing/leak")
