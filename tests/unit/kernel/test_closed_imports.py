"""An import that was closed takes nothing more, and answers again what it had answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, cast

import orjson
import pytest

from hotline.intake.v1 import events_pb2 as intake
from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel.cloudevents import to_record
from services.kernel.codec import put_datetime
from services.kernel.facts import Fact
from services.kernel.imports import MOST_ID, Frontier, Imports, frontier_of
from services.kernel.names import COMMANDS, TICKETS, bucket_of
from services.kernel.store import Store
from tests.support.loops import BUCKETS
from tests.support.processes import City, Process
from tests.support.virtual import START
from tests.unit.kernel.importing import OLD, TICKET, UNIT, answers, noting, stated

OTHER = "T-2"


@pytest.fixture
async def dispatch(town: City) -> Process:
    return await noting(town, intake.HistoryClosed)


def said(*, final: bool, import_id: str = "i1") -> Fact:
    """Intake's first fact in the ticket's bucket: how far the import has come."""
    message = intake.HistoryClosed(import_id=import_id, final=final)
    put_datetime(message.until, START)
    bucket, kind = bucket_of(TICKET, BUCKETS), message.DESCRIPTOR.full_name
    return Fact(
        "intake", bucket, 1, "import-i1-0", 1, kind, message.SerializeToString(), START, START
    )


async def close(town: City, dispatch: Process, *, final: bool = True) -> None:
    await town.publish(to_record(said(final=final), TICKETS))
    await dispatch.read()


async def test_what_comes_first_after_the_close_is_refused_and_nothing_is_written(
    town: City, dispatch: Process
) -> None:
    await answers(town, dispatch, stated("one"))
    await close(town, dispatch)
    refused = await answers(town, dispatch, stated("two"), stated("new", ticket=OTHER))
    assert [a.status for a in refused] == [409, 409]
    problem = orjson.loads(refused[0].body)
    assert problem["type"] == "/problems/import-closed"
    assert "'i1'" in problem["detail"]
    assert [f.command_id for f in await dispatch.ledger(TICKET)] == ["old-city/one"]
    assert await dispatch.ledger(OTHER) == []
    assert await dispatch.store.answers([("old-city", "two"), ("old-city", "new")]) == {}


async def test_a_repeat_after_the_close_gets_the_answer_of_the_first_time(
    town: City, dispatch: Process
) -> None:
    first = await answers(town, dispatch, stated("one"))
    await close(town, dispatch)
    again = await answers(town, dispatch, stated("one"))
    assert again == first
    assert first[0].status == 201
    assert len(await dispatch.ledger(TICKET)) == 1


async def test_another_body_under_the_id_of_a_closed_import_is_still_422(
    town: City, dispatch: Process
) -> None:
    await answers(town, dispatch, stated("one"))
    await close(town, dispatch)
    changed = stated("one", words="other")
    assert [a.status for a in await answers(town, dispatch, changed)] == [422]


async def test_a_frontier_that_is_not_the_last_closes_nothing(
    town: City, dispatch: Process
) -> None:
    await close(town, dispatch, final=False)
    assert [a.status for a in await answers(town, dispatch, stated("one"))] == [201]


async def test_other_imports_and_live_commands_go_on(town: City, dispatch: Process) -> None:
    await answers(town, dispatch, stated("one"))
    await close(town, dispatch)
    other = await answers(town, dispatch, stated("theirs", ticket=OTHER, import_id="i2"))
    assert [a.status for a in other] == [201]
    await town.publish(UNIT.note(TICKET, "live", "c1", START))
    await dispatch.read()
    assert [f.import_id for f in await dispatch.ledger(TICKET)] == ["i1", ""]


async def test_what_waited_in_a_parked_ticket_before_the_close_counts_and_later_ones_are_refused(
    town: City, dispatch: Process
) -> None:
    dispatch.inbox.parked.add(TICKET)
    assert await answers(town, dispatch, stated("in time")) == []
    await close(town, dispatch)
    refused = await answers(town, dispatch, stated("late"), stated("in time"))
    assert [(a.command_id, a.status) for a in refused] == [("late", 409)]
    before = len(town.log(OLD.replies))
    assert await dispatch.worker.release(TICKET) == 2  # and the repeat of the first
    await dispatch.read()
    told = [CommandAnswered.FromString(r.value) for r in town.log(OLD.replies)[before:]]
    assert [(a.command_id, a.status) for a in told] == [("in time", 201)]
    assert [f.command_id for f in await dispatch.ledger(TICKET)] == ["old-city/in time"]


async def test_late_commands_behind_a_parked_ticket_load_no_body_and_ask_once_for_the_batch(
    town: City, dispatch: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch.inbox.parked.add(TICKET)
    early = [stated(f"in time {n}") for n in range(3)]
    assert await answers(town, dispatch, *early) == []
    await close(town, dispatch)
    asked = Counter[str]()
    for name in ("closed_imports", "parked_headers", "parked_records"):
        monkeypatch.setattr(dispatch.store, name, counted(asked, getattr(dispatch.store, name)))
    refused = await answers(town, dispatch, *early, stated("late"), stated("x", ticket=OTHER))
    assert [(a.command_id, a.status) for a in refused] == [("x", 409), ("late", 409)]
    assert asked == {"closed_imports": 1, "parked_headers": 1}


def counted(asked: Counter[str], call: Any) -> Any:
    async def counts(*args: Any) -> Any:
        asked[call.__name__] += 1
        return await call(*args)

    return counts


async def test_live_commands_and_facts_wait_in_a_parked_ticket_though_an_import_was_closed(
    town: City, dispatch: Process
) -> None:
    await close(town, dispatch)
    dispatch.inbox.parked.add(TICKET)
    await town.publish(UNIT.note(TICKET, "live", "c1", START))
    fact = replace(said(final=True), ticket=TICKET, position=2, import_id="i1")
    await town.publish(to_record(fact, TICKETS))
    await dispatch.read()
    waiting = await dispatch.store.parked_records(TICKET, 10)
    assert {r.topic for r in waiting} == {TICKETS, COMMANDS}
    assert await dispatch.worker.release(TICKET) == 2
    assert [f.import_id for f in await dispatch.ledger(TICKET)] == [""]


async def test_a_name_that_no_store_can_hold_is_not_looked_up() -> None:
    imports = Imports(cast(Store, object()))
    odd = [("i1\0", "old-city", "c"), ("", "old-city", "c"), ("i" * (MOST_ID + 1), "s", "c")]
    assert await imports.too_late(odd) == set()


def test_the_frontier_is_read_from_its_fact_alone() -> None:
    assert frontier_of(intake.HistoryClosed, said(final=True)) == Frontier("i1", START, True)
    assert frontier_of(None, said(final=True)) is None
    assert frontier_of(intake.TicketAccepted, said(final=True)) is None
