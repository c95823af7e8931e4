"""Evaluation under the kernel, over HTTP and once by Kafka: on the twins, then on the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import commands_pb2, events_pb2
from services.kernel.codec import to_datetime
from services.kernel.facts import Fact
from services.kernel.http import encode_cursor
from services.kernel.security import undeclared_routes
from tests.integration.evaluation.running import running
from tests.support.loops import BUCKETS, wait_until
from tests.support.site import Site, loop_of, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

HAPPY = {"contacted": True, "solved": True, "satisfied": True, "generated": False}
UNHAPPY = {**HAPPY, "satisfied": False}


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["twin", "real"])
async def evaluation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """One process for all tests; each has its own tickets and, where it counts, its own unit."""
    run_dir = tmp_path_factory.mktemp("run")
    async with loop_of(request) as loop, running(loop, run_dir) as made:
        yield made


def completed(unit: str = "transport", round_: int = 1) -> dispatch.TicketCompleted:
    return dispatch.TicketCompleted(
        unit=unit, solved=True, category="traffic/road", area="linquan", level="city", round=round_
    )


def missed(unit: str, clock: str = "resolve") -> deadline.DeadlineMissed:
    return deadline.DeadlineMissed(clock=clock, run=1, unit=unit)


def withdrawn(unit: str, clock: str = "resolve") -> deadline.MissWithdrawn:
    return deadline.MissWithdrawn(clock=clock, run=1, unit=unit)


def names(facts: list[Fact]) -> list[str]:
    return [fact.type.rpartition(".")[2] for fact in facts]


async def figures(evaluation: Site, unit: str, **counts: int) -> dict[str, Any]:
    """The unit's only row, once its counts are these: entries that a foreign fact brings are
    counted when they are read back."""
    rows: list[dict[str, Any]] = []

    async def are_these() -> bool:
        answer = await evaluation.get("/figures", "analyst", unit=unit)
        assert answer.status_code == 200, answer.text
        rows[:] = answer.json()["figures"]
        return len(rows) == 1 and counts.items() <= rows[0].items()

    await wait_until(are_these, what=f"{unit}: {counts}")
    return rows[0]


# Visits


async def test_a_visit_that_found_it_solved_is_booked(evaluation: Site) -> None:
    await evaluation.say("A-1", completed())
    answer = await evaluation.post("A-1/visit", HAPPY, "staff")
    assert answer.status_code == 200
    assert answer.json() == {
        "ticket": "A-1", "version": 3, "facts": ["VisitCompleted", "ScoreBooked"],
    }  # fmt: skip
    assert answer.headers["ETag"] == '"3"'
    facts = await evaluation.facts("A-1")
    assert (facts[0].causation, facts[1].by) == ("dispatch/A-1/1", "staff")
    last = facts[-1]
    assert answer.headers["Hotline-Position"] == f"evaluation/{last.bucket}/{last.position}"
    relayed = await evaluation.loop.facts(
        lambda found: any(f.ticket == "A-1" and "ScoreBooked" in f.type for f in found)
    )
    mine = [f for f in relayed if f.ticket == "A-1" and f.source == "evaluation"]
    assert [f.stage for f in mine] == ["return_visit", "return_visit", "evaluation"]


async def test_the_same_answers_again_are_quiet_and_others_refused(evaluation: Site) -> None:
    await evaluation.say("A-2", completed())
    await evaluation.done("A-2/visit", UNHAPPY, "staff")
    assert await evaluation.done("A-2/visit", UNHAPPY, "supervisor") == []
    other = await evaluation.post("A-2/visit", HAPPY, "staff")
    assert problem(other) == (409, "already-visited", "R29")
    assert names(await evaluation.facts("A-2")) == ["VisitScheduled", "VisitCompleted"]


async def test_a_visit_names_when_its_ticket_was_completed(evaluation: Site) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    await evaluation.say("A-9", completed(), at=an_hour_ago)
    await evaluation.get("/visits", "staff")  # what was said is applied
    (fact,) = await evaluation.facts("A-9")
    visit = events_pb2.VisitScheduled.FromString(fact.data)
    assert to_datetime(visit.completed_at) == an_hour_ago
    assert fact.time > an_hour_ago


async def test_failed_attempts_exhaust_the_visits(evaluation: Site) -> None:
    await evaluation.say("A-3", completed())
    tried = [
        await evaluation.done("A-3/visit-attempt", {"reason": "no answer"}, "staff")
        for _ in range(4)
    ]
    assert tried == [
        ["VisitAttempted"],
        ["VisitAttempted"],
        ["VisitAttempted", "VisitCompleted", "ScoreBooked"],
        [],
    ]


async def test_a_visit_on_another_version_than_was_read_is_not_recorded(evaluation: Site) -> None:
    await evaluation.say("A-4", completed())
    await evaluation.done("A-4/visit-attempt", {"reason": "no answer"}, "staff")
    stale = await evaluation.post("A-4/visit", HAPPY, "staff", if_match='"1"')
    assert problem(stale)[:2] == (412, "version-mismatch")
    fresh = await evaluation.post("A-4/visit", HAPPY, "staff", if_match='"2"')
    assert fresh.status_code == 200


async def test_the_same_key_counts_one_attempt(evaluation: Site) -> None:
    await evaluation.say("A-5", completed())
    body = {"reason": "no answer"}
    one, two = [
        await evaluation.post("A-5/visit-attempt", body, "staff", key="attempt") for _ in range(2)
    ]
    assert one.content == two.content
    assert names(await evaluation.facts("A-5")) == ["VisitScheduled", "VisitAttempted"]


async def test_a_ticket_that_is_not_completed_has_no_visit(evaluation: Site) -> None:
    for verb, body in (("visit", HAPPY), ("visit-attempt", {"reason": "no answer"})):
        answer = await evaluation.post(f"nobody/{verb}", body, "staff")
        assert problem(answer) == (404, "no-visit-due", "R29")


async def test_units_do_not_record_their_own_visits(evaluation: Site) -> None:
    await evaluation.say("A-6", completed())
    answer = await evaluation.post("A-6/visit", HAPPY, "unit:transport")
    assert problem(answer)[:2] == (403, "role-missing")


async def test_due_visits_are_listed_until_they_are_made(evaluation: Site) -> None:
    await evaluation.say("B-1", completed("police"))
    await evaluation.say("B-2", completed("police"))
    await evaluation.done("B-2/visit-attempt", {"reason": "no answer"}, "staff")

    async def due() -> dict[str, int]:
        rows = (await evaluation.get("/visits", "staff", limit=1_000)).json()
        return {row["ticket"]: row["attempts"] for row in rows if row["unit"] == "police"}

    await wait_until(lambda: _are(due, {"B-1": 0, "B-2": 1}))
    await evaluation.done("B-1/visit", HAPPY, "staff")
    assert await due() == {"B-2": 1}
    await evaluation.say("B-2", dispatch.TicketArchived(unit="police"))
    await wait_until(lambda: _are(due, {}))
    assert problem(await evaluation.get("/visits", "unit:police"))[:2] == (403, "role-missing")


async def _are(due: Callable[[], Awaitable[dict[str, int]]], wanted: dict[str, int]) -> bool:
    return await due() == wanted


# Scores


async def test_figures_tell_a_units_rates_by_month(evaluation: Site) -> None:
    unit = "market"
    answers = [HAPPY, UNHAPPY, {**UNHAPPY, "solved": False, "contacted": False}, None]
    for n, said in enumerate(answers):
        await evaluation.say(f"C-{n}", completed(unit))
        if said:
            await evaluation.done(f"C-{n}/visit", said, "staff")
        await evaluation.say(f"C-{n}", dispatch.TicketArchived(unit=unit))
    await evaluation.say("C-0", missed(unit, "confirm"))
    row = await figures(evaluation, unit, entries=4, visited=3, on_time=4, confirmed_on_time=3)
    assert (row["unit"], len(row["period"])) == (unit, 7)
    assert row["rates"] == {
        "on_time": 1.0, "confirmed_on_time": 0.75, "contacted": pytest.approx(2 / 3),
        "solved": pytest.approx(2 / 3), "satisfied": pytest.approx(1 / 3),
        "promise_kept": 1.0,
        "score": pytest.approx(15 + 5 * 0.75 + 10 * 2 / 3 + 40 * 2 / 3 + 30 / 3),
    }  # fmt: skip


async def test_r31_a_missed_promise_counts_until_it_is_withdrawn(evaluation: Site) -> None:
    unit = "planning"
    await evaluation.say("P-1", completed(unit))
    await evaluation.done("P-1/visit", HAPPY, "staff")
    await evaluation.say("P-1", missed(unit, "reply_promise"))
    row = await figures(evaluation, unit, entries=1, on_time=1, promise_missed=1)
    assert row["rates"]["promise_kept"] == 0.0
    await evaluation.say("P-1", withdrawn(unit, "reply_promise"))
    await figures(evaluation, unit, entries=1, promise_missed=0)


async def test_a_withdrawn_miss_takes_the_entry_back_and_books_it_anew(evaluation: Site) -> None:
    unit = "ecology"
    await evaluation.say("D-1", missed(unit), completed(unit))
    await evaluation.done("D-1/visit", HAPPY, "staff")
    await figures(evaluation, unit, entries=1, on_time=0)
    await evaluation.say("D-1", withdrawn(unit))
    await figures(evaluation, unit, entries=1, on_time=1, solved=1)
    assert names(await evaluation.facts("D-1")) == [
        "MissNoted", "VisitScheduled", "VisitCompleted", "ScoreBooked",
        "MissCleared", "ScoreTakenBack", "ScoreBooked",
    ]  # fmt: skip


async def test_a_ticket_has_one_entry_whatever_comes_again(evaluation: Site) -> None:
    unit = "housing"
    await evaluation.say("D-2", completed(unit))
    await evaluation.done("D-2/visit", UNHAPPY, "staff")
    await evaluation.say("D-2", completed(unit, 2), completed(unit, 2))
    await evaluation.done("D-2/visit", HAPPY, "staff")
    archived = dispatch.TicketArchived(unit=unit)
    await evaluation.say("D-2", archived, missed(unit), archived, missed(unit), completed(unit, 2))
    await figures(evaluation, unit, entries=1, satisfied=1, on_time=0)
    kept = await evaluation.facts("D-2")
    booked = [events_pb2.ScoreBooked.FromString(f.data) for f in kept if "ScoreBooked" in f.type]
    assert [entry.entry for entry in booked] == [1, 2]
    assert names(kept).count("ScoreTakenBack") == 1


async def test_a_unit_reads_its_own_figures_only(evaluation: Site) -> None:
    await evaluation.say("E-1", completed("civil"))
    await evaluation.done("E-1/visit", HAPPY, "staff")
    (own,) = (await evaluation.get("/figures", "unit:civil")).json()["figures"]
    assert (own["unit"], own["entries"]) == ("civil", 1)
    other = await evaluation.get("/figures", "unit:civil", unit="market")
    assert problem(other)[:2] == (403, "not-yours")
    none = await evaluation.get("/figures", "unit:civil", period="1999-01")
    assert none.json() == {"figures": [], "cursor": None}
    assert (await evaluation.get("/figures", "staff", period="July")).status_code == 400
    everyone = (await evaluation.get("/figures", "supervisor")).json()["figures"]
    assert "civil" in {row["unit"] for row in everyone}


async def test_figures_come_in_pages_that_follow_each_other(evaluation: Site) -> None:
    units = ["finance", "tax"]
    for n, unit in enumerate(units):
        await evaluation.say(f"F-{n}", completed(unit))
        await evaluation.done(f"F-{n}/visit", HAPPY, "staff")
        await figures(evaluation, unit, entries=1)
    everything = (await evaluation.get("/figures", "staff")).json()
    read: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await evaluation.get("/figures", "staff", cursor=cursor, limit="1")).json()
        assert len(page["figures"]) == 1
        read, cursor = read + page["figures"], page["cursor"]
    assert read == everything["figures"]
    assert everything["cursor"] is None
    assert {row["unit"] for row in read} >= set(units)


@pytest.mark.parametrize("inside", [["civil"], ["civil", 7], {"unit": "civil"}, ["a\0", "2026-07"]])
async def test_a_cursor_of_another_list_is_refused(evaluation: Site, inside: object) -> None:
    answer = await evaluation.get("/figures", "staff", cursor=encode_cursor(inside))
    assert problem(answer)[:2] == (400, "cursor-malformed")


async def test_a_unit_that_no_store_takes_is_refused(evaluation: Site) -> None:
    assert problem(await evaluation.get("/figures", "staff", unit="a\0"))[0] == 400


async def test_a_command_by_kafka_is_decided_by_the_same_rules(evaluation: Site) -> None:
    await evaluation.say("K-1", completed("education"))
    await evaluation.get("/visits", "staff")  # what was said is applied
    answers = commands_pb2.RecordVisit(contacted=True, solved=True, satisfied=True)
    done = await evaluation.send("K-1", answers)
    assert (done.status, done.ticket_id, done.version) == (200, "K-1", 3)
    refused = await evaluation.send("K-1", commands_pb2.RecordVisit(contacted=True))
    assert refused.status == 409
    assert b'"rule":"R29"' in refused.body
    await evaluation.publish("nobody", answers)

    async def waits() -> bool:
        return "nobody" in await evaluation.runtime.store.early_tickets(range(BUCKETS))

    await wait_until(waits, what="the command waits for its ticket")


async def test_every_route_declares_who_may_call_it(evaluation: Site) -> None:
    assert undeclared_routes(evaluation.app) == []
