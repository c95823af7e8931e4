"""A category corrected midway: its law gives way to that of the right one (R4, R23, R27).

Beijing: on Monday the 9th due on the 17th by its length, on the 25th as housing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.proof import differences
from services.deadline.adapters.proof_page import page
from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RequestExtension,
    ResumeClocks,
    SetLimit,
)
from services.deadline.domain.events import (
    ClockReplanned,
    DeadlineMissed,
    LimitSet,
    MatterChanged,
    MissWithdrawn,
)
from services.deadline.domain.ticket import Phase
from services.kernel.decider import Rejection
from tests.unit.deadline.test_refiling import Filed, corrected, proof
from tests.unit.deadline.test_statutory import limited
from tests.unit.deadline.tickets import Ticket, approved, cn, dispatched, names

MONDAY, OLD_DUE, HOUSING_DUE = cn(3, 9, 10), cn(3, 17), cn(3, 25)
NOON = cn(3, 11, 12)


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
    assert changed == MatterChanged(cn(3, 11, 10), "complaint", "normal", "c2", 4)
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


# The proof


def test_r27_the_proof_names_the_law_and_the_correction() -> None:
    ticket = Held(3)
    ticket.say(to(4), cn(3, 11, 10))
    made = proof(ticket)
    assert differences(made) == []
    assert datetime.fromisoformat(made["due_at"]) == ticket.due() == cn(3, 14)
    assert made["events"] == [
        {
            "type": "limit_set",
            "at": MONDAY.isoformat(),
            "length": {"working_days": 3},
            "basis": "law",
            "statutory": True,
        },
        {
            "type": "refiled",
            "at": cn(3, 11, 10).isoformat(),
            "length": {"calendar_days": 7},
            "limit": {"working_days": 4},
        },
    ]


def test_r27_the_page_says_it_in_both_languages() -> None:
    ticket = Held(3)
    ticket.say(to(4), cn(3, 11, 10))
    ticket.do(SetLimit(cn(3, 11, 11), "ann", "resolve", hours=90, document="条例"))
    ticket.say(to(0), cn(3, 11, 12))
    words = page(proof(ticket))
    law = "事项分类的法定期限 statutory limit of the category"
    for sentence in (
        f"10:00+08:00  {law} (3 个工作日 3 working days)",
        "更正事项分类 category corrected (7 个自然日 7 calendar days, "
        f"{law} 4 个工作日 4 working days)",
        "12:00+08:00  更正事项分类 category corrected (7 个自然日 7 calendar days)",
        "另有规定期限 limit of law or special circumstances (90 小时 90 hours)",
    ):
        assert sentence in words


@pytest.mark.parametrize(
    ("field", "value"),
    [("statutory", False), ("length", {"working_days": 2}), ("basis", "special")],
)
def test_r27_a_law_that_is_changed_in_a_proof_is_named(field: str, value: Any) -> None:
    ticket = Held(3)
    ticket.say(to(4), cn(3, 11, 10))
    changed = proof(ticket)
    changed["events"][0][field] = value
    assert differences(changed) != []


def test_r27_the_promise_is_proven_under_the_law_of_its_start() -> None:
    ticket = Held(3)
    ticket.say(to(0), cn(3, 11, 10))
    made = proof(ticket, "promise")
    assert differences(made) == []
    assert made["due_at"] == made["promised_due_at"] == "2026-03-13T00:00:00+08:00"


SHAPES: list[Message] = [to(0), to(2), to(4), to(0, "housing/leak"), to(9, "housing/leak")]
SAID: list[Message] = [
    *SHAPES,
    dispatch.TicketReplied(unit="U1"),
    dispatch.ReplySentBack(unit="U1"),
    dispatched("U2", 2),
    dispatch.ReturnGranted(unit="U1"),
]
ACTS: list[Any] = [
    lambda at: RequestExtension(at, "U1", "resolve", 2, "r"),
    lambda at: GrantExtension(at, "ann", "resolve"),
    lambda at: PauseClocks(at, "force_majeure"),
    lambda at: ResumeClocks(at),
    lambda at: SetLimit(at, "ann", "resolve", working_days=4),
    lambda at: SetLimit(
        at, "ann", "resolve", working_days=9, special=True, written_application=True, document="d"
    ),
]


@settings(max_examples=200)
@given(
    st.sampled_from([0, 1, 3, 9]),
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from([*ACTS, *SAID])), max_size=9),
)
def test_r27_whatever_happens_the_proof_says_what_the_service_keeps(
    days: int, steps: list[Any]
) -> None:
    ticket, now = Held(days), cn(3, 9, 11)
    for hours, act in steps:
        now += timedelta(hours=hours)
        ticket.fire(now)
        try:
            found = ticket.say(act, now) if act in SAID else ticket.do(act(now))
        except Rejection:
            continue
        if act in SHAPES:
            assert not any(isinstance(e, DeadlineMissed | LimitSet) for e in found)
    kept, made = ticket.clock("resolve"), proof(ticket)
    assert differences(made) == []
    if kept.stopped_at is not None:
        assert made["late"] == kept.missed
    if kept.phase is Phase.RUNNING:
        assert datetime.fromisoformat(made["due_at"]) == kept.due_at
    state = ticket.state
    ticket.reload()
    assert ticket.state == state
