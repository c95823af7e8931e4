"""Intake on the real broker and store: what happens to a matter that was not accepted at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.intake.v1 import commands_pb2, events_pb2
from services.kernel.cloudevents import to_record
from services.kernel.facts import Fact
from services.kernel.names import TICKETS, topic_of
from services.kernel.personal import FieldCipher
from services.kernel.security import Role
from tests.integration.intake.hall import Hall, problem
from tests.unit.datasync.tickets import Topic


async def said(hall: Hall, ticket: str, *names: str) -> list[Fact]:
    """The ticket's facts of intake, once these have come, in this order."""

    def all_there(found: list[Fact]) -> bool:
        return len([f for f in found if f.source == "intake" and f.ticket == ticket]) >= len(names)

    found = await hall.loop.facts(all_there)
    ours = [f for f in found if f.source == "intake" and f.ticket == ticket]
    assert [f.type.rpartition(".")[2] for f in ours] == list(names)
    return ours


async def missed(hall: Hall, ticket: str, clock: str, run: int = 1) -> None:
    """Deadline's fact that the clock ran out."""
    topic = Topic()
    message = deadline.DeadlineMissed(clock=clock, run=run)
    fact = topic.say(ticket, message, datetime.now(UTC))
    await hall.loop.bus().publish([to_record(fact, topic_of(hall.loop.namespace, TICKETS))])


async def act(hall: Hall, told: dict[str, Any], verb: str, role: Role, **body: Any) -> Any:
    return await hall.post(f"tickets/{told['ticket']}/{verb}", body, role)


async def test_r18_what_is_missing_is_asked_supplied_sealed_and_goes_on(hall: Hall) -> None:
    """R18."""
    told = await hall.submit(address="", facts={"missing": ["address"]})
    assert told["state"] == "supplement_asked"
    assert told["supplement"]["missing"] == ["address"]
    assert (told["supplement"]["rule"], told["supplement"]["number"]) == ("R18", 8)
    body = {"elements": ["address"], "address": "Renmin Road 7"}
    wrong = await act(hall, told, "supply", Role.CHANNEL, code="wrong", **body)
    assert problem(wrong)[:2] == (404, "/problems/unknown-ticket")
    assert (
        await act(hall, told, "supply", Role.UNIT, code=told["code"], **body)
    ).status_code == 403
    empty = await act(hall, told, "supply", Role.CHANNEL, code=told["code"], elements=[])
    assert empty.status_code == 422
    done = await act(hall, told, "supply", Role.CHANNEL, code=told["code"], **body)
    assert (done.status_code, done.json()["state"]) == (200, "accepted")
    again = await act(hall, told, "supply", Role.CHANNEL, code=told["code"], **body)
    assert (again.status_code, again.json()["facts"]) == (200, [])
    facts = await said(
        hall, told["ticket"],
        "TicketReceived", "SupplementAsked", "SupplementSupplied", "TicketAccepted",
    )  # fmt: skip
    supplied = events_pb2.SupplementSupplied.FromString(facts[2].data)
    assert b"Renmin" not in facts[2].data
    keys = await hall.vault.keys([supplied.person_id])
    key = keys[supplied.person_id]
    cipher = FieldCipher(key, told["ticket"], "address")
    assert cipher.decrypt(supplied.address) == b"Renmin Road 7"


async def test_r18_what_is_not_supplied_in_time_is_refused_by_rule(hall: Hall) -> None:
    """R18: deadline's clock says so, once."""
    told = await hall.submit(facts={"missing": ["time"]})
    await missed(hall, told["ticket"], "supplement")
    await said(hall, told["ticket"], "TicketReceived", "SupplementAsked", "TicketRefused")
    state = (await hall.state(told["ticket"], told["code"])).json()
    assert (state["state"], state["refusal"]["rule"]) == ("refused", "R18")


