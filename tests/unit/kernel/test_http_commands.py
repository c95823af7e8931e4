"""Commands over HTTP: one answer per key, and one's own writes are read after Hotline-After."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from services.kernel import writer as writing
from services.kernel.facts import Append
from services.kernel.http import BODY_S
from services.kernel.identity import Principal, Role
from services.kernel.names import bucket_of
from services.kernel.problems import Problem
from services.kernel.routes import waited
from tests.support.desks import ProgressNoted, strict_desk
from tests.support.loops import BUCKETS
from tests.support.web import TICKET, Web, on_the_web, problem, seen


@on_the_web
async def test_the_same_command_twice_is_one_fact_and_the_same_answer(web: Web) -> None:
    first, again = await web.note("called"), await web.note("called")
    assert seen(first) == seen(again)
    assert (first.status_code, first.headers["etag"]) == (201, '"1"')
    assert await web.recorded() == ["ProgressNoted"]


@on_the_web
async def test_both_of_two_at_once_get_the_same_answer(web: Web) -> None:
    answers = await asyncio.gather(*(web.note("called") for _ in range(5)))
    assert {seen(a) for a in answers} == {seen(answers[0])}
    assert await web.recorded() == ["ProgressNoted"]


@on_the_web
async def test_a_key_for_another_body_or_ticket_is_refused(web: Web) -> None:
    await web.note("called")
    for again in (await web.note("wrote"), await web.note("called", ticket="T-2")):
        assert problem(again) == (422, "command-id-reused")
    assert await web.recorded() == ["ProgressNoted"]
    assert await web.process.names("T-2") == []


@on_the_web
async def test_callers_choose_their_keys_for_themselves(web: Web) -> None:
    await web.note("called")
    web.security.caller = Principal("clerk", frozenset({Role.STAFF}))
    assert (await web.note("wrote")).status_code == 200
    assert [f.by for f in await web.process.ledger(TICKET)] == ["dpr", "clerk"]


@on_the_web
async def test_a_command_without_a_key_or_role_is_refused(web: Web) -> None:
    assert problem(await web.note("called", key="")) == (400, "idempotency-key-missing")
    web.security.caller = Principal("web", frozenset({Role.CHANNEL}))
    assert problem(await web.note("called")) == (403, "role-missing")
    assert await web.recorded() == []


@on_the_web
async def test_a_rejection_repeats_and_takes_no_version(web: Web) -> None:
    first, again = await web.note(""), await web.note("")
    assert problem(first)[0] == 422
    assert (first.content, first.json()["rule"]) == (again.content, "R26")
    assert "etag" not in first.headers


@on_the_web
async def test_a_ticket_that_has_changed_since_it_was_read_is_told_so(web: Web) -> None:
    await web.note("called")
    stale = await web.note("wrote", "k2", If_Match='"0"')
    assert problem(stale) == (412, "version-mismatch")
    assert (await web.note("wrote", "k2", If_Match='"1"')).status_code == 200


@on_the_web
async def test_a_repeat_gets_its_answer_also_where_it_named_a_version(web: Web) -> None:
    await web.note("called")
    first = await web.note("wrote", "k2", If_Match='"1"')
    assert seen(await web.note("wrote", "k2", If_Match='"1"')) == seen(first)
    assert problem(await web.note("came", "k2", If_Match='"1"')) == (422, "command-id-reused")
    assert await web.recorded() == ["ProgressNoted"] * 2


@on_the_web
async def test_a_version_that_another_replica_recorded_is_known(web: Web) -> None:
    await web.note("called")
    event = ProgressNoted(web.town.clock.now(), "dpr", "wrote")
    fact = web.process.service.codec.encode(event, b"{}")
    await web.process.store.append([Append(bucket_of(TICKET, BUCKETS), TICKET, 1, [fact])])
    assert (await web.note("came", "k2", If_Match='"2"')).status_code == 200


@on_the_web
async def test_a_request_that_took_longer_than_the_grace_is_not_redated(web: Web) -> None:
    await web.process.store.close_buckets(range(BUCKETS), [], [], -10.0)
    late = await web.note("called")
    assert problem(late) == (503, "unavailable")
    assert late.headers["retry-after"] == "1"
    assert await web.recorded() == []
    await asyncio.sleep(11)
    assert (await web.note("called")).status_code == 201


@partial(on_the_web, made=strict_desk)
async def test_a_ticket_on_its_way_here_is_waited_for(web: Web) -> None:
    loop, process = asyncio.get_running_loop(), web.process

    async def heard_of() -> None:
        await asyncio.sleep(0.5)
        event = ProgressNoted(web.town.clock.now(), "dpr", "came")
        fact = process.service.codec.encode(event, b"{}")
        await process.store.append([Append(bucket_of(TICKET, BUCKETS), TICKET, 0, [fact])])

    arriving, began = asyncio.create_task(heard_of()), loop.time()
    assert (await web.note("called")).status_code == 200
    assert 0.5 <= loop.time() - began <= 0.7
    await arriving
    began = loop.time()
    assert problem(await web.note("called", "k2", ticket="T-9")) == (404, "unknown-ticket")
    assert 1.0 <= loop.time() - began <= 1.2
    assert await process.ledger("T-9") == []


@on_the_web
async def test_a_body_that_trickles_in_is_not_waited_for(web: Web) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(1)

    answer = await web.client.post(
        f"/v1/tickets/{TICKET}/note", content=trickle(), headers={"Idempotency-Key": "k"}
    )
    assert problem(answer) == (408, "body-too-slow")
    assert answer.headers["connection"] == "close"
    assert asyncio.get_running_loop().time() >= BODY_S


@on_the_web
async def test_a_full_queue_says_when_to_come_again(web: Web) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "QUEUE", 0)
        full = await web.note("called")
    assert problem(full) == (503, "unavailable")
    assert full.headers["retry-after"] == "1"
    assert (await web.note("called")).status_code == 201


# Hotline-Position and Hotline-After


@on_the_web
async def test_a_position_that_was_read_back_is_not_waited_for(web: Web) -> None:
    position = (await web.note("called")).headers["hotline-position"]
    await web.travelled()
    begun = web.town.clock.now()
    assert (await web.note("wrote", "k2", Hotline_After=position)).status_code == 200
    assert web.town.clock.now() - begun < timedelta(seconds=0.1)


@on_the_web
async def test_a_request_waits_until_its_position_was_applied(web: Web) -> None:
    position = (await web.note("called")).headers["hotline-position"]
    waiting = asyncio.create_task(web.note("wrote", "k2", Hotline_After=position))
    await asyncio.sleep(1.5)
    assert not waiting.done()
    await web.travelled()
    assert (await waiting).status_code == 200


@on_the_web
async def test_after_two_seconds_it_is_told_to_come_again(web: Web) -> None:
    position = (await web.note("called")).headers["hotline-position"]
    begun = web.town.clock.now()
    late = await web.note("wrote", "k2", Hotline_After=f"{position}, intake/3/9")
    waited_for = web.town.clock.now() - begun
    assert problem(late) == (503, "unavailable")
    assert late.headers["retry-after"] == "1"
    assert timedelta(seconds=2) <= waited_for < timedelta(seconds=2.1)
    assert await web.recorded() == ["ProgressNoted"]


@on_the_web
async def test_two_seconds_are_the_limit_for_all_positions_together(web: Web) -> None:
    position = (await web.note("called")).headers["hotline-position"]
    begun = web.town.clock.now()
    waiting = asyncio.create_task(
        web.note("wrote", "k2", Hotline_After=f"{position}, intake/3/9, deadline/2/1")
    )
    await asyncio.sleep(1.5)
    await web.travelled()
    assert problem(await waiting) == (503, "unavailable")
    assert web.town.clock.now() - begun < timedelta(seconds=2.1)


@on_the_web
async def test_any_replica_can_tell_what_was_applied(web: Web) -> None:
    position = (await web.note("called")).headers["hotline-position"]
    places = _after(position)
    web.process.inbox.let_go(list(web.process.inbox.rows))
    with pytest.raises(Problem, match="503"):
        await waited(web.process.runtime, places, views=True)
    begun = web.town.clock.now()
    assert (await web.note("wrote", "k2", Hotline_After=position)).status_code == 200
    assert web.town.clock.now() == begun  # a command decides on the ledger
    await web.process.join()
    await web.travelled()
    web.process.inbox.let_go(list(web.process.inbox.rows))
    await waited(web.process.runtime, places, views=True)


def _after(position: str) -> dict[tuple[str, int], int]:
    source, bucket, number = position.split("/")
    return {(source, int(bucket)): int(number)}


@pytest.mark.parametrize(
    "header", ["dispatch", "dispatch/1", "dispatch/1/x", "Dispatch/1/1", "/1/1"]
)
def test_a_malformed_position_is_refused(header: str) -> None:
    async def check(web: Web) -> None:
        found = await web.note("called", Hotline_After=header)
        assert problem(found) == (400, "hotline-after-malformed")
        assert await web.recorded() == []

    on_the_web(check)()
