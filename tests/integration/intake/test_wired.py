"""Intake on the real broker and store: what a channel sees over HTTP and by Kafka."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import orjson
import pytest

from hotline.intake.v1 import events_pb2
from services.intake.domain.number import is_valid
from services.kernel.facts import Fact
from services.kernel.names import TICKETS, bucket_of, topic_of
from services.kernel.security import Role, undeclared_routes
from tests.integration.intake.hall import CONTACT, MATTER, Hall, pothole, problem
from tests.support.loops import BUCKETS

OLD = datetime(2011, 3, 16, 4, tzinfo=UTC)


def names(facts: list[Fact], ticket: str) -> list[str]:
    return [f.type.rpartition(".")[2] for f in facts if f.ticket == ticket]


async def test_a_matter_that_is_sent_again_is_one_ticket(hall: Hall) -> None:
    first = await hall.post("tickets", MATTER, key="k-1")
    told = first.json()
    assert (first.status_code, first.headers["etag"], told["version"]) == (201, '"2"', 2)
    assert (told["state"], told["facts"]) == ("accepted", ["TicketReceived", "TicketAccepted"])
    assert is_valid(told["ticket"])
    assert len(told["code"]) == 12
    source, bucket, position = first.headers["hotline-position"].split("/")
    assert (source, int(bucket)) == ("intake", bucket_of(told["ticket"], BUCKETS))
    assert int(position) == 2
    again = await hall.post("tickets", MATTER, key="k-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["hotline-position"] == first.headers["hotline-position"]
    other = await hall.post("tickets", {**MATTER, "title": "Two potholes"}, key="k-1")
    assert problem(other) == (422, "/problems/command-id-reused", "")
    next_one = await hall.submit()
    facts = await hall.loop.facts(lambda found: len(found) >= 4)
    assert {f.ticket for f in facts} == {told["ticket"], next_one["ticket"]}
    assert names(facts, told["ticket"]) == ["TicketReceived", "TicketAccepted"]


async def test_the_quick_way_in_and_the_whole_one_answer_alike(hall: Hall) -> None:
    """A plain request is read by hand; one that names an import, even none, by the declaration."""
    none: dict[str, Any] = {"Hotline-Import": ""}
    quick = await hall.post("tickets", MATTER, key="k-1")
    whole = await hall.post("tickets", MATTER, key="k-2", **none)
    assert (quick.status_code, whole.status_code) == (201, 201)
    assert quick.json().keys() == whole.json().keys()
    ours = {"etag", "hotline-position", "content-type", "traceparent"}
    assert ours & quick.headers.keys() == ours & whole.headers.keys() == ours
    again = await hall.post("tickets", MATTER, key="k-1", **none)
    assert again.content == quick.content
    for changes in ({"title": 7}, {"kind": "praise"}, {"title_": "x"}, {"latitude": "north"}):
        fast = await hall.post("tickets", MATTER | changes)
        slow = await hall.post("tickets", MATTER | changes, **none)
        assert (fast.status_code, fast.content) == (422, slow.content)
    refused = await hall.post("tickets", MATTER, Role.UNIT)
    assert problem(refused)[:2] == (403, "/problems/role-missing")


async def test_r10_to_r20_a_refused_matter_learns_its_rule_and_the_right_place(hall: Hall) -> None:
    told = await hall.submit(facts={"organ": "court"})
    assert told["state"] == "refused"
    refusal = told["refusal"]
    assert (refusal["rule_set"], refusal["version"]) == ("trial-measures", "2026-11-26")
    assert (refusal["number"], refusal["rule"]) == (3, "R12")
    assert refusal["reason"].keys() == {"zh", "en"}
    assert "the courts' service line" in refusal["right_place"]
    later = await hall.state(told["ticket"], told["code"])
    assert later.json() == {"ticket": told["ticket"], "state": "refused", "refusal": refusal}
    for facts, slug in (({"organ": "club"}, "unknown-word"), ({"organ_": "x"}, "body-invalid")):
        answer = await hall.post("tickets", {**MATTER, "facts": facts})
        assert problem(answer)[:2] == (422, f"/problems/{slug}")
    assert problem(await hall.post("tickets", {**MATTER, "category": "moon"})) == (
        422,
        "/problems/unknown-category",
        "R4",
    )


async def test_what_no_view_could_keep_is_refused(hall: Hall) -> None:
    """One such fact would hold up its ticket at every service that reads it."""
    for changes in (
        {"title": "a\0b"},
        {"facts": {"about_unit": "a\0b"}},
        {"latitude": "NaN"},
        {"stated_due_at": "2026-03-16T12:00:00"},
    ):
        answer = await hall.post("tickets", MATTER | changes)
        assert problem(answer)[:2] == (422, "/problems/unsound")
    nul = pothole()
    nul.title = "a\0b"
    await hall.send("channel", nul, "c-1")
    (refused,) = await hall.replies("channel", 1)
    assert (refused.status, orjson.loads(refused.body)["type"]) == (422, "/problems/unsound")


async def test_r11_an_emergency_is_diverted_and_acknowledged_by_its_receipt(hall: Hall) -> None:
    told = await hall.submit(facts={"emergency_ongoing": True, "emergency_line": "119"})
    ticket, diversion = told["ticket"], told["diversion"]
    assert (told["state"], diversion["line"]) == ("diverted", "119")
    verb = f"tickets/{ticket}/acknowledge-diversion"
    wrong = await hall.post(verb, {"receipt": "another"})
    assert problem(wrong) == (409, "/problems/not-diverted", "R11")
    done = await hall.post(verb, {"receipt": diversion["receipt"]})
    assert (done.status_code, done.json()["state"]) == (200, "acknowledged")
    again = await hall.post(verb, {"receipt": diversion["receipt"]})
    assert (again.status_code, again.json()["facts"]) == (200, [])
    withdrawal = {"reason": "over", "code": told["code"]}
    assert problem(await hall.post(f"tickets/{ticket}/withdraw", withdrawal))[0] == 409


async def test_r4_the_hotline_corrects_a_category_over_http_and_the_unit_may_not(
    hall: Hall,
) -> None:
    told = await hall.submit()
    verb = f"tickets/{told['ticket']}/correct-category"
    corrected = {"category": "market/food", "reason": "It is about the stall."}
    for role_ in (Role.CHANNEL, Role.UNIT):
        assert problem(await hall.post(verb, corrected, role_))[0] == 403
    done = await hall.post(verb, corrected, Role.STAFF)
    assert (done.status_code, done.json()["facts"]) == (200, ["CategoryCorrected"])
    again = await hall.post(verb, corrected, Role.STAFF)
    assert (again.status_code, again.json()["facts"]) == (200, [])
    unknown = await hall.post(verb, corrected | {"category": "moon"}, Role.STAFF)
    assert problem(unknown) == (422, "/problems/unknown-category", "R4")
    urgent = corrected | {"kind": "report", "urgency": "urgent"}
    assert (await hall.post(verb, urgent, Role.STAFF)).json()["facts"] == ["CategoryCorrected"]
    [_, *facts] = await hall.loop.facts(lambda found: len(found) >= 4)
    said = [events_pb2.CategoryCorrected.FromString(f.data) for f in facts[1:]]
    assert [(s.kind, s.urgency) for s in said] == [
        (events_pb2.KIND_COMPLAINT, events_pb2.URGENCY_NORMAL),
        (events_pb2.KIND_REPORT, events_pb2.URGENCY_URGENT),
    ]


async def test_a_signed_submission_is_answered_on_its_senders_topic(hall: Hall) -> None:
    await hall.send("channel", pothole(), "c-1")
    (first,) = await hall.replies("channel", 1)
    told = orjson.loads(first.body)
    assert (first.command_id, first.status, first.version) == ("c-1", 201, 2)
    assert first.ticket_id == told["ticket"]
    assert (await hall.state(told["ticket"], told["code"])).json()["state"] == "accepted"
    await hall.send("channel", pothole(), "c-1")
    vague = pothole()
    vague.MergeFromString(b"\x20\x63")  # urgency: 99
    await hall.send("channel", vague, "c-2")
    answers = await hall.replies("channel", 3)
    repeated = [a for a in answers if a.command_id == "c-1"]
    assert [(a.status, a.ticket_id, a.body) for a in repeated] == [
        (201, first.ticket_id, first.body)
    ] * 2
    (refused,) = [a for a in answers if a.command_id == "c-2"]
    assert (refused.status, orjson.loads(refused.body)["type"]) == (400, "/problems/bad-body")
    facts = await hall.loop.facts(lambda found: len(found) >= 2)
    assert {f.ticket for f in facts} == {first.ticket_id}


async def test_a_contact_stands_nowhere_in_plain(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="hotline")
    told = await hall.submit()
    answers = [
        await hall.post("tickets", {**MATTER, "kind": "wish"}),
        await hall.post("tickets", {**MATTER, "category": "moon"}),
    ]
    await hall.send("channel", pothole(CONTACT), "c-1", sealed_to=await hall.key())
    replies = await hall.replies("channel", 1)
    await hall.loop.facts(lambda found: len(found) >= 4)
    kept = await everything_kept(hall)
    assert told["ticket"] in kept
    published = await everything_published(hall)
    assert told["ticket"].encode() in published
    for secret in (CONTACT, MATTER["address"], MATTER["description"]):
        assert secret not in kept
        assert secret.encode() not in published
        assert secret.encode().hex() not in kept
        assert secret not in caplog.text
        assert all(secret not in answer.text for answer in answers)
        assert all(secret.encode() not in reply.body for reply in replies)


async def everything_kept(hall: Hall) -> str:
    """Every row of every table of intake, ledger and vault, as text."""
    assert hall.loop.info is not None
    connection = await asyncpg.connect(hall.loop.info.dsn)
    try:
        tables = await connection.fetch(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables "
            "where schemaname like $1 || '_intake%'",
            hall.loop.namespace,
        )
        rows: list[Any] = []
        for table in tables:
            rows += await connection.fetch(f"select t::text as row from {table['name']} t")
        return "\n".join(row["row"] for row in rows)
    finally:
        await connection.close()


async def everything_published(hall: Hall) -> bytes:
    """Keys, values and headers of all facts on the tickets topic."""
    topic = topic_of(hall.loop.namespace, TICKETS)
    places = [(topic, partition) for partition in range(BUCKETS)]
    records = await hall.loop.read(places, lambda found: len(found) >= 4)
    return b"\n".join(
        b" ".join([r.key or b"", r.value or b"", *(value for _, value in r.headers)])
        for r in records
    )


async def test_every_route_declares_who_may_call_it(hall: Hall) -> None:
    transport = hall.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert undeclared_routes(transport.app) == []  # type: ignore[arg-type]
