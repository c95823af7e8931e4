"""Urging, supervision, disputes and the ladder after a miss: given, when, then (R25, R27, R35)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.domain.care_events import (
    BureauNotified,
    SupervisionAnswered,
    SupervisionClosed,
    SupervisionIssued,
    SupervisionOpened,
    SupervisionRaised,
    SupervisionReturned,
    TicketUrged,
    UrgeAnswered,
)
from services.deadline.domain.events import (
    DisputeRuled,
    MissDisputed,
)
from services.deadline.domain.rejections import (
    AlreadySupervised,
    FeedbackMissing,
    NobodyToUrge,
    NotDisputable,
    NothingUrged,
    NotSupervised,
    NotYours,
    ReturnedOnce,
    TextNeeded,
    TooManyUrges,
    UnknownTicket,
)
from services.deadline.domain.supervision import (
    AnswerSupervision,
    AnswerUrge,
    CloseSupervision,
    DisputeMiss,
    IssueSupervision,
    NotifyBureau,
    OpenSupervision,
    PassUrgeOn,
    RaiseSupervision,
    ReturnSupervision,
    RuleDispute,
    UrgeTicket,
)
from services.deadline.domain.ticket import Clocks
from services.kernel.decider import Rejection
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import Ticket, accepted, approved, cn, dispatched, queued

AT = cn(3, 10, 9)
DUE = cn(3, 17)
URGE = UrgeTicket(AT, "ann", True, "still dark")
OPEN = OpenSupervision(AT, "sue", "three complaints", ("U1", "U2", "U1"))
ISSUE = IssueSupervision(AT, "sue", "督〔2026〕1号")
BACK = ReturnSupervision(AT, "sue", "no photo")
CLOSE = CloseSupervision(AT, "sue", "mended")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def feedback(unit: str) -> AnswerSupervision:
    return AnswerSupervision(AT, unit, "lamp replaced")


# 催办


def test_r25_urges_are_counted_forwarded_and_answered(desk: Desk) -> None:
    assert desk.do(URGE) == [TicketUrged(AT, 1, "U1", True, "still dark", "ann")]
    [second] = desk.do(UrgeTicket(AT, "ann"))
    assert isinstance(second, TicketUrged)
    assert (second.number, second.from_citizen) == (2, False)
    answer = AnswerUrge(AT, "U1", "tomorrow")
    assert desk.do(answer) == [UrgeAnswered(AT, 2, "U1", "tomorrow")]
    assert desk.do(answer) == []


def test_r25_a_citizen_urges_only_so_often_a_day_of_the_city(desk: Desk) -> None:
    desk.do(URGE)
    desk.refuses(TooManyUrges, UrgeTicket(cn(3, 10, 23, 59), "ann", True))
    assert desk.do(UrgeTicket(cn(3, 10, 23, 59), "ann"))  # the hotline itself may
    assert desk.do(UrgeTicket(cn(3, 11), "ann", True))


def test_r35_only_the_unit_that_has_the_ticket_answers(desk: Desk) -> None:
    desk.refuses(NothingUrged, AnswerUrge(AT, "U1", "x"))
    desk.do(URGE)
    desk.refuses(NotYours, AnswerUrge(AT, "U2", "x"))
    desk.refuses(TextNeeded, AnswerUrge(AT, "U1", "  "))
    desk.say(dispatched("U2", 2), AT)
    desk.refuses(NotYours, AnswerUrge(AT, "U1", "x"))


def test_r25_urging_moves_no_clock(desk: Desk) -> None:
    before = desk.state.by_name
    desk.do(URGE)
    assert desk.state.by_name == before


# 督办


def test_r25_a_joint_supervision_from_its_opening_to_its_end(desk: Desk) -> None:
    [opened] = desk.do(OPEN)
    assert opened == SupervisionOpened(AT, 1, ("U1", "U2"), "three complaints", "", 0, None, "sue")
    desk.refuses(NotSupervised, feedback("U1"))
    assert desk.do(ISSUE) == [SupervisionIssued(AT, 1, "督〔2026〕1号", "sue")]
    assert desk.do(ISSUE) == []
    assert desk.do(feedback("U1")) == [SupervisionAnswered(AT, 1, "U1", "lamp replaced")]
    assert desk.do(feedback("U1")) == []
    assert desk.refuses(FeedbackMissing, CLOSE).args == ("U2",)
    desk.refuses(NotYours, feedback("U3"))
    desk.do(feedback("U2"))
    assert desk.do(BACK) == [SupervisionReturned(AT, 1, "no photo", "sue")]
    desk.refuses(FeedbackMissing, BACK)
    desk.do(feedback("U1"), feedback("U2"))
    desk.refuses(ReturnedOnce, BACK)
    raised = RaiseSupervision(AT, "sue", "city", "still dark")
    assert desk.do(raised) == [SupervisionRaised(AT, 1, "city", "still dark", "sue")]
    assert desk.do(raised) == []
    assert desk.do(CLOSE) == [SupervisionClosed(AT, 1, "mended", "sue")]
    desk.refuses(NotSupervised, CLOSE)


def test_r25_one_supervision_is_open_at_a_time_and_each_has_its_number(desk: Desk) -> None:
    desk.do(OpenSupervision(AT, "sue", "late"))
    assert desk.state.care.supervision is not None
    assert desk.state.care.supervision.units == ("U1",)
    desk.refuses(AlreadySupervised, OPEN)
    desk.do(ISSUE, feedback("U1"), CLOSE)
    [second] = desk.do(OPEN)
    assert isinstance(second, SupervisionOpened)
    assert second.number == 2


def test_r25_the_bureau_is_told_by_hand_with_a_reason(desk: Desk) -> None:
    desk.refuses(TextNeeded, NotifyBureau(AT, "sue", ""))
    told = BureauNotified(AT, "", 0, "U1", "fraud", "sue")
    assert desk.do(NotifyBureau(AT, "sue", "fraud")) == [told]


# Disputes (R27)


def test_r27_a_dispute_over_a_miss_is_reviewed_and_the_ruling_is_a_fact(desk: Desk) -> None:
    dispute = DisputeMiss(DUE, "U1", "resolve", "power cut")
    ruling = RuleDispute(DUE, "sue", "resolve", True, "grid report")
    desk.refuses(NotDisputable, dispute)
    desk.fire(DUE)
    desk.refuses(NotDisputable, ruling)
    desk.refuses(NotYours, DisputeMiss(DUE, "U2", "resolve", "x"))
    assert desk.do(dispute) == [MissDisputed(DUE, "resolve", 1, "U1", "power cut")]
    assert desk.do(dispute) == []
    ruled = DisputeRuled(DUE, "resolve", 1, "U1", True, "grid report", "sue")
    assert desk.do(ruling) == [ruled]
    assert desk.do(ruling) == desk.do(dispute) == []
    assert ("resolve", 1) in desk.misses()  # it stays on record


# A citizen's urge by the code of the ticket, which intake took


def test_r25_a_citizens_urge_is_counted_forwarded_and_answered(desk: Desk) -> None:
    [urged] = desk.say(intake.MatterUrged(reason="still dark"), AT)
    assert isinstance(urged, TicketUrged)
    assert (urged.number, urged.unit, urged.from_citizen) == (1, "U1", True)
    assert (urged.reason, urged.by) == ("still dark", "citizen")
    assert urged.asked_event
    desk.refuses(TooManyUrges, UrgeTicket(AT, "ann", True))  # the hotline's own count knows it
    [answered] = desk.do(AnswerUrge(AT, "U1", "tomorrow"))
    assert answered == UrgeAnswered(AT, 1, "U1", "tomorrow")


def test_r25_the_same_urge_of_intake_is_counted_once(desk: Desk) -> None:
    again = PassUrgeOn(AT, "still dark", "intake/T1/3", AT)
    assert len(desk.do(again)) == 1
    desk.reload()
    assert desk.do(again) == []
    assert len(desk.do(PassUrgeOn(AT, "", "intake/T1/4", AT))) == 1


def test_r25_an_urge_before_any_unit_has_the_ticket_waits_for_the_first() -> None:
    desk = Desk.__new__(Desk)
    Ticket.__init__(desk)
    assert desk.do(PassUrgeOn(AT, "", "intake/T1/3", AT)) == []  # nothing runs: not accepted
    desk.say(accepted(), AT)
    [urged] = desk.say(intake.MatterUrged(), AT)
    assert isinstance(urged, TicketUrged)
    assert urged.unit == ""
    desk.refuses(NotYours, AnswerUrge(AT, "U1", "x"))
    desk.say(dispatched("U1"), AT)
    answered = UrgeAnswered(AT, 1, "U1", "we are on it")
    assert desk.do(AnswerUrge(AT, "U1", "we are on it")) == [answered]


ENDS = pytest.mark.parametrize(
    "ends",
    [
        [dispatch.DispatchConfirmed(unit="U1"), approved(AT), dispatch.TicketCompleted(unit="U1")],
        [dispatch.TicketArchived()],
        [dispatch.ReturnRequested(unit="U1"), dispatch.ReturnGranted(unit="U1"), queued(AT)],
    ],
    ids=["completed", "archived", "handed back"],
)


@ENDS
@pytest.mark.parametrize("from_citizen", [True, False], ids=["citizen", "hotline"])
def test_r25_the_hotline_is_told_that_no_unit_works_on_what_it_urges(
    desk: Desk, ends: list[Any], from_citizen: bool
) -> None:
    for message in ends:
        desk.say(message, AT)
    urge = UrgeTicket(AT, "ann", from_citizen)
    assert desk.refuses(NobodyToUrge, urge).message == (
        "No unit works on the matter: it is completed, handed back or not dispatched yet."
        " (U1 had it last)"
    )
    desk.say(dispatch.RedoOrdered(unit="U2"), AT + timedelta(hours=1))
    [urged] = desk.do(UrgeTicket(AT + timedelta(hours=1), "ann", from_citizen))
    assert isinstance(urged, TicketUrged)
    assert (urged.number, urged.unit) == (1, "U2")


def test_r25_the_hotline_urges_no_unit_before_one_has_the_ticket() -> None:
    desk = Ticket()
    desk.say(accepted(), AT)
    with pytest.raises(NobodyToUrge, match="no unit had it yet"):
        desk.decider.decide(UrgeTicket(AT, "ann"), desk.state)


@ENDS
def test_r25_an_urge_of_what_no_unit_works_on_any_more_urges_no_unit(
    desk: Desk, ends: list[Any]
) -> None:
    for message in ends:
        desk.say(message, AT)
    [urged] = desk.say(intake.MatterUrged(reason="still dark"), AT)
    assert isinstance(urged, TicketUrged)
    assert (urged.number, urged.unit) == (1, "")
    desk.say(dispatch.RedoOrdered(unit="U2"), AT + timedelta(hours=1))
    [again] = desk.say(intake.MatterUrged(), AT + timedelta(hours=1))
    assert isinstance(again, TicketUrged)
    assert again.unit == "U2"
    [answered] = desk.do(AnswerUrge(AT + timedelta(hours=2), "U2", "tomorrow"))
    assert isinstance(answered, UrgeAnswered)
    assert answered.number == 2


def test_r25_an_urge_while_the_hotline_reviews_the_reply_is_the_units(desk: Desk) -> None:
    desk.say(dispatch.TicketReplied(unit="U1"), AT)
    [urged] = desk.say(intake.MatterUrged(), AT)
    assert isinstance(urged, TicketUrged)
    assert urged.unit == "U1"


def test_the_state_is_the_same_from_the_ledgers_bytes(desk: Desk) -> None:
    """R25, R27."""
    desk.do(URGE, OPEN, ISSUE, feedback("U1"))
    desk.fire(DUE + timedelta(days=9))
    desk.do(DisputeMiss(DUE, "U1", "resolve", "power cut"))
    state = desk.state
    desk.reload()
    assert desk.state == state


@pytest.mark.parametrize(
    "command", [URGE, OPEN, ISSUE, CLOSE, feedback("U1"), DisputeMiss(DUE, "U1", "resolve", "x")]
)
def test_an_unknown_ticket_is_not_urged_or_supervised(desk: Desk, command: Any) -> None:
    """R25, R27."""
    kind: type[Rejection] = UnknownTicket
    with pytest.raises(kind):
        desk.decider.decide(command, Clocks())
