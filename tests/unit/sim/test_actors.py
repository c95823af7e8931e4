"""Simulated people: what they do about a fact."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from hotline.dispatch.v1 import commands_pb2, events_pb2
from hotline.evaluation.v1.events_pb2 import VisitCompleted, VisitScheduled
from hotline.sim.actors import Act, People, Seen, follow

AT_ONCE = People(pace=0.0, content=True)


def seen(message: Message, *, imported: bool = False, ticket: str = "20260302-0000001-5") -> Seen:
    name = message.DESCRIPTOR.name
    return Seen(name, f"source/{ticket}/{name}", ticket, message.SerializeToString(), imported)


DISPATCHED = seen(events_pb2.TicketDispatched(unit="DOT"))


def names(acts: list[Act]) -> list[str]:
    return [type(act.message).__name__ for act in acts]


def test_a_dispatched_ticket_is_confirmed_contacted_and_replied_by_its_unit() -> None:
    acts = follow(DISPATCHED, AT_ONCE)
    assert names(acts) == ["ConfirmDispatch", "RecordContact", "ReplyTicket"]
    assert {act.sender for act in acts} == {"unit-dot"}


def test_the_desk_approves_every_reply() -> None:
    [act] = follow(seen(events_pb2.TicketReplied(unit="DOT")), AT_ONCE)
    assert (act.sender, type(act.message)) == ("desk", commands_pb2.ApproveReply)


def test_a_citizen_is_visited_and_answers() -> None:
    [act] = follow(seen(VisitScheduled(unit="DOT", round=1)), AT_ONCE)
    answer = act.message
    assert (answer.contacted, answer.solved, answer.satisfied) == (True, True, True)  # type: ignore[attr-defined]
    assert answer.generated  # type: ignore[attr-defined]


def test_a_redo_is_replied_to_again() -> None:
    assert names(follow(seen(events_pb2.RedoOrdered(unit="DOT")), AT_ONCE)) == ["ReplyTicket"]


def test_what_is_not_mended_after_the_second_visit_is_archived_by_the_desk() -> None:
    assert follow(seen(VisitCompleted(round=1)), AT_ONCE) == []
    assert follow(seen(VisitCompleted(round=2, solved=True, satisfied=True)), AT_ONCE) == []
    assert names(follow(seen(VisitCompleted(round=2, solved=True)), AT_ONCE)) == ["ArchiveTicket"]


def test_imported_facts_are_nobodys_business() -> None:
    assert follow(seen(events_pb2.TicketDispatched(unit="DOT"), imported=True), AT_ONCE) == []


def test_facts_that_ask_for_nothing_are_left_alone() -> None:
    assert follow(seen(events_pb2.TicketArchived()), AT_ONCE) == []


def test_people_take_their_time_and_never_act_out_of_order() -> None:
    for number in range(50):
        fact = seen(events_pb2.TicketDispatched(unit="DOT"), ticket=f"t{number}")
        confirm, contact, reply = (act.delay_s for act in follow(fact, People()))
        assert 2 <= confirm < contact < reply <= 105


def test_the_same_fact_is_followed_in_the_same_way_twice() -> None:
    assert follow(DISPATCHED, People()) == follow(DISPATCHED, People())
    ids = {act.command_id(DISPATCHED) for act in follow(DISPATCHED, People())}
    assert len(ids) == 3


def test_a_pace_stretches_every_delay() -> None:
    slow, fast = follow(DISPATCHED, People(pace=10.0)), follow(DISPATCHED, People(pace=1.0))
    for one, other in zip(slow, fast, strict=True):
        assert one.delay_s == pytest.approx(10.0 * other.delay_s)


def test_some_citizens_are_not_content() -> None:
    visits = [seen(VisitScheduled(round=1), ticket=f"t{n}") for n in range(200)]
    answers = [follow(visit, People())[0].message for visit in visits]
    unhappy = sum(not a.satisfied for a in answers)  # type: ignore[attr-defined]
    assert 10 <= unhappy <= 60
