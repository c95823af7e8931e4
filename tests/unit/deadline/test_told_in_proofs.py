"""R27: the proof of a live clock names what started it, what really ended it, and the documents."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest
from google.protobuf.message import Message

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters import registry
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.lives import ACTS, line_of
from services.deadline.adapters.proof import differences, prove
from services.deadline.adapters.proof_page import FACTS, page
from services.deadline.domain.desk import RequestExtension
from services.deadline.domain.events import ClockStarted, ClockStopped, MissWithdrawn
from services.kernel.decider import replace
from tests.unit.deadline.questions import event, line
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import Ticket, accepted, approved, cn, dispatched, queued

SAMPLE = City.of("sample")
DISPATCH, INTAKE = "hotline.dispatch.v1", "hotline.intake.v1"


def proof(ticket: Ticket, clock: str = "resolve") -> Any:
    asked, _ = line_of(clock, ticket.events, SAMPLE)
    assert asked is not None
    made = orjson.loads(orjson.dumps(prove(asked, SAMPLE)))
    assert differences(made) == []
    return made


def ends(made: Any) -> list[tuple[str, str]]:
    """(type, type of the fact) of what ended it."""
    facts = [(e["type"], e.get("fact", {}).get("type", "")) for e in made["events"]]
    return [(type_, fact) for type_, fact in facts if fact or type_ == "ended"]


def test_r27_the_start_fact_stands_in_the_proof() -> None:
    desk = Desk()
    start = next(e for e in desk.events if isinstance(e, ClockStarted) and e.clock == "resolve")
    made = proof(desk)
    assert start.start_event
    assert made["start_fact"] == {"type": f"{DISPATCH}.TicketDispatched", "id": start.start_event}
    assert f"派单 dispatched [{start.start_event}]" in page(made).splitlines()[2]
    assert proof(desk, "promise")["start_fact"]["type"] == f"{INTAKE}.TicketAccepted"


@pytest.mark.parametrize(
    ("fact", "clock", "told", "words"),
    [
        (dispatch.ReturnGranted(unit="U1"), "resolve", "return_granted", "同意退单 return granted"),
        (intake.TicketWithdrawn(), "resolve", "ended", "诉求人撤回 withdrawn by the citizen"),
        (intake.TicketWithdrawn(), "promise", "ended", "诉求人撤回 withdrawn by the citizen"),
        (approved(cn(3, 10, 9)), "resolve", "completed", "回复经审核 reply approved"),
        (dispatch.TicketCompleted(unit="U1"), "promise", "completed", "办结 completed"),
        (dispatch.TicketArchived(), "resolve", "ended", "归档 archived"),
        (dispatch.DispatchConfirmed(unit="U1"), "confirm", "confirmed", "签收 confirmed"),
        (dispatch.ReturnRequested(unit="U1"), "confirm", "return_asked", "申请退单 return asked"),
        (dispatch.TicketCompleted(unit="U1"), "contact", "ended", "办结 completed"),
    ],
)
def test_r27_a_stop_is_told_as_the_act_that_it_was(
    fact: Message, clock: str, told: str, words: str
) -> None:
    desk = Desk()
    desk.say(fact, cn(3, 9, 10, 30))
    made = proof(desk, clock)
    assert ends(made) == [(told, fact.DESCRIPTOR.full_name)]
    assert words in page(made)
    stop = next(e for e in desk.events if isinstance(e, ClockStopped) and e.clock == clock)
    assert made["events"][-1]["fact"]["id"] == stop.end_event
    assert made.get("late") is (None if told == "return_granted" else False)


def test_r27_the_queue_ends_by_the_dispatch() -> None:
    ticket = Ticket()
    ticket.say(accepted(), cn(3, 9, 9))
    ticket.say(queued(cn(3, 9, 9)), cn(3, 9, 9, 1))
    ticket.say(dispatched(), cn(3, 9, 9, 20))
    assert ends(proof(ticket, "queue")) == [("dispatched", f"{DISPATCH}.TicketDispatched")]


def test_r27_a_visit_ends_by_the_visit_or_by_the_redo() -> None:
    for fact, told in (
        (evaluation.VisitCompleted(), "visited"),
        (dispatch.RedoOrdered(unit="U1"), "ended"),
    ):
        ticket = Desk()
        ticket.say(evaluation.VisitScheduled(), cn(3, 10, 9))
        ticket.say(fact, cn(3, 11, 9))
        assert ends(proof(ticket, "visit")) == [(told, fact.DESCRIPTOR.full_name)]


def test_r27_an_end_that_is_judged_again_is_told_once() -> None:
    desk = Desk()
    desk.say(intake.TicketWithdrawn(), cn(3, 12, 9))
    desk.say(dispatch.TicketReplied(unit="U1"), cn(3, 11, 9), reached=cn(3, 12, 10))
    stops = [e for e in desk.events if isinstance(e, ClockStopped) and e.clock == "resolve"]
    assert len(stops) == 2
    assert ends(proof(desk)) == [("ended", f"{INTAKE}.TicketWithdrawn")]


def test_r27_an_earlier_end_that_was_heard_late_clears_the_proof_of_the_miss() -> None:
    desk = Desk()
    desk.fire(cn(3, 17))
    desk.say(intake.TicketWithdrawn(), cn(3, 18, 9))
    assert proof(desk)["late"] is True
    desk.say(approved(cn(3, 16, 9)), cn(3, 16, 10), reached=cn(3, 18, 10))
    assert any(isinstance(e, MissWithdrawn) and e.clock == "resolve" for e in desk.events)
    assert proof(desk)["late"] is False


def test_r22_the_document_of_an_application_stands_in_the_proof() -> None:
    desk = Desk()
    desk.do(RequestExtension(cn(3, 10, 9), "U1", "resolve", 2, "road works", "Letter 5"))
    made = proof(desk)
    [said] = [e for e in made["events"] if e["type"] == "extension_asked"]
    assert said["document"] == "Letter 5"
    assert "文件 document Letter 5" in page(made)


def test_r27_facts_of_long_ago_are_proven_as_they_were_then() -> None:
    desk = Desk()
    desk.say(intake.TicketWithdrawn(), cn(3, 12, 9))
    empty = {"start_type": "", "end_type": "", "end_event": ""}
    old = [{k: v for k, v in empty.items() if hasattr(fact, k)} for fact in desk.events]
    facts: list[Any] = list(desk.events)
    desk.events = [replace(fact, **fields) for fact, fields in zip(facts, old, strict=True)]
    assert [e["type"] for e in proof(desk)["events"]] == ["completed"]


def test_r27_an_old_proof_without_facts_still_holds() -> None:
    old = orjson.loads(
        orjson.dumps(prove(line("resolve", event("completed", "03-12T09:00")), SAMPLE))
    )
    assert "start_fact" not in old
    assert differences(old) == []
    assert "开始 started 2026-03-09 10:00+08:00\n" in page(old)


def test_r27_every_fact_that_starts_or_ends_a_shipped_clock_has_words() -> None:
    named: set[str] = set(ACTS)
    for name in registry.cities():
        for row in City.of(name).policy.rows.values():
            named |= {trigger.type for trigger in (*row.starts, *row.ends)}
    assert named <= FACTS.keys()


def two_units(law: int = 0) -> Ticket:
    """Accepted on the 9th, dispatched the next day; on the 13th the second unit gets it."""
    ticket = Ticket()
    message = accepted()
    message.statutory_days = law  # type: ignore[attr-defined]
    ticket.say(message, cn(3, 9, 10))
    ticket.say(dispatched("U1"), cn(3, 10, 9))
    ticket.say(dispatch.ReturnRequested(unit="U1"), cn(3, 10, 11))
    ticket.say(dispatch.ReturnGranted(unit="U1"), cn(3, 11, 9))
    ticket.say(dispatched("U2", 2), cn(3, 13, 9))
    return ticket


@pytest.mark.parametrize(("law", "promised"), [(0, "2026-03-17"), (3, "2026-03-13")])
def test_r24_the_next_units_proof_says_what_the_citizen_was_promised_at_the_acceptance(
    law: int, promised: str
) -> None:
    ticket = two_units(law)
    made = proof(ticket)
    assert made["start"] == cn(3, 13, 9).isoformat()
    assert made["promised_due_at"] == f"{promised}T00:00:00+08:00"
    assert made["promised_due_at"] == proof(ticket, "promise")["due_at"]
    assert "自受理起 counted from the acceptance 2026-03-09 10:00+08:00" in page(made)


def test_r27_a_later_notice_leaves_the_promise_in_the_next_units_proof() -> None:
    ticket = two_units()
    before = proof(ticket)["promised_due_at"]
    closed = {date(2026, 3, day): False for day in (13, 16)}
    later = City(SAMPLE.policy, SAMPLE.calendar.with_notice(closed, notice="N"))
    asked, _ = line_of("resolve", ticket.events, later)
    assert asked is not None
    made = orjson.loads(orjson.dumps(prove(asked, later)))
    assert made["promised_due_at"] == before
    assert differences(made) == []
    assert differences({**made, "promised_due_at": made["due_at"]}) == ["promised_due_at"]


def test_r27_the_first_units_proof_counts_the_promise_from_the_acceptance_too() -> None:
    ticket = Ticket()
    ticket.say(accepted(), cn(3, 9, 10))
    ticket.say(queued(cn(3, 9, 10)), cn(3, 9, 10))
    ticket.say(dispatched("U1"), cn(3, 11, 9))
    made = proof(ticket)
    assert (made["promised_due_at"][:10], made["due_at"][:10]) == ("2026-03-17", "2026-03-19")
