"""A correction of the category that is heard late: the outcome is that of the facts' times (R27).

Beijing: on Monday the 9th due on the 17th, on the 25th as housing, after 24 hours where urgent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters.proof import differences
from services.deadline.domain.desk import PauseClocks, ResumeClocks
from services.deadline.domain.events import (
    ClockReplanned,
    ClockStopped,
    DeadlineMissed,
)
from tests.unit.deadline.test_refiling import NEW_DUE, OLD_DUE, Filed, corrected, proof
from tests.unit.deadline.test_statutory_refiled import to
from tests.unit.deadline.tickets import approved, cn, dispatched

Said = tuple[datetime, Message]
END = cn(4, 30)


def heard(*facts: Said, desk: Filed | None = None) -> Filed:
    """In that order; what was due fires whenever the service hears of anything, and in the end."""
    desk, now = desk or Filed(), cn(3, 9, 10)
    for at, message in facts:
        now = max(now, at)
        desk.fire(now)
        desk.say(message, at, reached=now)
    desk.fire(END)
    return desk


def kept(desk: Filed, corrected_at: datetime) -> Any:
    """All that the order of arrival must not change.

    The state has a due instant where nothing stands, of a clock that the correction moved; the
    proof has one always.
    """
    clock = desk.clock("resolve")
    end, made = clock.stopped_at, proof(desk)
    is_moved = end is None or corrected_at < end
    plan = (clock.length, None if clock.opened else clock.due_at) if is_moved else None
    ends = [e.in_time for e in of_resolve(desk, ClockStopped) if e.run == clock.run]
    assert differences(made) == []
    if end is not None:
        given_back = any(e["type"] == "return_granted" for e in made["events"])
        assert ("late" in made) is (clock.missed or not given_back)
        assert (made.get("late", False), ends[-1]) == (clock.missed, not clock.missed)
    due = None if corrected_at == end else made["due_at"]  # at one instant both are right
    return clock.missed, end, plan, due, sorted(desk.misses())


def of_resolve(desk: Filed, kind: type[Any]) -> list[Any]:
    return [e for e in desk.events if isinstance(e, kind) and e.clock == "resolve"]


def in_any_order(correction: Said, *facts: Said) -> list[Filed]:
    """Intake's correction comes before, between and after what dispatch says in its order."""
    places = range(len(facts) + 1)
    found = [heard(*facts[:n], correction, *facts[n:]) for n in places]
    outcomes = [kept(desk, correction[0]) for desk in found]
    assert outcomes == [outcomes[0]] * len(found)
    return found


HOUSING = cn(3, 16, 11), corrected()
URGENT = cn(3, 9, 12), corrected("c", "URGENT")
LAWS: list[Said] = [(cn(3, 9, 12), to(2)), (cn(3, 10, 12), to(4, "housing/leak"))]


def replied(at: datetime) -> list[Said]:
    """It stands while the hotline reviews the reply, an hour long."""
    review = at + timedelta(hours=1)
    return [(at, dispatch.TicketReplied(unit="U1")), (review, approved(at))]


@pytest.mark.parametrize("is_reviewed", [False, True])
@pytest.mark.parametrize("at", [cn(3, 16, 10), cn(3, 16, 12), OLD_DUE, cn(3, 18, 10)])
def test_r27_a_reply_and_a_correction_give_the_same_in_any_order(
    at: datetime, *, is_reviewed: bool
) -> None:
    for desk in in_any_order(HOUSING, *replied(at)[not is_reviewed :]):
        due = NEW_DUE if at > HOUSING[0] else OLD_DUE
        assert datetime.fromisoformat(proof(desk)["due_at"]) == due
        assert not desk.clock("resolve").missed
        assert of_resolve(desk, ClockStopped)[-1].in_time


