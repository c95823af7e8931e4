"""Dispatch and evaluation close a ticket between them: visit, redo, archive, one entry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.evaluation.v1.events_pb2 import MissExcused, ScoreBooked, ScoreTakenBack
from hotline.intake.v1 import events_pb2 as intake
from tests.integration.evaluation.running import running
from tests.support.directories import Office
from tests.support.loops import wait_until
from tests.support.site import Site, loop_of, problem, site

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPLY = {
    "is_true": True, "our_duty": True, "contacted": True, "solved": True, "public_answer": "Filled."
}  # fmt: skip
HAPPY = {"contacted": True, "solved": True, "satisfied": True, "generated": False}
UNHAPPY = {**HAPPY, "solved": False, "satisfied": False}


@dataclass
class City:
    """Both services; each waits for what the other was told and did."""

    dispatch: Site
    evaluation: Site

    async def complete(self, ticket: str) -> None:
        await self.dispatch.done(f"{ticket}/reply", REPLY, "unit:transport")
        await self.dispatch.done(f"{ticket}/approve", {}, "staff")

    async def accept(self, ticket: str) -> None:
        matter = intake.TicketAccepted(category="traffic/road", area="yingzhou")
        await self.dispatch.say(ticket, matter)
        await self.complete(ticket)

    async def visit(self, ticket: str, answers: dict[str, Any]) -> None:
        await self.evaluation.done(f"{ticket}/visit", answers, "staff")

    async def closed(self, ticket: str) -> list[str]:
        """The names of both services' facts, in order, once file and score are closed."""

        async def is_closed() -> bool:
            names = await self.names(ticket)
            entries = names.count("ScoreBooked") - names.count("ScoreTakenBack")
            return "TicketArchived" in names and entries == 1

        await wait_until(is_closed, what=f"closing {ticket}")
        return await self.names(ticket)

    async def names(self, ticket: str) -> list[str]:
        facts = [*await self.dispatch.facts(ticket), *await self.evaluation.facts(ticket)]
        return [f.type.rpartition(".")[2] for f in facts]

    async def entries(self, ticket: str) -> list[ScoreBooked]:
        """The entries that stand."""
        facts = await self.evaluation.facts(ticket)
        booked = [ScoreBooked.FromString(f.data) for f in facts if "ScoreBooked" in f.type]
        back = {ScoreTakenBack.FromString(f.data).entry for f in facts if "TakenBack" in f.type}
        return [entry for entry in booked if entry.entry not in back]


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["twin", "real"])
async def city(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """Both over one broker and one store."""
    run_dir, office = tmp_path_factory.mktemp("run"), Office.of("sample")
    async with (
        loop_of(request) as loop,
        site(loop, office.service, office.app, run_dir) as one,
        running(loop, run_dir) as other,
    ):
        other.seen = one.seen
        yield City(one, other)


async def test_solved_at_the_first_visit_closes_the_file_with_one_entry(city: City) -> None:
    await city.accept("A-1")
    await city.visit("A-1", HAPPY)
    assert await city.closed("A-1") == [
        "TicketDispatched", "DispatchConfirmed", "TicketReplied", "ReplyApproved",
        "TicketCompleted", "TicketArchived", "VisitScheduled", "VisitCompleted", "ScoreBooked",
    ]  # fmt: skip


async def test_the_answers_after_the_redo_are_the_entry(city: City) -> None:
    await city.accept("A-2")
    await city.visit("A-2", UNHAPPY)
    await city.complete("A-2")
    await city.visit("A-2", HAPPY)
    names = await city.closed("A-2")
    assert (names.count("RedoOrdered"), names.count("VisitCompleted")) == (1, 2)
    (entry,) = await city.entries("A-2")
    assert (entry.solved, entry.satisfied) == (True, True)


async def test_unsolved_twice_waits_for_a_supervisor_whose_archive_books_it(city: City) -> None:
    await city.accept("A-3")
    await city.visit("A-3", UNHAPPY)
    await city.complete("A-3")
    await city.visit("A-3", UNHAPPY)
    assert await city.entries("A-3") == []
    await city.dispatch.done("A-3/archive", {"reason": "reviewed"}, "supervisor")
    names = await city.closed("A-3")
    assert names.count("RedoOrdered") == 1
    (entry,) = await city.entries("A-3")
    assert (entry.visited, entry.solved, entry.satisfied) == (True, False, False)


async def test_visits_that_reach_nobody_close_the_file(city: City) -> None:
    await city.accept("A-4")
    for _ in range(3):
        await city.evaluation.done("A-4/visit-attempt", {"reason": "no answer"}, "staff")
    await city.closed("A-4")
    (entry,) = await city.entries("A-4")
    assert (entry.visited, entry.on_time) == (False, True)


async def test_a_file_closed_before_the_visit_has_its_entry_and_no_visit(city: City) -> None:
    await city.accept("A-5")
    await city.dispatch.done("A-5/archive", {"reason": "the citizen rang"}, "supervisor")
    await city.closed("A-5")
    (entry,) = await city.entries("A-5")
    assert (entry.visited, entry.on_time) == (False, True)
    late = await city.evaluation.post("A-5/visit", HAPPY, "staff")
    assert problem(late) == (409, "already-visited", "R29")

    async def is_off() -> bool:
        due = (await city.evaluation.get("/visits", "staff", limit=1_000)).json()
        return "A-5" not in {row["ticket"] for row in due}

    await wait_until(is_off, what="taking the visit off the list")


async def test_r31_an_excused_miss_leaves_the_entry_and_stays_on_record(city: City) -> None:
    clock: dict[str, Any] = {"clock": "resolve", "run": 1, "unit": "transport"}
    ruling = deadline.DisputeRuled(**clock, excused=True, reason="grid report", by="sue")
    await city.accept("A-6")
    await city.evaluation.say("A-6", deadline.DeadlineMissed(**clock))
    await city.visit("A-6", HAPPY)
    await city.closed("A-6")
    assert [entry.on_time for entry in await city.entries("A-6")] == [False]
    await city.evaluation.say("A-6", ruling, ruling)

    async def is_excused() -> bool:
        return [entry.on_time for entry in await city.entries("A-6")] == [True]

    await wait_until(is_excused, what="the entry without the miss")
    facts = await city.evaluation.facts("A-6")
    told = [MissExcused.FromString(f.data) for f in facts if "MissExcused" in f.type]
    assert [(one.unit, one.reason, one.by) for one in told] == [("transport", "grid report", "sue")]
    assert "MissCleared" not in await city.names("A-6")
