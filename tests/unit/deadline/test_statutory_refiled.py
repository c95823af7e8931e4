"""A category corrected midway: its law gives way to that of the right one (R4, R23, R27).

Beijing: on Monday the 9th due on the 17th by its length, on the 25th as housing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.proof import differences
from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RequestExtension,
    ResumeClocks,
    SetLimit,
)
from services.deadline.domain.events import (
    ClockReplanned,
    MatterChanged,
    MissWithdrawn,
)
from services.kernel.decider import replace
from tests.unit.deadline.test_refiling import Filed, corrected, proof
from tests.unit.deadline.test_statutory import limited
from tests.unit.deadline.tickets import Ticket, approved, cn, dispatched, names

MONDAY, OLD_DUE, HOUSING_DUE = cn(3, 9, 10), cn(3, 17), cn(3, 25)


def to(days: int, category: str = "c2") -> intake.CategoryCorrected:
    """A correction to a category with that limit of law."""
    message = corrected(category)
    message.statutory_days = days
    return message


class Held(Filed):
    """As Filed, with a limit of law from its acceptance."""

    def __init__(self, days: int = 3) -> None:
        Ticket.__init__(self, "beijing")
        self.say(limited(days), MONDAY)
        self.say(dispatched(), MONDAY)

    def due(self, clock: str = "resolve") -> datetime:
        return self.clock(clock).due_at


# The new one's holds, the old one's does not


def test_r23_the_old_categorys_limit_gives_way_to_the_new_ones() -> None:
    ticket = Held(3)
    changed, moved = ticket.say(to(4), cn(3, 11, 10))
    assert changed == MatterChanged(cn(3, 11, 10), "complaint", "normal", "c2", 4, cn(3, 11, 10))
    assert isinstance(moved, ClockReplanned)
    assert (moved.clock, moved.old_due_at, moved.due_at) == ("resolve", cn(3, 13), cn(3, 14))
    assert (moved.length, moved.limit_days) == ("calendar_days=7", 4)
    assert ticket.due("promise") == cn(3, 13)


def test_r23_under_a_category_without_law_the_length_is_left() -> None:
    ticket = Held(3)
    ticket.say(to(0), cn(3, 11, 10))
    assert (ticket.due(), ticket.clock("resolve").limit_days) == (OLD_DUE, 0)


def test_r23_a_law_that_comes_with_the_right_category_counts_from_the_clocks_own_start() -> None:
    ticket = Held(0)
    ticket.do(PauseClocks(cn(3, 10, 10), "force_majeure"), ResumeClocks(cn(3, 12, 10)))
    ticket.say(to(3), cn(3, 13, 10))
    assert ticket.due() == OLD_DUE  # two of its days were paused


def test_r23_length_and_law_change_together() -> None:
    ticket = Held(3)
    ticket.say(to(0, "housing/leak"), cn(3, 11, 10))
    assert ticket.due() == HOUSING_DUE
    ticket.say(to(6, "housing/leak"), cn(3, 11, 11))
    assert ticket.due() == cn(3, 18)


def test_r23_a_limit_set_by_hand_stays() -> None:
    ticket = Held(2)
    ticket.do(SetLimit(cn(3, 10), "ann", "resolve", working_days=3, document="条例"))
    ticket.say(to(0, "housing/leak"), cn(3, 11, 10))
    assert ticket.due() == cn(3, 13)
    ticket.say(dispatched("U2", 2), cn(3, 12, 10))
    assert ticket.due() == cn(3, 18)


@pytest.mark.parametrize(("by_hand", "due"), [(2, cn(3, 12)), (4, cn(3, 14)), (6, OLD_DUE)])
def test_r23_a_limit_by_hand_and_a_correction_give_the_same_in_either_order(
    by_hand: int, due: datetime
) -> None:
    limit = SetLimit(cn(3, 10), "ann", "resolve", working_days=by_hand, document="条例")
    first, second = Held(3), Held(3)
    first.do(limit)
    for ticket in (first, second):
        ticket.say(to(5), cn(3, 10, 10))
    second.do(replace(limit, at=cn(3, 10, 11)))
    assert first.due() == second.due() == due
    for ticket in (first, second):
        made = proof(ticket)
        assert differences(made) == []
        assert datetime.fromisoformat(made["due_at"]) == due


def test_r22_an_extension_stays_granted_under_the_new_law() -> None:
    ticket = Held(3)
    ask = RequestExtension(cn(3, 10), "U1", "resolve", 2, "road works")
    ticket.do(ask, GrantExtension(cn(3, 10), "ann", "resolve"))
    ticket.say(to(4), cn(3, 11, 10))
    assert ticket.due() == cn(3, 18)


def test_r24_the_next_unit_starts_under_the_right_categorys_law() -> None:
    ticket = Held(3)
    ticket.say(to(2), cn(3, 11, 10))
    ticket.say(dispatched("U2", 2), cn(3, 12, 10))
    assert (ticket.clock("resolve").unit, ticket.due()) == ("U2", cn(3, 17))
    ticket.say(dispatch.RedoOrdered(unit="U2", number=1), cn(3, 13, 10))
    assert ticket.due("redo") == cn(3, 18)
    free = Held(3)
    free.say(to(0), cn(3, 11, 10))
    free.say(dispatched("U2", 2), cn(3, 12, 10))
    assert free.due() == cn(3, 20)  # seven calendar days


def test_r27_a_law_that_would_be_over_already_leaves_the_clock_as_planned() -> None:
    ticket = Held(0)
    assert names(ticket.say(to(1), cn(3, 11, 10))) == ["return MatterChanged"]
    assert (ticket.due(), ticket.state.statutory_days) == (OLD_DUE, 1)
    ticket.say(dispatched("U2", 2), cn(3, 12, 10))
    assert ticket.due() == cn(3, 14)


@pytest.mark.parametrize("change", [to(2), corrected("c", "URGENT")])
def test_r27_neither_is_one_that_ran_out_before_a_pause_in_which_a_longer_limit_waits(
    change: intake.CategoryCorrected,
) -> None:
    ticket = Held(0)
    special = SetLimit(cn(3, 12, 1), "ann", "resolve", working_days=9, special=True)
    ticket.do(PauseClocks(cn(3, 12), "force_majeure", "resolve"))
    ticket.do(replace(special, written_application=True, document="市府办〔2026〕3号"))
    assert names(ticket.say(change, cn(3, 12, 2))) == ["return MatterChanged"]
    ticket.do(ResumeClocks(cn(3, 12, 3), "resolve"))
    assert (ticket.due(), ticket.misses()) == (cn(3, 21), [])


def test_r23_told_twice_is_quiet() -> None:
    ticket = Held(3)
    ticket.say(to(4), cn(3, 11, 10))
    assert ticket.say(to(4), cn(3, 11, 11)) == []


def test_r27_the_ledger_alone_gives_the_state() -> None:
    ticket = Held(3)
    ticket.say(to(4), cn(3, 11, 10))
    state = ticket.state
    ticket.reload()
    assert ticket.state == state
    assert (state.statutory_days, state.by_name["resolve"].limit_days) == (4, 4)


# Heard late


@pytest.mark.parametrize("ended_at", [cn(3, 12, 10), cn(3, 13, 10), cn(3, 16, 10)])
@pytest.mark.parametrize(("old", "new"), [(3, 0), (0, 3), (3, 4), (4, 3)])
def test_r27_a_correction_heard_late_judges_by_the_facts_times(
    old: int, new: int, ended_at: datetime
) -> None:
    outcomes = []
    for is_late in (False, True):
        ticket = Held(old)
        if not is_late:
            ticket.say(to(new), cn(3, 11, 10))
        ticket.fire(ended_at)
        ticket.say(approved(ended_at), ended_at)
        if is_late:
            ticket.say(to(new), cn(3, 11, 10), reached=ended_at + timedelta(hours=1))
        made = proof(ticket)
        assert differences(made) == []
        outcomes.append((ticket.due(), ticket.clock("resolve").missed, made["late"]))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][1] == outcomes[0][2] == (ended_at >= outcomes[0][0])


def test_r27_an_earlier_units_miss_is_withdrawn_when_the_law_was_the_wrong_categorys() -> None:
    ticket = Held(3)
    ticket.fire(cn(3, 13))
    ticket.say(dispatched("U2", 2), cn(3, 13, 10))
    assert ("resolve", 1) in ticket.misses()
    found = ticket.say(to(0), cn(3, 11, 10), reached=cn(3, 13, 11))
    [withdrawn] = [e for e in found if isinstance(e, MissWithdrawn)]
    assert (withdrawn.clock, withdrawn.run) == ("resolve", 1)
    assert ("resolve", 1) not in ticket.misses()
    assert ticket.due() == cn(3, 21)


def test_r27_a_miss_that_the_right_category_does_not_move_is_told_once() -> None:
    ticket = Held(9)
    ticket.fire(OLD_DUE)
    found = ticket.say(to(20), cn(3, 16, 10), reached=OLD_DUE + timedelta(minutes=1))
    assert names(found) == ["return MatterChanged"]
    assert ticket.misses().count(("resolve", 1)) == 1
    ticket.say(dispatched("U2", 2), cn(3, 17, 10))
    assert ticket.clock("resolve").limit_days == 20