def test_r27_a_reply_after_the_end_of_the_shorter_length_was_late() -> None:
    for desk in in_any_order(URGENT, *replied(cn(3, 11, 10))):
        assert desk.misses().count(("resolve", 1)) == 1
        assert desk.clock("resolve").due_at == cn(3, 10, 10)
        assert not of_resolve(desk, ClockStopped)[-1].in_time
        assert not any(name.endswith("resolve/1") for name in desk.alarms)


@pytest.mark.parametrize("category", ["", "housing/leak"])
def test_r27_an_earlier_units_miss_is_withdrawn_too(category: str) -> None:
    again = dispatch.TicketDispatched(unit="U2", round=2, category=category)
    for desk in in_any_order(HOUSING, (cn(3, 18, 10), again)):
        assert ("resolve", 1) not in desk.misses()
        assert desk.clock("resolve").due_at == cn(4, 3)
    for desk in in_any_order(HOUSING, (cn(3, 26), again)):
        assert ("resolve", 1) in desk.misses()


HANDED_BACK: list[Said] = [
    (cn(3, 11, 10), dispatch.ReturnGranted(unit="U1")),
    (cn(3, 12, 10), dispatched("U2", 2)),
]


def test_r27_an_earlier_unit_was_late_by_a_shorter_length_that_was_corrected_in_its_time() -> None:
    for desk in in_any_order(URGENT, *HANDED_BACK):
        assert desk.misses().count(("resolve", 1)) == 1
        [first] = [c for c in desk.state.earlier_runs if c.name == "resolve"]
        assert (first.missed, first.due_at) == (True, cn(3, 10, 10))
        last = [e for e in of_resolve(desk, ClockStopped) if e.run == 1][-1]
        assert (last.in_time, last.stopped_at) == (False, cn(3, 11, 10))
        assert not any(name.endswith("resolve/1") for name in desk.alarms)


def test_r27_an_earlier_unit_is_not_late_by_what_was_corrected_after_its_time() -> None:
    for at in (cn(3, 11, 10), cn(3, 11, 11)):  # at its end, and when it had the matter no more
        for desk in in_any_order((at, corrected("c", "URGENT")), *HANDED_BACK):
            assert ("resolve", 1) not in desk.misses()


def test_r27_an_earlier_unit_is_not_late_by_a_length_that_was_over_when_it_was_corrected() -> None:
    for desk in in_any_order((cn(3, 10, 11), corrected("c", "URGENT")), *HANDED_BACK):
        assert ("resolve", 1) not in desk.misses()
        assert [c.due_at for c in desk.state.earlier_runs if c.name == "resolve"] == [OLD_DUE]


def test_r27_an_earlier_run_is_judged_by_every_correction_that_is_heard_late() -> None:
    """Urgent at noon, by which it was late; at one it is known to be housing, and it was not."""
    housing = cn(3, 9, 13), corrected()
    for facts in ([URGENT, housing, *HANDED_BACK], [*HANDED_BACK, URGENT, housing]):
        assert ("resolve", 1) not in heard(*facts).misses()


def test_r27_the_same_late_correction_twice_judges_an_earlier_unit_once() -> None:
    desk = heard(*HANDED_BACK, URGENT, URGENT)
    assert len([e for e in of_resolve(desk, DeadlineMissed) if e.run == 1]) == 1


def test_r27_an_earlier_units_miss_before_the_correction_stays() -> None:
    after = cn(3, 17, 9), corrected()
    for desk in in_any_order(after, (cn(3, 18, 10), dispatched("U2", 2))):
        assert ("resolve", 1) in desk.misses()
    ended = cn(3, 18, 11), corrected()
    for desk in in_any_order(ended, (cn(3, 18, 10), dispatched("U2", 2))):
        assert ("resolve", 1) in desk.misses()
        assert desk.clock("resolve").length == "calendar_days=15"


def test_r27_what_was_replied_before_the_correction_stays_under_the_old_length() -> None:
    desk = heard(*replied(cn(3, 16, 10)), HOUSING)
    assert of_resolve(desk, ClockReplanned) == []
    assert desk.clock("resolve").due_at == OLD_DUE