async def test_r11_an_unacknowledged_emergency_is_diverted_again_and_may_come_back(
    hall: Hall,
) -> None:
    """R11."""
    told = await hall.submit(facts={"emergency_ongoing": True, "emergency_line": "119"})
    await missed(hall, told["ticket"], "diversion_receipt")
    facts = await said(
        hall, told["ticket"], "TicketReceived", "TicketDiverted", "DiversionRepeated"
    )
    assert events_pb2.DiversionRepeated.FromString(facts[2].data).attempt == 2
    receipt = told["diversion"]["receipt"]
    wrong = await act(hall, told, "hand-back", Role.CHANNEL, receipt="x", reason="no fire")
    assert problem(wrong) == (409, "/problems/not-diverted", "R11")
    back = await act(hall, told, "hand-back", Role.CHANNEL, receipt=receipt, reason="no fire")
    assert (back.status_code, back.json()["state"]) == (200, "accepted")
    assert "diversion" not in back.json()


async def test_r10_to_r20_a_refusal_is_objected_to_once_and_reviewed_by_a_second_person(
    hall: Hall,
) -> None:
    told = await hall.submit(facts={"organ": "court"})
    early = await act(hall, told, "review-objection", Role.SUPERVISOR, uphold=True, reason="so")
    assert problem(early)[:2] == (409, "/problems/no-objection")
    objection = {"code": told["code"], "reason": "It is the city's own tree."}
    raised = await act(hall, told, "object", Role.CHANNEL, **objection)
    assert (raised.json()["state"], raised.json()["objection"]) == ("refused", "raised")
    staff = await act(hall, told, "review-objection", Role.STAFF, uphold=True, reason="so")
    assert staff.status_code == 403
    done = await act(hall, told, "review-objection", Role.SUPERVISOR, uphold=True, reason="so")
    assert (done.status_code, done.json()["state"]) == (200, "accepted")
    facts = await said(
        hall, told["ticket"],
        "TicketReceived", "TicketRefused", "RefusalObjected", "ObjectionReviewed",
        "TicketAccepted",
    )  # fmt: skip
    assert events_pb2.ObjectionReviewed.FromString(facts[3].data).reviewer == "supervisor"
    again = await act(hall, told, "object", Role.CHANNEL, **objection)
    assert problem(again)[:2] == (409, "/problems/objected-already")


async def test_r5_to_r20_an_operators_override_stands_on_record_by_name(hall: Hall) -> None:
    told = await hall.submit(facts={"duty": "other_city"})
    channel = await act(hall, told, "override", Role.CHANNEL, reason="ours")
    assert channel.status_code == 403
    silent = await act(hall, told, "override", Role.STAFF, reason=" ")
    assert problem(silent)[:2] == (422, "/problems/no-reason")
    done = await act(hall, told, "override", Role.STAFF, reason="ours")
    assert (done.status_code, done.json()["state"]) == (200, "accepted")
    facts = await said(
        hall, told["ticket"],
        "TicketReceived", "TicketRefused", "DecisionOverridden", "TicketAccepted",
    )  # fmt: skip
    overridden = events_pb2.DecisionOverridden.FromString(facts[2].data)
    assert (overridden.rule, overridden.operator, overridden.reason) == ("R10", "staff", "ours")


async def test_r5_r9_transfer_and_answer_at_once_are_told_with_their_rule(hall: Hall) -> None:
    """R9, R5."""
    moved = await hall.submit(facts={"sub_centre": "12366"})
    assert (moved["state"], moved["transfer"]["line"]) == ("transferred", "12366")
    answered = await hall.submit(kind="consultation", facts={"kb_answer": "KB-1"})
    assert (answered["state"], answered["answer"]["article"]) == ("answered", "KB-1")
    on = await act(hall, answered, "report-unhelpful", Role.CHANNEL, code=answered["code"])
    assert (on.status_code, on.json()["state"]) == (200, "accepted")


async def test_the_same_commands_come_by_kafka(hall: Hall) -> None:
    told = await hall.submit(facts={"organ": "court"})
    message = commands_pb2.ObjectToRefusal(code=told["code"], reason="Not a court's.")
    await hall.command("channel", told["ticket"], message, "c-1")
    (reply,) = await hall.replies("channel", 1)
    answer = orjson.loads(reply.body)
    assert (reply.status, answer["facts"]) == (200, ["RefusalObjected"])
    override = commands_pb2.OverrideDecision(reason="mine")
    await hall.command("channel", told["ticket"], override, "c-2")
    _, refused = await hall.replies("channel", 2)
    assert refused.status == 403
