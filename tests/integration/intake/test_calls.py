"""Calls and channels in the running service (R3), and what is counted of them."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from hotline.intake.v1 import commands_pb2, events_pb2
from services.intake.adapters.books import Books
from services.intake.adapters.registry import load
from services.intake.adapters.tallies import ArticleUse, Gauges, Tallies
from services.kernel.security import Role
from tests.integration.intake.hall import CONTACT, MATTER, Hall, pothole, problem
from tests.support.loops import wait_until

MISSED = {"channel": "phone", "called_number": "12345", "waited_s": 31, "caller": CONTACT}


async def fact_of(hall: Hall, ticket: str, name: str) -> Any:
    type_name = f"hotline.intake.v1.{name}"
    found = await hall.loop.facts(
        lambda facts: any(f.ticket == ticket and f.type == type_name for f in facts)
    )
    data = next(f.data for f in found if (f.ticket, f.type) == (ticket, type_name))
    return getattr(events_pb2, name).FromString(data)


async def test_r3_a_missed_call_is_sealed_called_back_and_counted(hall: Hall) -> None:
    """R3."""
    made = await hall.post("calls/missed", MISSED, key="c-1")
    told = made.json()
    assert (made.status_code, told["state"]) == (201, "call_missed")
    again = await hall.post("calls/missed", MISSED, key="c-1")
    assert again.json()["ticket"] == told["ticket"]
    missed = await fact_of(hall, told["ticket"], "CallMissed")
    assert CONTACT.encode() not in missed.caller
    body = {
        "ticket": told["ticket"],
        "person_id": missed.person_id,
        "field": "caller",
        "sealed": base64.b64encode(missed.caller).decode(),
        "purpose": "to call back",
    }
    opened = await hall.post("personal/open", {"fields": [body]}, Role.STAFF)
    assert opened.json() == {"texts": [CONTACT]}
    back = {"reached": True, "recording": "rec-3"}
    done = await hall.post(f"tickets/{told['ticket']}/call-back", back, Role.STAFF)
    assert done.json()["state"] == "called_back"
    assert (await fact_of(hall, told["ticket"], "CalledBack")).operator == "staff"


async def test_r3_calls_make_and_join_tickets_and_give_the_figures(hall: Hall) -> None:
    """R3: answered within 15 s, connection rate over 24 hours."""
    call = {"waited_s": 15, "operator": "operator-7", "recording": "rec-1"}
    told = await hall.submit(channel="phone", called_number="12345", call=call)
    joins = {"channel": "phone", "called_number": "12315", "waited_s": 16}
    joined = await hall.post(f"tickets/{told['ticket']}/record-call", joins, Role.STAFF)
    assert joined.json()["state"] == "accepted"
    answered = await fact_of(hall, told["ticket"], "CallAnswered")
    assert (answered.waited_s, answered.operator) == (15, "operator-7")
    message = commands_pb2.RecordMissedCall(
        channel="phone", called_number="12345", waited_s=40, caller=CONTACT
    )
    await hall.send("channel", message, "missed-1", sealed_to=await hall.key())
    await hall.post("calls/missed", MISSED)
    figures: dict[str, Any] = {}

    async def counted() -> bool:
        answer = await hall.http.get("/v1/calls/figures", headers=hall.headers(Role.ANALYST))
        figures.update(answer.json())
        return bool(figures["answered"] + figures["missed"] >= 4)

    await wait_until(counted)
    assert (figures["answered"], figures["missed"], figures["waiting"]) == (2, 2, 2)
    assert (figures["connected_percent"], figures["in_time_percent"]) == (50.0, 50.0)
    assert (figures["connected_percent_wanted"], figures["within_s"]) == (95, 15)
    assert figures["connected_as_wanted"] is False


async def test_r3_the_figures_are_of_the_last_24_hours_alone(hall: Hall) -> None:
    """R3: a connection rate over 24 hours; an importer states when the calls were."""
    for hours, waited_s in ((25, 40), (23, 12)):
        at = datetime.now(UTC) - timedelta(hours=hours)
        stated = {"Hotline-Import": "old", "Hotline-Import-Time": at.isoformat()}
        body = MATTER | {"channel": "phone", "call": {"waited_s": waited_s}}
        made = await hall.post("tickets", body, Role.IMPORTER, **stated)
        assert made.status_code == 201, made.text
    store: Any = hall.runtime.store

    async def both_are_kept() -> bool:
        return bool(await store.pool.fetchval("select count(*) from call") == 2)

    await wait_until(both_are_kept)
    answer = await hall.http.get("/v1/calls/figures", headers=hall.headers(Role.ANALYST))
    figures = answer.json()
    assert (figures["answered"], figures["missed"], figures["in_time_percent"]) == (1, 0, 100.0)


async def test_r3_r5_the_figures_are_shown_to_prometheus(hall: Hall) -> None:
    """R3, R5."""
    await hall.post("calls/missed", MISSED)
    registry, books = CollectorRegistry(), Books(load("sample"))
    store: Any = hall.runtime.store
    tallies, gauges = Tallies(store, books), Gauges(registry)

    async def shown() -> bool:
        await gauges.take(books, tallies, datetime.now(UTC))
        return registry.get_sample_value("hotline_missed_calls_waiting") == 1

    await wait_until(shown)
    assert registry.get_sample_value("hotline_calls_connected_ratio") == 0
    assert registry.get_sample_value("hotline_calls_connected_wanted_ratio") == 0.95
    in_time = registry.get_sample_value("hotline_calls_in_time_ratio")
    assert in_time is not None
    assert in_time != in_time  # no call was answered
    later = datetime.now(UTC) + timedelta(days=3_000)
    await gauges.take(books, tallies, later)
    assert registry.get_sample_value("hotline_articles_overdue") == 4


async def test_r3_an_unknown_channel_and_one_of_others_are_told_by_http_and_by_kafka(
    hall: Hall,
) -> None:
    """R3."""
    unknown = await hall.post("tickets", MATTER | {"channel": "moon"})
    assert problem(unknown) == (422, "/problems/unknown-channel", "R3")
    others = await hall.post("tickets", MATTER | {"channel": "partner"})
    assert problem(others) == (403, "/problems/not-the-channels-caller", "R3")
    facts = await hall.post("tickets", MATTER | {"channel": "sms", "confidential": True})
    assert problem(facts) == (422, "/problems/not-stated-there", "R3")
    matter = commands_pb2.SubmitMatter(
        channel="moon",
        kind=events_pb2.KIND_HELP,
        urgency=events_pb2.URGENCY_NORMAL,
        category="traffic/road",
        area="yingzhou",
        title="Pothole",
    )
    await hall.send("channel", matter, "by-moon")
    (answer,) = await hall.replies("channel", 1)
    assert answer.status == 422
    assert b"unknown-channel" in answer.body
    told = await hall.submit(channel="sms", address="")
    assert told["message"]["en"] == f"Accepted, ticket {told['ticket']}."


async def test_r3_calls_make_and_join_tickets_by_kafka_too(hall: Hall) -> None:
    """R3: what is submitted by Kafka is heard as what comes over HTTP is."""
    matter = pothole()
    matter.channel, matter.called_number = "phone", "12345"
    call = commands_pb2.AnsweredCall(waited_s=15, operator="operator-7", recording="rec-1")
    matter.call.CopyFrom(call)
    await hall.send("channel", matter, "c-1")
    (made,) = await hall.replies("channel", 1)
    assert made.status == 201
    answered = await fact_of(hall, made.ticket_id, "CallAnswered")
    assert (answered.channel, answered.called_number) == ("phone", "12345")
    assert (answered.waited_s, answered.operator, answered.recording) == (15, "operator-7", "rec-1")
    told = await hall.submit()
    joins = commands_pb2.RecordCall(
        channel="phone", called_number="12315", waited_s=16, recording="rec-2"
    )
    await hall.command("staff", told["ticket"], joins, "c-2")
    (joined,) = await hall.replies("staff", 1)
    assert joined.status == 200
    answered = await fact_of(hall, told["ticket"], "CallAnswered")
    assert (answered.waited_s, answered.operator, answered.recording) == (16, "staff", "rec-2")
    assert (answered.called_number, answered.called_mode) == ("12315", "dual_parallel")


async def test_r3_a_sender_who_may_not_use_a_channel_is_told_so_by_kafka(hall: Hall) -> None:
    """R3: the partner's channel is the partner's alone."""
    matter = pothole()
    matter.channel = "partner"
    await hall.send("channel", matter, "p-1")
    (refused,) = await hall.replies("channel", 1)
    assert refused.status == 403
    assert b"not-the-channels-caller" in refused.body


async def test_a_submission_that_is_sent_to_a_ticket_is_answered_and_parks_nothing(
    hall: Hall,
) -> None:
    told = await hall.submit(channel="phone")
    missed = commands_pb2.RecordMissedCall(
        channel="phone", called_number="12345", waited_s=40, caller=CONTACT
    )
    await hall.command("channel", told["ticket"], missed, "m-1")
    matter = commands_pb2.SubmitMatter(
        channel="phone",
        kind=events_pb2.KIND_HELP,
        urgency=events_pb2.URGENCY_NORMAL,
        category="traffic/road",
        area="yingzhou",
        title="Pothole",
    )
    await hall.command("channel", told["ticket"], matter, "m-2")
    answers = await hall.replies("channel", 2)
    assert [answer.status for answer in answers] == [422, 422]
    assert all(b"not-on-a-ticket" in answer.body for answer in answers)
    withdrawn = {"reason": "settled", "code": told["code"]}
    done = await hall.post(f"tickets/{told['ticket']}/withdraw", withdrawn)
    assert done.json()["state"] == "withdrawn"


async def test_the_channels_are_listed(hall: Hall) -> None:
    """R3."""
    found = await hall.http.get("/v1/channels", headers=hall.headers(Role.CHANNEL))
    by_id = {channel["id"]: channel for channel in found.json()}
    assert by_id["partner"]["callers"] == ["partner"]
    assert (by_id["phone"]["kind"], by_id["phone"]["states"]) == ("telephone", None)


async def test_r5_answers_at_once_are_counted_for_their_review(hall: Hall) -> None:
    """R5: how often an article answered, and how often that did not help."""
    first = await hall.submit(kind="consultation", facts={"kb_answer": "KB-1"})
    await hall.submit(kind="consultation", facts={"kb_answer": "KB-1"})
    unhelpful = {"code": first["code"]}
    on = await hall.post(f"tickets/{first['ticket']}/report-unhelpful", unhelpful)
    assert on.json()["state"] == "accepted"
    queue: list[dict[str, Any]] = []

    async def counted() -> bool:
        path, headers = "/v1/articles/reviews", hall.headers(Role.STAFF)
        found = await hall.http.get(path, params={"unit": "social"}, headers=headers)
        queue[:] = found.json()
        return bool(queue[0]["unhelpful"])

    await wait_until(counted)
    assert [article["id"] for article in queue] == ["KB-1", "KB-2"]
    assert (queue[0]["answered"], queue[0]["unhelpful"]) == (2, 1)
    assert queue[0]["review_on"] <= queue[1]["review_on"]
    store: Any = hall.runtime.store
    uses = await Tallies(store, Books(load("sample"))).articles(date(2026, 1, 1))
    assert uses == {"KB-1": ArticleUse(2, 1, 0, 0)}