@pytest.mark.parametrize("stood_at", [cn(3, 16, 12), cn(3, 18, 10)])
@pytest.mark.parametrize("correction", [HOUSING, URGENT])
def test_r26_a_clock_that_stands_is_judged_by_when_it_stood_still(
    correction: Said, stood_at: datetime
) -> None:
    outcomes = []
    for late in (False, True):
        desk = Filed()
        for is_late, (at, message) in enumerate([correction, correction]):
            if is_late == late:
                reached = stood_at + timedelta(hours=1) if late else at
                desk.fire(at)
                desk.say(message, at, reached=reached)
            if not is_late:
                desk.fire(stood_at)
                desk.do(PauseClocks(stood_at, "force_majeure", "resolve"))
        assert not any(name.startswith("ladder:resolve") for name in desk.alarms)
        desk.do(ResumeClocks(stood_at + timedelta(days=1), "resolve"))
        outcomes.append(kept(desk, correction[0]))
        assert desk.clock("resolve").missed == (correction is URGENT)
    assert outcomes[0] == outcomes[1]


def test_r26_what_stood_in_time_is_in_time_when_it_ends_there() -> None:
    desk = Filed()
    desk.fire(cn(3, 18, 10))
    desk.do(PauseClocks(cn(3, 18, 10), "force_majeure", "resolve"))
    desk.say(corrected(), cn(3, 16, 11), reached=cn(3, 18, 11))
    desk.say(approved(cn(3, 30)), cn(3, 30))
    assert of_resolve(desk, ClockStopped)[-1].in_time
    assert ("resolve", 1) not in desk.misses()
    assert proof(desk)["late"] is False


LATE = cn(3, 11, 12), corrected("c", "URGENT")
LATE_LAWS: list[Said] = [(cn(3, 12, 1), to(2)), (cn(3, 16, 12), to(4, "housing/leak"))]


@pytest.mark.parametrize("back_at", [cn(3, 10, 12), cn(3, 11, 11, 30), cn(3, 12)])
def test_r27_a_correction_is_judged_by_how_long_the_clock_had_stood_whenever_that_is_heard(
    back_at: datetime,
) -> None:
    """Of 24 hours one was left at the reply: two hours after it was sent back they were over."""
    back = back_at, dispatch.ReplySentBack(unit="U1")
    for desk in in_any_order(LATE, (cn(3, 10, 9), dispatch.TicketReplied(unit="U1")), back):
        is_over = back_at < cn(3, 11, 11)
        assert desk.clock("resolve").length == ("calendar_days=7" if is_over else "hours=24")


STEPS = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 14, 24, 48, 120]),
        st.sampled_from(["replied", "sent back", "approved", "granted"]),
    ),
    max_size=7,
)


@settings(max_examples=300)
@given(st.sampled_from([HOUSING, URGENT, LATE, *LAWS, *LATE_LAWS]), STEPS)
def test_r27_whatever_dispatch_says_the_order_of_arrival_changes_nothing(
    correction: Said, steps: list[tuple[int, str]]
) -> None:
    facts, now, round_, replied_at = list[Said](), cn(3, 9, 11), 1, None
    for hours, what in steps:
        now += timedelta(hours=hours)
        if what == "granted":
            facts.append((now, dispatch.ReturnGranted(unit=f"U{round_}")))
            now, round_, replied_at = now + timedelta(hours=3), round_ + 1, None
            facts.append((now, dispatched(f"U{round_}", round_)))
        elif what == "replied" and replied_at is None:
            replied_at = now
            facts.append((now, dispatch.TicketReplied(unit=f"U{round_}")))
        elif what == "sent back" and replied_at is not None:
            replied_at = None
            facts.append((now, dispatch.ReplySentBack(unit=f"U{round_}")))
        elif what == "approved" and replied_at is not None:
            facts.append((now, approved(replied_at)))
            break
    in_any_order(correction, *facts)
