"""R5 on the real store: the queue of answers, their review, and late upkeep as a fact."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from hotline.intake.v1 import commands_pb2, events_pb2
from services.intake.adapters.books import Books
from services.intake.adapters.registry import load
from services.intake.adapters.tallies import ArticleUse, Tallies
from services.intake.adapters.upkeep import Upkeep
from services.kernel.security import Role
from tests.integration.intake.hall import MATTER, Hall, problem
from tests.integration.intake.test_registries import shipped
from tests.support.loops import wait_until


async def queue(hall: Hall, count: int) -> list[dict[str, Any]]:
    """The answers that wait for a review, once there are so many."""
    found: list[dict[str, Any]] = []

    async def are_there() -> bool:
        answer = await hall.http.get("/v1/answers/reviews", headers=hall.headers(Role.STAFF))
        found[:] = answer.json()
        return len(found) == count

    await wait_until(are_there)
    return found


async def test_r5_an_answer_waits_in_the_queue_until_staff_has_reviewed_it(hall: Hall) -> None:
    asked = {"kind": "consultation", "facts": {"kb_answer": "KB-1"}}
    first, second = await hall.submit(**asked), await hall.submit(**asked)
    waiting = await queue(hall, 2)
    assert [w["ticket"] for w in waiting] == [first["ticket"], second["ticket"]]
    assert (waiting[0]["article"], waiting[0]["unhelpful"]) == ("KB-1", False)
    unit = await hall.http.get("/v1/answers/reviews", headers=hall.headers(Role.UNIT))
    assert unit.status_code == 403
    verb = f"tickets/{first['ticket']}/review-answer"
    assert (await hall.post(verb, {"right": True})).status_code == 403
    nothing = await hall.post(verb, {"right": False}, Role.STAFF)
    assert problem(nothing)[:2] == (422, "/problems/no-reason")
    wrong = {"right": False, "reason": "The form has another number now."}
    done = await hall.post(verb, wrong, Role.STAFF)
    assert (done.json()["facts"], done.json()["state"]) == (["AnswerReviewed"], "answered")
    assert [w["ticket"] for w in await queue(hall, 1)] == [second["ticket"]]
    again = await hall.post(verb, {"right": True}, Role.SUPERVISOR)
    assert problem(again) == (409, "/problems/reviewed-already", "R5")
    right = f"tickets/{second['ticket']}/review-answer"
    assert (await hall.post(right, {"right": True}, Role.STAFF)).status_code == 200
    assert await queue(hall, 0) == []
    store: Any = hall.runtime.store
    uses = await Tallies(store, Books(load("sample"))).articles(date(2026, 1, 1))
    assert uses == {"KB-1": ArticleUse(answered=2, reviewed=2, wrong=1)}


async def test_r5_nobody_reviews_the_answers_of_an_imported_past(hall: Hall) -> None:
    asked = MATTER | {"kind": "consultation", "facts": {"kb_answer": "KB-1"}}
    then = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    stated: dict[str, Any] = {"Hotline-Import": "old", "Hotline-Import-Time": then}
    past = await hall.post("tickets", asked, Role.IMPORTER, **stated)
    assert (past.status_code, past.json()["state"]) == (201, "answered")
    ours = await hall.submit(kind="consultation", facts={"kb_answer": "KB-1"})
    store: Any = hall.runtime.store
    tallies = Tallies(store, Books(load("sample")))

    async def both_are_counted() -> bool:
        uses = await tallies.articles(date(2026, 1, 1))
        return uses.get("KB-1") == ArticleUse(answered=2)

    await wait_until(both_are_counted)
    assert [w["ticket"] for w in await queue(hall, 1)] == [ours["ticket"]]


async def test_r5_late_upkeep_becomes_one_fact_that_names_the_unit(hall: Hall) -> None:
    document = await shipped(hall, "articles")
    today = hall.runtime.clock.now().date()
    yesterday = (today - timedelta(days=2)).isoformat()
    document["articles"][0] |= {"review_on": yesterday, "version": "9"}
    body = {"document": document, "source": "notice 11"}
    made = await hall.post("registry/articles", body, Role.ADMINISTRATOR)
    assert made.status_code == 201, made.text
    upkeep, another = Upkeep(hall.desk.books), Upkeep(hall.desk.books)

    async def noted() -> bool:
        await upkeep.look(hall.runtime)
        await another.look(hall.runtime)
        store: Any = hall.runtime.store
        query = "select count(*) from event where type like '%ArticleOverdue'"
        return bool(await store.pool.fetchval(query))

    await wait_until(noted, timeout_s=15)
    await upkeep.look(hall.runtime)
    await Upkeep(hall.desk.books).look(hall.runtime)  # as after a restart
    told = await hall.submit()
    facts = await hall.loop.facts(lambda found: any(f.ticket == told["ticket"] for f in found))
    [late] = [fact for fact in facts if "ArticleOverdue" in fact.type]
    fact = events_pb2.ArticleOverdue.FromString(late.data)
    article = document["articles"][0]
    assert (fact.article, fact.version, fact.unit) == (article["id"], "9", article["unit"])
    assert (fact.review_on, late.ticket) == (yesterday, f"article-{article['id']}")
    midnight = hall.desk.books.city.zone
    assert late.time.astimezone(midnight).isoformat()[:19] == (
        f"{(today - timedelta(days=1)).isoformat()}T00:00:00"
    )


async def test_r5_an_answer_is_reviewed_by_kafka_as_over_http(hall: Hall) -> None:
    told = await hall.submit(kind="consultation", facts={"kb_answer": "KB-1"})
    await hall.command("channel", told["ticket"], commands_pb2.ReviewAnswer(right=True), "r-1")
    [refused] = await hall.replies("channel", 1)
    assert refused.status == 403
    await hall.command("staff", told["ticket"], commands_pb2.ReviewAnswer(right=True), "r-2")
    [done] = await hall.replies("staff", 1)
    assert (done.status, orjson.loads(done.body)["facts"]) == (200, ["AnswerReviewed"])
