"""A command by Kafka that comes before its ticket waits for it, in order, for ten minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
import pytest

from hotline.kernel.v1.answer_pb2 import CommandAnswered
from services.kernel import worker
from services.kernel.early import EarlyCommands
from services.kernel.facts import Append, Appended
from services.kernel.names import bucket_of
from services.kernel.service import CommandRule, Service
from tests.support.desks import NoteProgress, ProgressNoted, strict_desk
from tests.support.loops import BUCKETS
from tests.support.processes import City, Process
from tests.support.senders import Signer
from tests.support.virtual import START

DPR = Signer("dpr", "unit")
RULE = CommandRule("note", NoteProgress, frozenset({"unit"}))


@pytest.fixture
def town(town: City) -> City:
    town.know(DPR)
    return town


@pytest.fixture
async def dispatch(town: City) -> Process:
    return await town.process(replace(strict_desk(), commands=(RULE,)))


async def send(town: City, process: Process, ticket: str, *words: str) -> None:
    """Notes as one batch; a note's words are its command id."""
    at = town.clock.now()
    await town.publish(*(DPR.note(ticket, w, f"{ticket}-{w}", at) for w in words))
    await process.read()


async def tick(process: Process) -> None:
    clock, replies = process.city.clock, process.runtime.replies
    await EarlyCommands(process.store, process.inbox, process.worker, clock, BUCKETS).tick()
    await asyncio.gather(*replies._sending)  # beside


async def appears(process: Process, ticket: str, at: datetime) -> None:
    """The ticket's first fact, by another process or a reaction."""
    fact = process.service.codec.encode(ProgressNoted(at, "dpr", "came"), b"{}")
    (outcome,) = await process.store.append([Append(bucket_of(ticket, BUCKETS), ticket, 0, [fact])])
    assert isinstance(outcome, Appended)


def answers(town: City) -> list[tuple[str, int]]:
    found = [CommandAnswered.FromString(r.value) for r in town.log(DPR.replies)]
    return [(a.command_id, a.status) for a in found]


async def notes(process: Process, ticket: str) -> list[tuple[str, datetime]]:
    codec = process.service.codec
    events = [codec.decode(f) for f in await process.ledger(ticket)]
    return [(e.note, e.at) for e in events if isinstance(e, ProgressNoted)]


async def test_it_is_applied_when_its_ticket_appears_with_that_facts_time(
    town: City, dispatch: Process
) -> None:
    await send(town, dispatch, "T-1", "a", "b")
    await send(town, dispatch, "T-1", "c")
    await tick(dispatch)
    assert (answers(town), await dispatch.ledger("T-1")) == ([], [])
    town.clock.advance(minutes=9)
    appeared = START + timedelta(minutes=8)
    await appears(dispatch, "T-1", appeared)
    await send(town, dispatch, "T-1", "d")
    await tick(dispatch)
    assert await notes(dispatch, "T-1") == [
        *((words, appeared) for words in ("came", "a", "b", "c")),
        ("d", town.clock.now()),
    ]
    assert answers(town) == [(f"T-1-{w}", 200) for w in "abcd"]
    assert await dispatch.store.parked_records("", 10) == []


async def test_one_that_came_after_its_tickets_first_fact_keeps_its_own_time(
    town: City, dispatch: Process
) -> None:
    town.clock.advance(seconds=30)
    await send(town, dispatch, "T-1", "a")
    await appears(dispatch, "T-1", START)
    await tick(dispatch)
    assert (await notes(dispatch, "T-1"))[-1] == ("a", START + timedelta(seconds=30))


async def test_after_ten_minutes_it_is_answered_that_nobody_knows_the_ticket(
    town: City, dispatch: Process
) -> None:
    await send(town, dispatch, "T-1", "a")
    town.clock.advance(minutes=9, seconds=59)
    await tick(dispatch)
    assert answers(town) == []
    town.clock.advance(seconds=1)
    await tick(dispatch)
    assert answers(town) == [("T-1-a", 404)]
    assert await dispatch.ledger("T-1") == []
    await send(town, dispatch, "T-1", "b")
    assert answers(town) == [("T-1-a", 404)]  # the next one waits its own ten minutes


async def test_a_watermark_that_has_passed_does_not_refuse_it(
    town: City, dispatch: Process
) -> None:
    await send(town, dispatch, "T-1", "a")
    await appears(dispatch, "T-1", START)
    await dispatch.store.close_buckets(range(BUCKETS), [], [], -60.0)
    await tick(dispatch)
    assert [words for words, _ in await notes(dispatch, "T-1")] == ["came", "a"]


async def test_others_go_on_and_a_repeat_is_one_fact(town: City, dispatch: Process) -> None:
    await appears(dispatch, "T-2", START)
    await send(town, dispatch, "T-1", "a", "a")
    await send(town, dispatch, "T-1", "a")
    await send(town, dispatch, "T-2", "x")
    assert answers(town) == [("T-2-x", 200)]
    await appears(dispatch, "T-1", START)
    await tick(dispatch)
    assert [words for words, _ in await notes(dispatch, "T-1")] == ["came", "a"]
    assert answers(town) == [("T-2-x", 200), ("T-1-a", 200)]


async def test_the_next_owner_goes_on_with_what_waits(town: City, dispatch: Process) -> None:
    await send(town, dispatch, "T-1", "a")
    newer = await town.process(dispatch.service, "1")
    assert newer.inbox.early == {"T-1"}
    await appears(newer, "T-1", START)
    await send(town, newer, "T-1", "b")
    await tick(newer)
    assert [words for words, _ in await notes(newer, "T-1")] == ["came", "a", "b"]


async def test_one_that_makes_the_code_fail_is_parked_with_those_behind_it(town: City) -> None:
    def failing(command: NoteProgress, state: tuple[str, ...]) -> Sequence[ProgressNoted]:
        if state and command.note == "poison":
            raise ZeroDivisionError("this note makes the code fail")
        return strict.decide(command, state)

    service: Service = strict_desk()
    assert service.decider is not None
    strict = service.decider
    made = await town.process(
        replace(service, commands=(RULE,), decider=replace(strict, decide=failing))
    )
    await send(town, made, "T-1", "poison", "b")
    await appears(made, "T-1", START)
    await tick(made)
    assert await made.names("T-1") == ["ProgressNoted", "TicketParked"]
    await send(town, made, "T-1", "c")
    waiting = await made.store.parked_records("T-1", 10)
    assert [r.early_until for r in waiting] == [None] * 3
    assert "ZeroDivisionError" in waiting[0].reason
    assert (made.inbox.parked, made.inbox.early) == ({"T-1"}, set())
    await tick(made)
    assert answers(town) == []


async def test_more_tickets_than_may_wait_are_answered_at_once(
    town: City, dispatch: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MOST_EARLY", 1)
    await send(town, dispatch, "T-1", "a")
    await send(town, dispatch, "T-2", "a")
    assert answers(town) == [("T-2-a", 404)]
    answer = CommandAnswered.FromString(town.log(DPR.replies)[0].value)
    assert orjson.loads(answer.body)["type"].endswith("unknown-ticket")
