"""The extension desk, pauses by hand and limits: given, when, then (R22, R23, R26, R35)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RefuseExtension,
    RequestExtension,
    ResumeClocks,
    SetLimit,
)
from services.deadline.domain.events import (
    ClockPaused,
    ClockResumed,
    DeadlineMissed,
    Event,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    HotlineAlarmed,
    LimitSet,
)
from services.deadline.domain.rejections import (
    LimitWithoutApplication,
    NoApplication,
    NoMoreExtensions,
    NotApplicable,
    NotExtendable,
    NotRunning,
    NotYours,
    OneLength,
    ReasonNeeded,
    TooLateToExtend,
    TooLongAnExtension,
    UnknownTicket,
    UnlistedPause,
)
from services.deadline.domain.ticket import Clocks
from services.kernel.decider import Rejection, replace
from tests.unit.deadline.tickets import Ticket, accepted, cn, dispatched

MONDAY = cn(3, 9, 10)
DUE = cn(3, 17)
ASK = RequestExtension(cn(3, 10), "U1", "resolve", 2, "road works", "doc 1")
GRANT = GrantExtension(cn(3, 11), "ann", "resolve")
REFUSE = RefuseExtension(cn(3, 11), "ann", "resolve", "not needed")
LAW = SetLimit(cn(3, 10), "ann", "resolve", working_days=2, document="条例第三条")


class Desk(Ticket):
    """A ticket that was accepted and dispatched on Monday the 9th, at ten."""

    def __init__(self) -> None:
        super().__init__()
        self.say(accepted(), MONDAY)
        self.say(dispatched("U1"), MONDAY)

    def do(self, *commands: Any) -> list[Event]:
        return [event for command in commands for event in self._run([command])]

    def refuses(self, kind: type[Rejection], command: Any) -> Rejection:
        before = self.state
        with pytest.raises(kind) as caught:
            self._run([command])
        assert self.state == before
        return caught.value


@pytest.fixture
def desk() -> Desk:
    return Desk()


def kinds(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


# R22: asked, granted, cut, refused.


def test_r22_an_application_moves_nothing(desk: Desk) -> None:
    [asked] = desk.do(ASK)
    plan = DUE, cn(3, 12, 9), "50%"
    assert asked == ExtensionAsked(ASK.at, "resolve", 1, "U1", 2, "road works", "doc 1", *plan)
    assert desk.clock("resolve").due_at == DUE
    assert desk.do(ASK) == []  # the same again is quiet


def test_r22_a_granted_extension_moves_the_due_instant_and_its_timer(desk: Desk) -> None:
    [_, granted] = desk.do(ASK, GRANT)
    half = cn(3, 13, 9)
    assert granted == ExtensionGranted(
        GRANT.at, "resolve", 1, "U1", 2, cn(3, 19), False, "ann", half, "50%"
    )
    assert desk.alarms["resolve/1"].due_at == half  # a warning first (R25)
    assert desk.clock("promise").due_at == DUE
    desk.fire(DUE)
    assert ("resolve", 1) not in desk.misses()
    desk.fire(cn(3, 19))
    assert ("resolve", 1) in desk.misses()


def test_r22_the_hotline_may_cut_but_not_add(desk: Desk) -> None:
    desk.do(ASK)
    desk.refuses(TooLongAnExtension, GrantExtension(cn(3, 11), "ann", "resolve", 3))
    [cut] = desk.do(GrantExtension(cn(3, 11), "ann", "resolve", 1))
    assert isinstance(cut, ExtensionGranted)
    assert (cut.working_days, cut.due_at) == (1, cn(3, 18))


def test_r22_a_refusal_says_why_and_leaves_the_due_instant(desk: Desk) -> None:
    desk.do(ASK)
    desk.refuses(ReasonNeeded, RefuseExtension(cn(3, 11), "ann", "resolve", " "))
    refused = ExtensionRefused(REFUSE.at, "resolve", 1, "U1", 2, "not needed", "ann")
    assert desk.do(REFUSE) == [replace(refused, due_at=DUE, warn_at=cn(3, 12, 9), warn_mark="50%")]
    desk.refuses(NotApplicable, REFUSE)
    desk.refuses(NotApplicable, GRANT)
    assert desk.clock("resolve").due_at == DUE


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (RequestExtension(cn(3, 10), "U2", "resolve", 2, "r"), NotYours),
        (RequestExtension(cn(3, 10), "U1", "redo", 2, "r"), NotRunning),
        (RequestExtension(cn(3, 10), "U1", "return", 1, "r"), NotExtendable),
        (RequestExtension(cn(3, 10), "U1", "resolve", 6, "r"), TooLongAnExtension),
        (RequestExtension(cn(3, 10), "U1", "resolve", 0, "r"), NoApplication),
        (RequestExtension(cn(3, 10), "U1", "resolve", 2, "  "), NoApplication),
        (RequestExtension(DUE, "U1", "resolve", 2, "r"), TooLateToExtend),
    ],
)
def test_r22_what_cannot_be_applied_for(desk: Desk, command: Any, kind: type[Rejection]) -> None:
    assert desk.refuses(kind, command).message


def test_r22_a_third_extension_is_refused(desk: Desk) -> None:
    desk.do(ASK, GRANT, ASK, GRANT)
    assert desk.clock("resolve").due_at == cn(3, 21)
    desk.refuses(NoMoreExtensions, ASK)


def test_r22_silence_until_the_due_instant_is_a_refusal_and_no_miss_of_the_units(
    desk: Desk,
) -> None:
    desk.do(ASK)
    late = GrantExtension(DUE, "ann", "resolve")
    desk.refuses(TooLateToExtend, late)
    desk.refuses(TooLateToExtend, RefuseExtension(DUE, "ann", "resolve", "too late"))
    events = [e for e in desk.fire(DUE) if getattr(e, "clock", "") == "resolve"]
    alarmed_at, warned = cn(3, 16, 16), (cn(3, 16, 17, 30), "2h")  # eight hours before; at closing
    assert events == [
        HotlineAlarmed(alarmed_at, "resolve", 1, "U1", (2,), DUE, *warned),
        ExtensionRefused(DUE, "resolve", 1, "U1", 2, "", "", by_silence=True),
        DeadlineMissed(DUE, "resolve", 1, "U1", DUE, hotline_silent=True, ladder_at=DUE),
    ]
    assert desk.clock("resolve").asked == ()


def test_r22_an_extension_granted_during_a_pause_counts_when_it_goes_on(desk: Desk) -> None:
    desk.do(PauseClocks(cn(3, 10, 12), "force_majeure"), ASK)
    [granted] = desk.do(GRANT)
    assert isinstance(granted, ExtensionGranted)
    assert granted.due_at is None
    desk.do(ResumeClocks(cn(3, 12, 12)))
    assert desk.clock("resolve").due_at == cn(3, 21)


def test_r22_the_state_is_the_same_from_the_ledgers_bytes(desk: Desk) -> None:
    desk.do(ASK, GRANT, LAW, PauseClocks(cn(3, 11), "expert_appraisal", "resolve"))
    state = desk.state
    desk.reload()
    assert desk.state == state


# R26: pauses by hand.


def test_r26_all_clocks_of_the_unit_stand_still_and_the_promise_does_not(desk: Desk) -> None:
    paused = desk.do(PauseClocks(cn(3, 9, 11), "citizen_supplement"))
    assert {e.clock for e in paused if isinstance(e, ClockPaused)} == {
        "confirm", "return", "contact", "resolve",
    }  # fmt: skip
    assert "confirm/1" not in desk.alarms
    assert desk.do(PauseClocks(cn(3, 9, 12), "force_majeure")) == []
    resumed = desk.do(ResumeClocks(cn(3, 9, 15)))
    assert set(kinds(resumed)) == {"ClockResumed"}
    assert desk.clock("confirm").due_at == cn(3, 9, 16)
    assert desk.do(ResumeClocks(cn(3, 9, 16))) == []


@pytest.mark.parametrize("reason", ["lunch", "", "under_review"])
def test_r26_a_pause_by_hand_has_a_listed_reason(desk: Desk, reason: str) -> None:
    desk.refuses(UnlistedPause, PauseClocks(cn(3, 10), reason))


def test_r26_one_clock_may_be_paused_but_no_promise(desk: Desk) -> None:
    [paused] = desk.do(PauseClocks(cn(3, 10), "force_majeure", "contact"))
    assert isinstance(paused, ClockPaused)
    desk.refuses(NotRunning, PauseClocks(cn(3, 10), "force_majeure", "promise"))
    desk.refuses(NotRunning, ResumeClocks(cn(3, 10), "redo"))
    [resumed] = desk.do(ResumeClocks(cn(3, 11), "contact"))
    assert isinstance(resumed, ClockResumed)


# R23: limits.


def test_r23_a_stricter_limit_passes_on_to_the_next_unit(desk: Desk) -> None:
    [limit] = desk.do(LAW)
    assert isinstance(limit, LimitSet)
    assert (limit.length, limit.due_at) == ("working_days=2", cn(3, 12))
    assert desk.do(LAW) == []
    desk.say(dispatched("U2", 2), cn(3, 11, 10))
    assert desk.clock("resolve").due_at == cn(3, 14)


def test_r23_special_circumstances_need_their_document_and_pass_on_to_nobody(desk: Desk) -> None:
    special = SetLimit(cn(3, 10), "ann", "resolve", working_days=20, special=True)
    desk.refuses(LimitWithoutApplication, special)
    full = SetLimit(
        cn(3, 10), "ann", "resolve", working_days=20, special=True, written_application=True,
        document="市府办〔2026〕3号",
    )  # fmt: skip
    [limit] = desk.do(full)
    assert isinstance(limit, LimitSet)
    assert limit.due_at == cn(4, 8)
    desk.say(dispatched("U2", 2), cn(3, 11, 10))
    assert desk.clock("resolve").due_at == cn(3, 19)


def test_r23_a_limit_found_too_late_is_for_the_next_unit(desk: Desk) -> None:
    desk.fire(DUE)
    [limit] = desk.do(SetLimit(DUE + timedelta(hours=1), "ann", "resolve", working_days=2))
    assert isinstance(limit, LimitSet)
    assert limit.due_at is None
    assert desk.clock("resolve").due_at == DUE


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (SetLimit(cn(3, 10), "ann", "resolve"), OneLength),
        (SetLimit(cn(3, 10), "ann", "resolve", working_days=1, hours=1), OneLength),
        (SetLimit(cn(3, 10), "ann", "resolve", working_days=9_999), OneLength),
        (SetLimit(cn(3, 10), "ann", "promise", working_days=1), NotRunning),
        (SetLimit(cn(3, 10), "ann", "return", working_days=1), NotRunning),
        (SetLimit(cn(3, 10), "ann", "redo", working_days=1), NotRunning),
    ],
)
def test_r23_what_cannot_be_limited(desk: Desk, command: Any, kind: type[Rejection]) -> None:
    desk.refuses(kind, command)


@pytest.mark.parametrize("command", [ASK, GRANT, REFUSE, LAW, ResumeClocks(cn(3, 10))])
def test_r22_r23_r26_an_unknown_ticket_has_no_clocks(desk: Desk, command: Any) -> None:
    with pytest.raises(UnknownTicket):
        desk.decider.decide(command, Clocks())
