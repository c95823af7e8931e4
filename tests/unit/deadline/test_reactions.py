"""Clocks as policy: what the rows make of any service's fact, live and in an import."""

from __future__ import annotations

from datetime import timedelta

from google.protobuf.message import Message

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.domain.commands import (
    ExpireClock,
    PauseClock,
    ResumeClock,
    StartClock,
    StopClock,
)
from services.deadline.domain.events import ClockStarted
from services.deadline.domain.reactions import Happened, reactions
from services.deadline.domain.rulebook import always
from services.deadline.domain.ticket import Clocks
from services.kernel.codec import put_datetime
from services.kernel.decider import replace
from tests.unit.deadline.tickets import CITIES, Ticket, accepted, approved, cn, dispatched, names

MONDAY = cn(3, 9, 9)
HOUR = timedelta(hours=1)
LATER = MONDAY + HOUR
POLICY, CALENDAR = CITIES["sample"]
REACT = reactions(always(POLICY, CALENDAR))
DISPATCHED = Ticket()
DISPATCHED.say(dispatched(), MONDAY)


def happened(message: Message, import_id: str = "", **values: object) -> Happened:
    name = message.DESCRIPTOR.full_name
    return Happened(name, MONDAY, name.split(".")[1], "dispatch/T1/9", import_id, values)


def test_r27_an_act_counts_at_its_own_time_and_is_recorded_at_the_time_it_reached_us() -> None:
    confirmed = happened(dispatch.DispatchConfirmed())
    assert REACT(confirmed, DISPATCHED.state, LATER) == [
        StopClock(LATER, "confirm", MONDAY, confirmed.type, "dispatch/T1/9", MONDAY)
    ]


def test_r26_an_approval_counts_at_the_instant_of_the_reply() -> None:
    event = happened(dispatch.ReplyApproved(), replied_at=MONDAY - HOUR)
    assert REACT(event, DISPATCHED.state, LATER) == [
        StopClock(LATER, "resolve", MONDAY - HOUR, event.type, "dispatch/T1/9", MONDAY)
    ]


def test_r26_a_reply_pauses_the_clocks_under_review_and_sent_back_they_go_on() -> None:
    replied = REACT(happened(dispatch.TicketReplied()), DISPATCHED.state, LATER)
    assert replied == [
        PauseClock(LATER, "resolve", MONDAY, "under_review"),
        PauseClock(LATER, "redo", MONDAY, "under_review"),
    ]
    sent_back = REACT(happened(dispatch.ReplySentBack()), DISPATCHED.state, LATER)
    assert sent_back == [
        ResumeClock(LATER, "resolve", MONDAY),
        ResumeClock(LATER, "redo", MONDAY),
    ]


def test_r23_a_start_carries_unit_limit_and_kind_of_its_fact() -> None:
    limit = cn(4, 1)
    event = happened(accepted(), stated_due_at=limit, kind="consultation")
    start = StartClock(LATER, "promise", "", MONDAY, "dispatch/T1/9", limit, "consultation")
    assert REACT(event, Clocks(), LATER) == [replace(start, start_type=event.type)]


def test_a_fact_that_ends_and_starts_clocks_ends_first() -> None:
    commands = REACT(happened(dispatched(), forced=True, unit="U1"), queued_state(), LATER)
    assert [type(c) for c in commands] == [StopClock, StartClock, StartClock, StartClock]


def queued_state() -> Clocks:
    ticket = Ticket()
    ticket.say(dispatch.DispatchQueued(), MONDAY)
    return ticket.state


def test_a_fact_that_no_row_names_is_quiet() -> None:
    assert REACT(happened(dispatch.ProgressNoted()), DISPATCHED.state, LATER) == []


def test_a_fact_without_a_clock_to_end_is_quiet() -> None:
    assert Ticket().say(dispatch.DispatchConfirmed(), MONDAY) == []


def test_r24_a_condition_on_a_list_takes_any_of_its_values() -> None:
    event = happened(dispatch.ReturnRequested(), number=3, unit="U1")
    commands = REACT(event, Clocks(), LATER)
    assert [c.clock for c in commands if isinstance(c, StartClock)] == ["dispute_review"]


def test_the_kind_of_a_matter_is_remembered_by_a_fact_of_our_own() -> None:
    ticket = Ticket()
    [started] = ticket.say(accepted("CONSULTATION"), MONDAY)
    assert isinstance(started, ClockStarted)
    assert (started.kind, ticket.state.kind) == ("consultation", "consultation")
    ticket.say(dispatched(), MONDAY)
    assert ticket.state.kind == "consultation"


# Imports


def test_r27_an_imports_clock_that_one_service_ends_is_judged_before_its_later_fact() -> None:
    ticket = Ticket(import_id="history")
    ticket.say(intake.TicketDiverted(line="119"), MONDAY)
    due = ticket.clock("diversion_receipt").due_at
    event = happened(intake.TicketReceived(), "history")
    assert REACT(event, ticket.state, LATER) == []
    at_due = Happened(event.type, due, "intake", "intake/T1/2", "history", {})
    assert REACT(at_due, ticket.state, due) == [ExpireClock(due, "diversion_receipt", 1)]


def test_r27_facts_of_others_never_fire_an_imports_clock() -> None:
    ticket = Ticket(import_id="history")
    ticket.say(intake.TicketDiverted(line="119"), MONDAY)
    assert ticket.say(dispatch.ProgressNoted(), cn(3, 20)) == []
    ticket.say(dispatched(), MONDAY)  # intake may still withdraw it
    assert ticket.say(dispatch.ProgressNoted(), cn(3, 20)) == []


def test_r27_a_live_clock_waits_for_proven_silence() -> None:
    ticket = Ticket()
    ticket.say(intake.TicketDiverted(line="119"), MONDAY)
    due = ticket.clock("diversion_receipt").due_at
    at_due = Happened("hotline.intake.v1.TicketReceived", due, "intake", "intake/T1/2", "", {})
    assert REACT(at_due, ticket.state, due) == []


def test_r27_in_an_import_a_late_act_is_a_miss_with_the_due_instant() -> None:
    ticket = Ticket(import_id="history")
    ticket.say(dispatched(), MONDAY)
    events = ticket.say(dispatch.DispatchConfirmed(), MONDAY + 3 * HOUR)
    assert names(events) == ["confirm DeadlineMissed", "confirm ClockStopped"]
    assert [e.at for e in events] == [MONDAY + 2 * HOUR, MONDAY + 3 * HOUR]


def test_r27_the_frontier_of_an_import_is_no_act_of_any_ticket() -> None:
    message = intake.HistoryClosed(import_id="history", final=True)
    put_datetime(message.until, MONDAY)
    assert not Ticket().codec.knows(message.DESCRIPTOR.full_name)


def test_r26_a_reply_approved_in_the_same_breath_as_completed_ends_both_clocks_once() -> None:
    ticket = Ticket()
    ticket.say(accepted(), MONDAY)
    ticket.say(dispatched(), MONDAY)
    ticket.say(dispatch.TicketReplied(), LATER)
    ended = ticket.say(approved(LATER), LATER + HOUR)
    ended += ticket.say(dispatch.TicketCompleted(), LATER + HOUR)
    assert names(ended) == [
        "resolve ClockStopped",
        "return ClockStopped",
        "contact ClockStopped",
        "promise ClockStopped",
    ]
