"""Clocks as policy: the shipped rows against the table of clocks, what starts and ends each."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from google.protobuf.message import Message

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.domain.clock import Phase
from services.deadline.domain.lengths import Running, WorkingDays
from services.kernel.codec import put_datetime
from tests.unit.deadline.tickets import (
    CITIES,
    NEW_YORK,
    Ticket,
    accepted,
    approved,
    cn,
    dispatched,
    names,
    queued,
)

SHIPPED = ["nyc", "sample"]
MONDAY, HOUR = cn(3, 9, 9), timedelta(hours=1)  # 2026, a week without holidays
LENGTHS = {
    "queue": Running(timedelta(minutes=30)),
    "confirm": Running(timedelta(hours=2)),
    "return": WorkingDays(1),
    "contact": WorkingDays(3),
    "resolve": WorkingDays(5),
    "redo": WorkingDays(5),
    "promise": WorkingDays(5),
    "reply_promise": WorkingDays(5),
    "supplement": WorkingDays(5),
    "call_back": Running(timedelta(hours=2)),
    "diversion_receipt": Running(timedelta(minutes=10)),
    "dispute_review": WorkingDays(2),
    "visit": WorkingDays(3),
}


@pytest.mark.parametrize("city", SHIPPED)
def test_every_clock_has_its_length(city: str) -> None:
    assert {name: CITIES[city][0].length(name) for name in CITIES[city][0].rows} == LENGTHS


@pytest.mark.parametrize("city", SHIPPED)
def test_only_the_return_is_a_window(city: str) -> None:
    assert [r.name for r in CITIES[city][0].rows.values() if r.window] == ["return"]


@pytest.mark.parametrize("city", SHIPPED)
def test_what_the_hotline_owes_is_charged_to_no_unit(city: str) -> None:
    ticket = run(
        (dispatched("U1"), MONDAY),
        (dispatch.ReturnRequested(unit="U1", number=2), AT),
        (evaluation.VisitScheduled(unit="U1"), AT),
        city=city,
    )
    units = {name: clock.unit for name, clock in ticket.state.by_name.items()}
    assert units.pop("dispute_review") == units.pop("visit") == ""
    assert set(units.values()) == {"U1"}


@pytest.mark.parametrize("city", SHIPPED)
def test_r27_a_clock_waits_for_the_silence_of_everyone_who_can_end_it(city: str) -> None:
    sources = dict(CITIES[city][0].sources)
    by_intake = ("call_back", "diversion_receipt", "supplement")
    assert {sources.pop(name) for name in by_intake} == {("deadline", "intake")}
    assert sources.pop("visit") == ("deadline", "dispatch", "evaluation")
    assert sources.pop("reply_promise") == ("deadline", "dispatch", "evaluation", "intake")
    assert set(sources.values()) == {("deadline", "dispatch", "intake")}


def run(*said: tuple[Message, datetime], city: str = "sample") -> Ticket:
    ticket = Ticket(city)
    for message, at in said:
        ticket.say(message, at)
    return ticket


AT = MONDAY + timedelta(minutes=9)
BEGINNINGS: dict[str, Message] = {
    "queue": queued(MONDAY),
    **dict.fromkeys(("confirm", "return", "contact", "resolve"), dispatched()),
    "redo": dispatch.RedoOrdered(unit="U1"),
    "promise": accepted(),
    "diversion_receipt": intake.TicketDiverted(line="119"),
    "supplement": intake.SupplementAsked(missing=["address"]),
    "dispute_review": dispatch.ReturnRequested(unit="U1", number=2),
    "visit": evaluation.VisitScheduled(unit="U1"),
}
WITHDRAWN, ARCHIVED = intake.TicketWithdrawn(), dispatch.TicketArchived()
GRANTED, COMPLETED = dispatch.ReturnGranted(unit="U1"), dispatch.TicketCompleted(unit="U1")
OVER = [WITHDRAWN, ARCHIVED]
ENDS: dict[str, list[Message]] = {
    "queue": [dispatched(), *OVER],
    "confirm": [dispatch.DispatchConfirmed(), dispatch.ReturnRequested(number=1), *OVER],
    "return": [GRANTED, COMPLETED, *OVER],
    "contact": [dispatch.CitizenContacted(), GRANTED, COMPLETED, *OVER],
    "resolve": [approved(AT), GRANTED, *OVER],
    "redo": [approved(AT), GRANTED, *OVER],
    "promise": [COMPLETED, WITHDRAWN],
    "diversion_receipt": [intake.DiversionAcknowledged(), intake.DiversionReturned(), accepted()],
    "supplement": [intake.SupplementSupplied(), accepted(), WITHDRAWN],
    "dispute_review": [GRANTED, dispatch.ReturnRefused(unit="U1"), *OVER],
    "visit": [evaluation.VisitCompleted(), dispatch.RedoOrdered(), ARCHIVED],
}
PAIRS = [(clock, end) for clock, ends in ENDS.items() for end in ends]


@pytest.mark.parametrize(
    ("clock", "end"), PAIRS, ids=[f"{c}-{e.DESCRIPTOR.name}" for c, e in PAIRS]
)
@pytest.mark.parametrize("city", SHIPPED)
def test_a_clock_is_ended_by(city: str, clock: str, end: Message) -> None:
    ticket = run((BEGINNINGS[clock], MONDAY), city=city)
    assert ticket.clock(clock).phase is Phase.RUNNING
    ticket.say(end, AT)
    assert ticket.clock(clock).phase is Phase.STOPPED
    assert ticket.clock(clock).stopped_at == AT
    assert ticket.misses() == []


@pytest.mark.parametrize("city", SHIPPED)
def test_what_does_not_end_a_clock_lets_it_run(city: str) -> None:
    ticket = run(
        (accepted(), MONDAY),
        (dispatched(), MONDAY),
        (dispatch.ProgressNoted(unit="U1"), AT),
        (dispatch.DispatchConfirmed(unit="U1"), AT),
        city=city,
    )
    running = [c.name for c in ticket.state.by_name.values() if c.phase is Phase.RUNNING]
    assert sorted(running) == ["contact", "promise", "resolve", "return"]


@pytest.mark.parametrize("wait", [timedelta(0), timedelta(days=1), timedelta(days=3)])
@pytest.mark.parametrize("city", SHIPPED)
def test_no_clock_of_a_withdrawn_ticket_runs_on(city: str, wait: timedelta) -> None:
    ticket = run((accepted(), MONDAY), (dispatched(), MONDAY), city=city)
    ticket.say(dispatch.ReturnRequested(unit="U1", number=2), AT)
    ticket.say(intake.TicketWithdrawn(), AT + wait)
    phases = {c.phase for c in ticket.state.by_name.values()}
    assert phases <= {Phase.STOPPED, Phase.CLOSED}
    assert ticket.alarms == {}


@pytest.mark.parametrize("message", [intake.TicketRefused(), intake.TicketReceived()])
def test_a_matter_that_is_not_accepted_has_no_clock(message: Message) -> None:
    assert run((message, MONDAY)).events == []


# The rules of single rows


def test_a_confirm_clock_starts_at_dispatch_never_at_the_click() -> None:
    ticket = run((dispatched(), MONDAY), (dispatch.DispatchConfirmed(unit="U1"), AT))
    clock = ticket.clock("confirm")
    assert (clock.started_at, clock.run) == (MONDAY, 1)
    assert clock.due_at == MONDAY + 2 * HOUR


def test_r27_the_queue_clock_starts_at_acceptance_however_late_it_was_read() -> None:
    ticket = Ticket()
    ticket.say(queued(MONDAY), MONDAY + HOUR)
    assert ticket.clock("queue").due_at == MONDAY + timedelta(minutes=30)


def test_r24_a_return_that_is_granted_ends_the_old_units_clocks_and_starts_the_next_units() -> None:
    ticket = run((accepted(), MONDAY), (dispatched("U1"), MONDAY))
    ticket.say(dispatch.ReturnRequested(unit="U1", number=1), AT)
    granted = MONDAY + 2 * HOUR + timedelta(days=1)
    ticket.say(dispatch.ReturnGranted(unit="U1", next_unit="U2"), granted)
    ticket.say(dispatched("U2", 2), granted)
    clocks = ticket.state.by_name
    unit = ("confirm", "return", "contact", "resolve")
    assert {(clocks[n].run, clocks[n].unit, clocks[n].started_at) for n in unit} == {
        (2, "U2", granted)
    }
    assert clocks["promise"].due_at == cn(3, 17)
    assert clocks["resolve"].due_at == cn(3, 18)
    assert sorted(ticket.alarms) == [
        "confirm/2",
        "contact/2",
        "promise/1",
        "resolve/2",
        "return/2",
    ]


def test_r24_a_forced_dispatch_has_no_return_window() -> None:
    ticket = run((dispatched(forced=True), MONDAY))
    assert sorted(ticket.state.by_name) == ["confirm", "contact", "resolve"]


def test_r24_a_return_that_is_refused_leaves_the_window_open_until_its_end() -> None:
    ticket = run((dispatched(), MONDAY), (dispatch.ReturnRequested(unit="U1", number=1), AT))
    ticket.say(dispatch.ReturnRefused(unit="U1"), AT + HOUR)
    assert ticket.clock("return").phase is Phase.RUNNING
    assert names(ticket.fire(cn(3, 11))) == ["return ReturnWindowClosed"]
    assert ticket.misses() == []


@pytest.mark.parametrize(("number", "clocks"), [(1, []), (2, ["dispute_review"])])
def test_r24_the_second_return_goes_to_dispute_review(number: int, clocks: list[str]) -> None:
    ticket = run((dispatch.ReturnRequested(unit="U1", number=number), MONDAY))
    assert list(ticket.state.by_name) == clocks


def test_r26_a_reply_that_is_approved_ended_the_clock_at_its_own_instant() -> None:
    replied = cn(3, 16, 23, 59, 59)
    ticket = run((dispatched(), MONDAY), (dispatch.CitizenContacted(), AT))
    ticket.say(dispatch.TicketReplied(unit="U1"), replied)
    assert "resolve DeadlineMissed" not in names(ticket.fire(cn(3, 20)))
    ticket.say(approved(replied), cn(3, 20))
    assert ticket.clock("resolve").stopped_at == replied
    assert ("resolve", 1) not in ticket.misses()


def test_r26_a_reply_that_is_sent_back_costs_the_unit_no_day_of_the_review() -> None:
    ticket = run((dispatched(), MONDAY))
    ticket.say(dispatch.TicketReplied(unit="U1"), cn(3, 11, 15))
    ticket.say(dispatch.ReplySentBack(unit="U1"), cn(3, 13, 10))
    assert ticket.clock("resolve").due_at == cn(3, 19)  # the 11th and the 12th do not count


def test_r21_a_reply_at_the_due_instant_is_late_though_it_is_approved() -> None:
    ticket = run((dispatched(), MONDAY), (dispatch.TicketReplied(unit="U1"), cn(3, 17)))
    ticket.say(approved(cn(3, 17)), cn(3, 17, 9))
    assert ("resolve", 1) in ticket.misses()


def test_a_redo_has_a_clock_of_its_own_and_resolve_is_not_started_again() -> None:
    ticket = run((dispatched(), MONDAY), (dispatch.TicketReplied(unit="U1"), AT))
    ticket.say(approved(AT), AT)
    before = ticket.clock("resolve")
    ticket.say(dispatch.RedoOrdered(unit="U1", number=1), cn(3, 10, 9))
    ticket.say(dispatch.TicketReplied(unit="U1"), cn(3, 11, 9))
    ticket.say(dispatch.ReplySentBack(unit="U1"), cn(3, 11, 17))
    ticket.say(dispatch.TicketReplied(unit="U1"), cn(3, 12, 9))
    ticket.say(approved(cn(3, 12, 9)), cn(3, 12, 10))
    assert ticket.clock("resolve") == before
    redo = ticket.clock("redo")
    assert (redo.phase, redo.stopped_at) == (Phase.STOPPED, cn(3, 12, 9))


def test_a_consultation_is_contacted_once_it_is_answered() -> None:
    replied = cn(3, 12, 23)
    asked = run((accepted("CONSULTATION"), MONDAY), (dispatched(), MONDAY))
    asked.say(dispatch.TicketReplied(unit="U1"), replied)
    asked.say(approved(replied), cn(3, 13, 9))
    assert asked.clock("contact").stopped_at == replied
    assert ("contact", 1) not in asked.misses()


def test_an_answer_alone_is_no_contact_for_a_complaint() -> None:
    complaint = run((accepted("COMPLAINT"), MONDAY), (dispatched(), MONDAY))
    complaint.say(dispatch.TicketReplied(unit="U1"), cn(3, 12, 23))
    complaint.fire(cn(3, 13))
    assert ("contact", 1) in complaint.misses()


def test_r23_nyc_takes_the_stated_limit_for_resolve_and_promise_also_where_it_is_longer() -> None:
    limit = datetime(2011, 4, 15, 17, 30, tzinfo=NEW_YORK)
    monday = datetime(2011, 3, 14, 9, tzinfo=NEW_YORK)
    ticket = run((accepted(stated_due_at=limit), monday), (dispatched("DOT"), monday), city="nyc")
    due = {name: c.due_at for name, c in ticket.state.by_name.items()}
    assert due["resolve"] == due["promise"] == limit
    assert due["contact"] == datetime(2011, 3, 18, tzinfo=NEW_YORK)
    ticket.say(dispatch.ReturnGranted(unit="DOT"), monday + HOUR)
    ticket.say(dispatched("DPR", 2), monday + HOUR)
    assert ticket.clock("resolve").due_at == limit


def test_r27_the_visit_counts_from_the_completion_however_late_it_was_scheduled() -> None:
    tuesday, friday = cn(3, 10, 1), cn(3, 13)
    visit = evaluation.VisitScheduled(unit="U1")
    put_datetime(visit.completed_at, MONDAY)
    clock = run((visit, tuesday)).clock("visit")
    assert (clock.started_at, clock.due_at) == (MONDAY, friday)


def test_a_visit_scheduled_before_its_completion_was_named_counts_from_its_own_time() -> None:
    tuesday = cn(3, 10, 1)
    clock = run((evaluation.VisitScheduled(unit="U1"), tuesday)).clock("visit")
    assert (clock.started_at, clock.due_at) == (tuesday, cn(3, 14))


def test_an_exhausted_visit_is_a_visit() -> None:
    ticket = run((evaluation.VisitScheduled(unit="U1"), MONDAY))
    ticket.say(evaluation.VisitAttempted(attempt=1), AT)
    assert ticket.clock("visit").phase is Phase.RUNNING
    ticket.say(evaluation.VisitCompleted(exhausted=True), AT)
    assert ticket.clock("visit").phase is Phase.STOPPED
