"""A category corrected midway: the clock goes on under the right length (R4, R23, R27).

Beijing has 7 calendar days, 15 for housing, 24 hours where it is urgent.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.lives import line_of
from services.deadline.adapters.proof import differences, prove
from services.deadline.adapters.registry import document, parse
from services.deadline.domain.clock import Phase
from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RequestExtension,
    ResumeClocks,
    SetLimit,
)
from services.deadline.domain.events import (
    ClockReplanned,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    MatterChanged,
    MissWithdrawn,
)
from services.deadline.domain.reactions import decider_by
from services.kernel.decider import Rejection, replace
from tests.unit.deadline.questions import ask, event, paused, resumed
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import CITIES, Ticket, accepted, approved, cn, dispatched, names

BEIJING = City(*CITIES["beijing"])
OLD_DUE, NEW_DUE = cn(3, 17), cn(3, 25)


def corrected(category: str = "housing/leak", urgency: str = "NORMAL") -> intake.CategoryCorrected:
    return intake.CategoryCorrected(
        category=category, kind="KIND_COMPLAINT", urgency=f"URGENCY_{urgency}", old_category="c"
    )


class Filed(Desk):
    """Accepted and dispatched in Beijing on Monday the 9th, at ten."""

    def __init__(self) -> None:
        Ticket.__init__(self, "beijing")
        self.say(accepted(), cn(3, 9, 10))
        self.say(dispatched(), cn(3, 9, 10))


def proof(desk: Filed, clock: str = "resolve") -> Any:
    line, _ = line_of(clock, desk.events, BEIJING)
    assert line is not None
    return orjson.loads(orjson.dumps(prove(line, BEIJING)))


def test_r4_a_corrected_category_gives_the_clock_the_length_of_the_right_one() -> None:
    desk = Filed()
    assert desk.clock("resolve").due_at == OLD_DUE
    changed, moved = desk.say(corrected(), cn(3, 11, 10))
    assert changed == MatterChanged(
        cn(3, 11, 10), "complaint", "normal", "housing/leak", 0, cn(3, 11, 10)
    )
    assert isinstance(moved, ClockReplanned)
    assert (moved.clock, moved.old_due_at, moved.due_at) == ("resolve", OLD_DUE, NEW_DUE)
    assert (moved.length, moved.policy) == ("calendar_days=15", "beijing@2024-01-01")
    assert desk.alarms["resolve/1"].due_at <= NEW_DUE
    desk.fire(NEW_DUE - timedelta(seconds=1))
    assert ("resolve", 1) not in desk.misses()
    desk.fire(NEW_DUE)
    assert ("resolve", 1) in desk.misses()


def test_r4_what_was_used_up_stays_used_up_glpi_6902_15605() -> None:
    desk = Filed()
    desk.do(PauseClocks(cn(3, 10, 10), "force_majeure"), ResumeClocks(cn(3, 12, 10)))
    desk.say(corrected(), cn(3, 13, 10))
    assert desk.clock("resolve").due_at == cn(3, 27)  # two days of pause are no days used
    assert len(proof(desk)["counted"]) == 15
    assert proof(desk)["counted"][0] == "2026-03-12"


def test_r4_the_calculator_says_the_same_glpi_6902_15605() -> None:
    used = paused("03-10T10:00"), resumed("03-12T10:00")
    refiled = event("refiled", "03-13T10:00", length={"calendar_days": 15})
    found = ask("resolve", *used, refiled, city=BEIJING)
    assert found["due_at"] == "2026-03-27T00:00:00+08:00"
    assert "length" in ask("resolve", event("refiled", "03-13T10:00"), city=BEIJING)["error"]
    assert ask("promise", refiled, city=BEIJING) == ask("promise", city=BEIJING)


def test_r4_the_promise_and_what_ended_stay() -> None:
    desk = Filed()
    desk.say(approved(cn(3, 10, 10)), cn(3, 10, 10))
    promised = desk.clock("promise")
    assert names(desk.say(corrected(), cn(3, 11, 10))) == ["return MatterChanged"]
    assert replace(desk.clock("promise"), filed_before=None) == promised


def test_r4_the_proof_explains_the_change() -> None:
    desk = Filed()
    desk.say(corrected(), cn(3, 11, 10))
    made = proof(desk)
    assert differences(made) == []
    assert datetime.fromisoformat(made["due_at"]) == NEW_DUE
    assert made["events"] == [
        {"type": "refiled", "at": cn(3, 11, 10).isoformat(), "length": {"calendar_days": 15}}
    ]


def test_r4_the_length_is_of_the_policy_under_which_the_clock_started() -> None:
    policy, calendar = CITIES["beijing"]
    content = deepcopy(document("beijing"))
    content["version"] = "2027-01-01"
    content["clocks"]["resolve"]["by_matter"][2]["length"] = {"calendar_days": 30}
    newer = parse(content, "the next policy")
    desk = Filed()
    change = cn(3, 10)
    desk.decider = decider_by(lambda at: (newer if at >= change else policy, calendar))
    desk.say(corrected(), cn(3, 11, 10))
    assert desk.clock("resolve").due_at == NEW_DUE
    desk.say(dispatched("U2", 2), cn(3, 12, 10))
    assert desk.clock("resolve").length == "calendar_days=30"


def test_r27_a_clock_that_is_heard_of_late_goes_by_the_policy_in_effect_when_it_started() -> None:
    policy, calendar = CITIES["beijing"]
    content = deepcopy(document("beijing"))
    content["version"] = "2027-01-01"
    content["clocks"]["resolve"]["by_matter"][2]["length"] = {"calendar_days": 30}
    newer = parse(content, "the next policy")
    desk, change = Filed(), cn(3, 10)
    desk.decider = decider_by(lambda at: (newer if at >= change else policy, calendar))
    [*_, started] = desk.say(dispatched("U2", 2), cn(3, 9, 23), reached=cn(3, 10, 1))
    assert isinstance(started, ClockStarted)
    assert started.policy == "beijing@2024-01-01"
    desk.say(corrected(), cn(3, 11, 10))
    assert desk.clock("resolve").length == "calendar_days=15"
    desk.say(dispatched("U3", 3), change, reached=cn(3, 12))
    assert desk.clock("resolve").length == "calendar_days=30"


def test_r4_told_twice_is_quiet_and_the_way_back_gives_the_old_due_instant() -> None:
    desk = Filed()
    desk.say(corrected(), cn(3, 11, 10))
    assert desk.say(corrected(), cn(3, 11, 11)) == []
    desk.say(corrected("c"), cn(3, 11, 12))
    assert desk.clock("resolve").due_at == OLD_DUE


def test_r27_a_shorter_length_makes_no_clock_overdue_in_retrospect() -> None:
    desk = Filed()
    assert names(desk.say(corrected("c", "URGENT"), cn(3, 11, 10))) == ["return MatterChanged"]
    assert desk.clock("resolve").due_at == OLD_DUE
    early = Filed()
    early.say(corrected("c", "URGENT"), cn(3, 9, 12))
    assert early.clock("resolve").due_at == cn(3, 10, 10)


def test_r27_what_was_due_before_the_correction_stays_missed() -> None:
    desk = Filed()
    desk.fire(OLD_DUE)
    assert names(desk.say(corrected(), OLD_DUE)) == ["return MatterChanged"]
    assert ("resolve", 1) in desk.misses()


def test_r27_a_correction_that_was_heard_of_late_withdraws_the_miss() -> None:
    desk = Filed()
    desk.fire(OLD_DUE)
    before = OLD_DUE - timedelta(seconds=1)
    _, withdrawn, moved = desk.say(corrected(), before, reached=OLD_DUE + timedelta(minutes=1))
    assert isinstance(withdrawn, MissWithdrawn)
    assert isinstance(moved, ClockReplanned)
    assert ("resolve", 1) not in desk.misses()
    desk.fire(NEW_DUE)
    assert desk.misses().count(("resolve", 1)) == 1


def test_r26_a_clock_that_stands_has_the_new_length_when_it_goes_on() -> None:
    desk = Filed()
    desk.do(PauseClocks(cn(3, 10, 10), "force_majeure"))
    _, moved = desk.say(corrected(), cn(3, 11, 10))
    assert isinstance(moved, ClockReplanned)
    assert moved.due_at is None
    assert "resolve/1" not in desk.alarms
    assert proof(desk)["due_at"] is None
    desk.do(ResumeClocks(cn(3, 12, 10)))
    assert desk.clock("resolve").due_at == cn(3, 27)


def test_r22_an_extension_is_kept_and_its_bound_is_the_new_length() -> None:
    desk = Filed()
    ask_days = RequestExtension(cn(3, 10), "U1", "resolve", 2, "road works")
    desk.do(ask_days, GrantExtension(cn(3, 10), "ann", "resolve"))
    desk.say(corrected(), cn(3, 11, 10))
    assert desk.clock("resolve").due_at == cn(3, 27)  # two working days behind the 24th
    desk.do(RequestExtension(cn(3, 12), "U1", "resolve", 9, "road works"))  # 7 were the most
    assert differences(proof(desk)) == []


def test_r24_the_next_unit_starts_under_the_right_category_whatever_the_dispatch_knew() -> None:
    desk = Filed()
    desk.say(corrected(), cn(3, 11, 10))
    late = dispatch.TicketDispatched(unit="U2", round=2, category="c")
    found = desk.say(late, cn(3, 12, 10))
    [stopped] = [e for e in found if isinstance(e, ClockStopped) and e.clock == "resolve"]
    [started] = [e for e in found if isinstance(e, ClockStarted) and e.clock == "resolve"]
    assert (stopped.unit, stopped.in_time) == ("U1", True)
    assert (started.unit, started.length, started.category) == (
        "U2",
        "calendar_days=15",
        "housing/leak",
    )


def test_r27_the_state_is_the_same_from_the_ledgers_bytes() -> None:
    desk = Filed()
    desk.do(PauseClocks(cn(3, 10, 10), "force_majeure"))
    desk.say(corrected(), cn(3, 11, 10))
    desk.do(ResumeClocks(cn(3, 12, 10)))
    state = desk.state
    desk.reload()
    assert desk.state == state


ACTS: list[Any] = [
    lambda at: RequestExtension(at, "U1", "resolve", 2, "r"),
    lambda at: GrantExtension(at, "ann", "resolve"),
    lambda at: PauseClocks(at, "force_majeure"),
    lambda at: ResumeClocks(at),
    lambda at: SetLimit(at, "ann", "resolve", working_days=4),
]
SAID: list[Any] = [
    corrected(),
    corrected("c"),
    corrected("c", "URGENT"),
    dispatch.TicketReplied(unit="U1"),
    dispatch.ReplySentBack(unit="U1"),
    dispatched("U2", 2),
    dispatch.ReturnGranted(unit="U1"),
]


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from([*ACTS, *SAID])), max_size=9))
def test_r27_whatever_happens_the_proof_says_what_the_service_keeps(steps: list[Any]) -> None:
    desk, now = Filed(), cn(3, 9, 11)
    for hours, act in steps:
        now += timedelta(hours=hours)
        desk.fire(now)
        try:
            found = desk.say(act, now) if act in SAID else desk.do(act(now))
        except Rejection:
            continue
        if act in SAID[:3]:
            assert not any(isinstance(e, DeadlineMissed) for e in found)
    kept, made = desk.clock("resolve"), proof(desk)
    assert differences(made) == []
    if kept.stopped_at is not None:
        given_back = any(e["type"] == "return_granted" for e in made["events"])
        assert ("late" in made) is (kept.missed or not given_back)
        assert made.get("late", False) == kept.missed
    if kept.phase is Phase.RUNNING:
        assert datetime.fromisoformat(made["due_at"]) == kept.due_at


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_r27_a_reply_and_a_correction_give_the_same_in_any_order(order: tuple[int, int]) -> None:
    desk = Filed()
    facts = [
        (approved(cn(3, 16, 10)), cn(3, 16, 10)),
        (corrected(), cn(3, 16, 11)),
    ]
    for n in order:
        desk.say(*facts[n], reached=cn(3, 16, 12))
    assert desk.clock("resolve").stopped_at == cn(3, 16, 10)
    assert desk.misses() == []
