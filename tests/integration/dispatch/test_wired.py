"""Dispatch under the kernel, over HTTP and once by Kafka: on the twins, then on the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from copy import deepcopy

import pytest
import pytest_asyncio

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.dispatch.v1 import commands_pb2, events_pb2
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import events_pb2 as intake
from services.dispatch.adapters.registry import document
from services.kernel.facts import Fact
from services.kernel.security import undeclared_routes
from tests.support.directories import Office
from tests.support.loops import wait_until
from tests.support.site import Site, loop_of, problem, site

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPLY = {
    "is_true": True, "our_duty": True, "contacted": True, "solved": True,
    "public_answer": "Filled.", "internal_note": "Crew 7.",
}  # fmt: skip
TRANSPORT, MARKET = "unit:transport", "unit:market"


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["twin", "real"])
async def dispatch(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """One process for all tests; each has its own tickets."""
    run_dir, office = tmp_path_factory.mktemp("run"), Office.of("sample")
    async with (
        loop_of(request) as loop,
        site(loop, office.service, office.app, run_dir) as made,
    ):
        yield made


def accepted(category: str = "traffic/road", about_unit: str = "") -> intake.TicketAccepted:
    return intake.TicketAccepted(category=category, area="yingzhou", about_unit=about_unit)


async def completed(dispatch: Site, ticket: str) -> None:
    await dispatch.say(ticket, accepted())
    await dispatch.done(f"{ticket}/reply", REPLY, TRANSPORT)
    await dispatch.done(f"{ticket}/approve", {}, "staff")


def names(facts: list[Fact]) -> list[str]:
    return [fact.type.rpartition(".")[2] for fact in facts]


async def test_a_ticket_goes_from_the_directory_to_the_archive(dispatch: Site) -> None:
    await dispatch.say("A-1", accepted())
    assert await dispatch.done("A-1/confirm", {}, TRANSPORT) == ["DispatchConfirmed"]
    assert await dispatch.done("A-1/contact", {"note": "called"}, TRANSPORT) == ["CitizenContacted"]
    assert await dispatch.done("A-1/note", {"note": "measured"}, TRANSPORT) == ["ProgressNoted"]
    assert await dispatch.done("A-1/reply", REPLY, TRANSPORT) == ["TicketReplied"]
    sent_back = await dispatch.done("A-1/send-back", {"reason": "no photo"}, "staff")
    assert sent_back == ["ReplySentBack"]
    assert await dispatch.done("A-1/reply", REPLY, TRANSPORT) == ["TicketReplied"]
    approved = await dispatch.done("A-1/approve", {}, "staff")
    assert approved == ["ReplyApproved", "TicketCompleted"]
    ordered = await dispatch.done("A-1/order-redo", {"reason": "again"}, "supervisor")
    assert ordered == ["RedoOrdered"]
    assert await dispatch.done("A-1/reply", REPLY, TRANSPORT) == ["TicketReplied"]
    await dispatch.done("A-1/approve", {}, "staff")
    archived = await dispatch.done("A-1/archive", {"reason": "reviewed"}, "supervisor")
    assert archived == ["TicketArchived"]
    on_the_topic = await dispatch.loop.facts(
        lambda found: any(f.ticket == "A-1" and f.type.endswith("Archived") for f in found)
    )
    mine = [f for f in on_the_topic if f.ticket == "A-1" and f.source == "dispatch"]
    assert names(mine) == names(await dispatch.facts("A-1"))
    assert [f.version for f in mine] == list(range(1, 15))
    assert mine[0].causation == "intake/A-1/1"
    assert [f.by for f in mine[1:3]] == ["unit-transport", "unit-transport"]
    assert {f.stage for f in mine} == {"dispatch", "handling", "reply", "completion"}


async def test_an_answer_names_ticket_version_facts_and_position(dispatch: Site) -> None:
    await dispatch.say("B-1", accepted())
    answer = await dispatch.post("B-1/contact", {"note": "called"}, TRANSPORT)
    assert answer.json() == {
        "ticket": "B-1", "version": 3, "facts": ["DispatchConfirmed", "CitizenContacted"],
    }  # fmt: skip
    assert answer.headers["ETag"] == '"3"'
    last = (await dispatch.facts("B-1"))[-1]
    assert answer.headers["Hotline-Position"] == f"dispatch/{last.bucket}/{last.position}"


async def test_what_is_done_already_is_answered_without_a_fact(dispatch: Site) -> None:
    await dispatch.say("B-2", accepted())
    await dispatch.done("B-2/confirm", {}, TRANSPORT)
    assert await dispatch.done("B-2/confirm", {}, TRANSPORT) == []
    assert len(await dispatch.facts("B-2")) == 2


async def test_the_same_key_gets_the_same_answer_and_no_second_fact(dispatch: Site) -> None:
    await dispatch.say("B-3", accepted())
    one, two = [
        await dispatch.post("B-3/note", {"note": "measured"}, TRANSPORT, key="once")
        for _ in range(2)
    ]
    assert (one.content, one.headers["ETag"]) == (two.content, two.headers["ETag"])
    other = await dispatch.post("B-3/note", {"note": "filled"}, TRANSPORT, key="once")
    assert problem(other)[:2] == (422, "command-id-reused")
    assert names(await dispatch.facts("B-3")) == ["TicketDispatched", "ProgressNoted"]


async def test_a_command_on_another_version_than_was_read_is_not_carried_out(
    dispatch: Site,
) -> None:
    await dispatch.say("C-1", accepted())
    read = (await dispatch.post("C-1/confirm", {}, TRANSPORT)).headers["ETag"]
    await dispatch.done("C-1/note", {"note": "measured"}, TRANSPORT)
    stale = await dispatch.post("C-1/reply", REPLY, TRANSPORT, if_match=read)
    assert problem(stale)[:2] == (412, "version-mismatch")
    fresh = await dispatch.post("C-1/reply", REPLY, TRANSPORT, if_match='"3"')
    assert (fresh.status_code, fresh.headers["ETag"]) == (200, '"4"')


@pytest.mark.parametrize(
    ("verb", "body", "caller", "slug", "rule"),
    [
        ("dispatch", {"to_unit": "market"}, "staff", "not-waiting", "R4"),
        ("grant-return", {}, "staff", "nothing-to-rule", "R24"),
        ("refuse-return", {"reason": "no"}, "staff", "nothing-to-rule", "R24"),
        ("send-back", {"reason": "no"}, "staff", "no-reply", "R26"),
        ("approve", {}, "staff", "no-reply", "R26"),
        ("order-redo", {"reason": "no"}, "supervisor", "not-completed", "R29"),
        ("archive", {"reason": "no"}, "supervisor", "not-completed", "R29"),
    ],
)
async def test_a_command_in_the_wrong_state_is_refused_with_its_rule(
    dispatch: Site, verb: str, body: dict, caller: str, slug: str, rule: str
) -> None:
    await dispatch.say(f"D-{verb}", accepted())
    answer = await dispatch.post(f"D-{verb}/{verb}", body, caller)
    assert problem(answer) == (409, slug, rule)
    assert len(await dispatch.facts(f"D-{verb}")) == 1


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("contact", {}),
        ("note", {"note": "measured"}),
        ("request-return", {"reason": "not ours"}),
        ("reply", REPLY),
    ],
)
async def test_a_completed_ticket_is_not_handled_any_more(
    dispatch: Site, verb: str, body: dict
) -> None:
    await completed(dispatch, f"E-{verb}")
    answer = await dispatch.post(f"E-{verb}/{verb}", body, TRANSPORT)
    assert problem(answer) == (409, "not-at-unit", "R4")


async def test_a_unit_acts_for_itself_and_only_on_its_tickets(dispatch: Site) -> None:
    await dispatch.say("F-1", accepted())
    for verb, body in (("confirm", {}), ("note", {"note": "x"}), ("reply", REPLY)):
        answer = await dispatch.post(f"F-1/{verb}", body, MARKET)
        assert problem(answer) == (403, "not-your-ticket", "R35")
    approved = await dispatch.post("F-1/approve", {}, TRANSPORT)
    assert problem(approved)[:2] == (403, "role-missing")
    reviewed = await dispatch.post("F-1/archive", {"reason": "done"}, "staff")
    assert problem(reviewed)[:2] == (403, "role-missing")


async def test_an_unknown_ticket_is_not_found(dispatch: Site) -> None:
    assert problem(await dispatch.post("nobody/approve", {}, "staff"))[:2] == (
        404, "unknown-ticket",
    )  # fmt: skip
    assert await dispatch.facts("nobody") == []


async def test_a_body_with_an_unknown_field_is_refused(dispatch: Site) -> None:
    await dispatch.say("F-2", accepted())
    answer = await dispatch.post("F-2/confirm", {"unit": "market"}, TRANSPORT)
    assert answer.status_code == 422
    assert await dispatch.done("F-2/confirm", {}, TRANSPORT) == ["DispatchConfirmed"]


async def test_a_complaint_about_the_unit_waits_and_never_goes_there(dispatch: Site) -> None:
    await dispatch.say("G-1", accepted(about_unit="transport"))
    refused = await dispatch.post("G-1/dispatch", {"to_unit": "transport"}, "staff")
    assert problem(refused) == (409, "about-that-unit", "R2")
    sent = await dispatch.done(
        "G-1/dispatch", {"to_unit": "market", "co_handlers": ["health"]}, "staff"
    )
    assert sent == ["TicketDispatched"]
    assert await dispatch.done("G-1/note", {"note": "seen"}, "unit:health") == ["ProgressNoted"]


async def test_returns_are_ruled_and_the_second_by_dispute_review(dispatch: Site) -> None:
    ours = {"reason": "not ours", "suggested_unit": "market"}
    await dispatch.say("H-1", accepted())
    assert await dispatch.done("H-1/request-return", ours, TRANSPORT) == ["ReturnRequested"]
    assert await dispatch.done("H-1/refuse-return", {"reason": "it is"}, "staff") == [
        "ReturnRefused"
    ]
    assert await dispatch.done("H-1/request-return", ours, TRANSPORT) == ["ReturnRequested"]
    ruled = await dispatch.done("H-1/grant-return", {"to_unit": "transport"}, "staff")
    assert ruled == ["ReturnGranted", "TicketDispatched"]
    forced = events_pb2.TicketDispatched.FromString((await dispatch.facts("H-1"))[-1].data)
    assert (forced.unit, forced.forced, forced.round) == ("transport", True, 2)
    third = await dispatch.post("H-1/request-return", ours, TRANSPORT)
    assert problem(third) == (409, "return-not-allowed", "R24")


async def test_a_return_after_the_window_that_deadline_closed_is_refused(dispatch: Site) -> None:
    await dispatch.say("H-2", accepted(), deadline.ReturnWindowClosed(unit="transport", run=1))
    late = await dispatch.post("H-2/request-return", {"reason": "not ours"}, TRANSPORT)
    assert problem(late) == (409, "return-too-late", "R24")


async def test_a_visit_orders_the_redo_once_and_then_a_supervisor_decides(dispatch: Site) -> None:
    await completed(dispatch, "I-1")
    await dispatch.say("I-1", evaluation.VisitCompleted(unit="transport", round=1, solved=False))
    await dispatch.done("I-1/reply", REPLY, TRANSPORT)
    await dispatch.done("I-1/approve", {}, "staff")
    await dispatch.say("I-1", evaluation.VisitCompleted(unit="transport", round=2, solved=False))
    again = await dispatch.done("I-1/order-redo", {"reason": "still open"}, "supervisor")
    assert again == ["RedoOrdered"]
    orders = [f for f in await dispatch.facts("I-1") if f.type.endswith("RedoOrdered")]
    read = [events_pb2.RedoOrdered.FromString(f.data).number for f in orders]
    assert (read, [f.by for f in orders]) == ([1, 2], ["", "supervisor"])
    assert orders[0].causation == "evaluation/I-1/1"


async def test_a_visit_that_found_it_solved_archives_the_ticket(dispatch: Site) -> None:
    await completed(dispatch, "I-2")
    happy = evaluation.VisitCompleted(unit="transport", round=1, solved=True, satisfied=True)
    await dispatch.say("I-2", happy)
    late = await dispatch.post("I-2/order-redo", {"reason": "no"}, "supervisor")
    assert problem(late) == (409, "not-completed", "R29")
    assert names(await dispatch.facts("I-2"))[-1] == "TicketArchived"


async def test_a_withdrawn_ticket_is_archived(dispatch: Site) -> None:
    await dispatch.say("I-3", accepted(), intake.TicketWithdrawn())
    late = await dispatch.post("I-3/reply", REPLY, TRANSPORT)
    assert problem(late) == (409, "not-at-unit", "R4")


async def test_a_command_by_kafka_is_decided_by_the_same_rules(dispatch: Site) -> None:
    await dispatch.say("K-1", accepted())
    await dispatch.done("K-1/reply", REPLY, TRANSPORT)
    done = await dispatch.send("K-1", commands_pb2.ApproveReply())
    assert (done.status, done.ticket_id, done.version) == (200, "K-1", 5)
    last = (await dispatch.facts("K-1"))[-1]
    assert (last.by, last.type) == ("desk", "hotline.dispatch.v1.TicketCompleted")
    refused = await dispatch.send("K-1", commands_pb2.SendBackReply(reason="no"))
    assert refused.status == 409
    assert b'"rule":"R26"' in refused.body
    stranger = await dispatch.send("K-1", commands_pb2.ConfirmDispatch())
    assert stranger.status == 403


async def test_r4_a_published_directory_sends_what_is_accepted_from_its_date_on(
    dispatch: Site,
) -> None:
    """Only an entry is added: the other tests go on as before."""
    content = deepcopy(document("sample"))
    content["units"]["animals"] = {"zh": "动物卫生监督所", "en": "Animals", "level": "city"}
    content["entries"].append({"category": "animals", "unit": "animals"})
    body = {"document": content, "source": "notice 1"}
    assert (await dispatch.lay_down("directory", body, "staff")).status_code == 403
    made = await dispatch.lay_down("directory", body, "administrator")
    assert (made.status_code, made.json()["version"]) == (201, 1)
    placed = [await _placed(dispatch, "L-0")]

    async def in_effect() -> bool:
        placed.append(await _placed(dispatch, f"L-{len(placed)}"))
        return placed[-1] == ["TicketDispatched"]

    await wait_until(in_effect, timeout_s=15, what="the new directory")
    assert placed[0] == ["DispatchQueued"]


async def _placed(dispatch: Site, ticket: str) -> list[str]:
    await dispatch.say(ticket, accepted("animals/dog"))

    async def decided() -> bool:
        return bool(await dispatch.facts(ticket))

    await wait_until(decided, what=ticket)
    return names(await dispatch.facts(ticket))


async def test_every_route_declares_who_may_call_it(dispatch: Site) -> None:
    assert undeclared_routes(dispatch.app) == []
