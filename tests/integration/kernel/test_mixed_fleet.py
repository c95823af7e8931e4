"""Two releases of one service side by side: the next one writes what this one does not know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from hotline.dev.stack import StackInfo
from hotline.dispatch.v1 import commands_pb2
from services.kernel.codec import Codec
from services.kernel.decider import Decider
from services.kernel.facts import Fact
from services.kernel.members import members
from services.kernel.names import bucket_of
from services.kernel.runtime import Runtime
from services.kernel.service import Service
from tests.integration.kernel.test_loop import note
from tests.support.desks import NoteProgress, ProgressNoted, desk, desk_decide, echo
from tests.support.loops import Loop, real_loop, wait_until
from tests.support.releases import NOTED, WITHDRAWN, following

TICKETS = [f"t{n}" for n in range(12)]


@dataclass(frozen=True, slots=True)
class KindlyNoted:
    """What the next release makes of ProgressNoted: it has a tone."""

    at: datetime
    unit: str
    note: str
    tone: str


@dataclass(frozen=True, slots=True)
class NoteWithdrawn:
    at: datetime
    note: str


def decide(command: NoteProgress, notes: tuple[str, ...]) -> Sequence[Any]:
    if command.note.startswith("not "):
        return [NoteWithdrawn(command.at, command.note.removeprefix("not "))]
    noted = desk_decide(command, notes)
    return [KindlyNoted(e.at, e.unit, e.note, "kind") for e in noted]


def evolve(notes: tuple[str, ...], event: Any) -> tuple[str, ...]:
    if isinstance(event, NoteWithdrawn):
        return tuple(note for note in notes if note != event.note)
    return (*notes, event.note)


def next_desk() -> Service:
    """It writes a new field into an old event, and a new event."""
    messages = following()
    codec = Codec(
        "dispatch",
        own=[(KindlyNoted, messages.message(NOTED)), (NoteWithdrawn, messages.message(WITHDRAWN))],
        commands=[(NoteProgress, commands_pb2.NoteProgress)],
    )
    return Service("dispatch", codec, Decider((), decide, evolve, lambda e, s, at: []))


def reading_desk() -> Service:
    """The release between them: it reads the new event and does not write it yet."""
    service = next_desk()
    assert service.decider is not None

    def kept(command: NoteProgress, notes: tuple[str, ...]) -> Sequence[Any]:
        return [replace(e, tone="") for e in decide(command, notes) if isinstance(e, KindlyNoted)]

    return replace(service, decider=replace(service.decider, decide=kept))


@pytest.fixture
async def loop(stack: StackInfo, namespace: str) -> AsyncIterator[Loop]:
    """On the real broker: that of the twins gives all buckets to the newest member."""
    async with real_loop(stack, namespace) as real:
        yield real


async def fleet(loop: Loop, older: Service) -> tuple[Runtime, Runtime, Runtime]:
    """The older release and the next one share the buckets; another service reads."""
    old = await loop.run(older)
    new = await loop.run(next_desk(), instance="1")
    reader = await loop.run(echo())

    async def shared() -> bool:
        return len(old.inbox.buckets()) == len(new.inbox.buckets()) == 2

    await wait_until(shared, 30.0, "sharing the buckets")
    return old, new, reader


async def at_work(loop: Loop, old: Runtime, new: Runtime) -> list[Fact]:
    """Both releases write to tickets of all buckets; all that came of it."""
    for runtime, words in ((new, "called"), (old, "wrote"), (new, "not called"), (old, "visited")):
        answers = await asyncio.gather(*(note(runtime, ticket, words) for ticket in TICKETS))
        assert {answer.status for answer in answers} <= {200, 201}
    return await loop.facts(lambda found: len(own(found)) >= 4 * len(TICKETS), 30.0)


def own(facts: Sequence[Fact]) -> list[Fact]:
    """Each once: a relay that lost its bucket may have sent some again."""
    found = {fact.event_id: fact for fact in facts if fact.source == "dispatch"}
    return list(found.values())


def unknown(runtime: Runtime) -> float:
    found = runtime.registry.get_sample_value("hotline_facts_unknown_total")
    assert found is not None
    return found


async def test_old_and_new_side_by_side_lose_nothing_and_park_nothing(loop: Loop) -> None:
    """Even where a release is skipped: what is not known is skipped, counted, and passed on."""
    old, new, reader = await fleet(loop, desk())
    facts = await at_work(loop, old, new)
    for ticket in TICKETS:
        mine = sorted((f for f in own(facts) if f.ticket == ticket), key=lambda f: f.version)
        assert [f.version for f in mine] == [1, 2, 3, 4], "both count on from each other"
        types = [f.type.rpartition(".")[2] for f in mine]
        assert types == ["ProgressNoted", "ProgressNoted", "NoteWithdrawn", "ProgressNoted"]
        first: Any = following().message(NOTED).FromString(mine[0].data)
        assert (first.note, first.tone) == ("called", "kind"), "whoever published it"
    withdrawn = [f for f in own(facts) if f.type == WITHDRAWN]

    async def counted() -> bool:
        mine = [f for f in withdrawn if f.bucket in old.inbox.buckets()]
        return unknown(old) >= len(mine) > 0

    await wait_until(counted, what="counting what is not known")
    assert unknown(new) == unknown(reader) == 0
    for runtime in (old, new, reader):
        assert not runtime.inbox.parked
        assert (await runtime.readiness())["running"]
    assert old.states is not None
    assert (await old.states.anew(TICKETS[0])) == (("called", "wrote", "visited"), 4)
    by_old = {f.stage for f in withdrawn if f.bucket in old.inbox.buckets()}
    assert by_old == {""}, "the one thing that it cannot say of what it does not know"


async def test_with_a_release_that_reads_before_one_writes_nothing_is_unknown(loop: Loop) -> None:
    """The two steps in which new events are brought in: docs/operations.md, Upgrade."""
    old, new, reader = await fleet(loop, reading_desk())
    facts = await at_work(loop, old, new)
    assert {f.stage for f in own(facts)} == {"handling"}
    assert unknown(old) == unknown(new) == unknown(reader) == 0
    assert old.states is not None
    assert (await old.states.anew(TICKETS[0])) == (("wrote", "visited"), 4)


async def test_what_the_next_release_wrote_is_read_after_a_roll_back(loop: Loop) -> None:
    """The old one alone goes on where the new one stopped."""
    new = await loop.run(next_desk())
    for words in ("called", "not called"):
        await note(new, "t1", words)
    await loop.facts(lambda found: len(own(found)) >= 2)
    await new.stop()
    old = await loop.run(desk())
    assert (await note(old, "t1", "wrote")).version == 3
    facts = await loop.facts(lambda found: len(own(found)) >= 3)
    assert [f.version for f in own(facts)] == [1, 2, 3]
    assert {f.bucket for f in own(facts)} == {bucket_of("t1", 4)}


def test_the_old_release_is_this_one() -> None:
    codec = desk().codec
    assert codec.knows(NOTED)
    assert not codec.knows(WITHDRAWN)
    assert {member.name for member in members(ProgressNoted)} == {"at", "unit", "note"}
