"""Commands over HTTP on the twins: once, on the version that was read, by who may, traceable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from services.dispatch import service as dispatch
from services.dispatch.adapters.registry import load
from services.dispatch.domain.commands import PlaceTicket
from services.dispatch.domain.directory import always
from services.kernel.bus import Record
from services.kernel.decider import Decider
from services.kernel.http import create_app
from services.kernel.names import TICKETS, bucket_of, topic_of
from services.kernel.routes import command_router
from services.kernel.runtime import Runtime
from services.kernel.service import CommandRule, Service
from services.kernel.telemetry import JsonLines
from tests.support.apps import STAFF, Callers, calling, problem, unit
from tests.support.desks import Empty, NoteProgress, desk, echo, echo_evolve, echo_react
from tests.support.loops import BUCKETS, Loop, memory_loop

TICKET = "20260302-1"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE_ID = TRACE.split("-")[1]


def noting() -> Service:
    return replace(desk(), commands=(CommandRule("note", NoteProgress, frozenset({"unit"})),))


@dataclass
class Web:
    """A service that runs on the twins, and a client of it."""

    loop: Loop
    runtime: Runtime
    callers: Callers
    client: httpx.AsyncClient

    async def note(self, words: str, key: str = "k", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(
            f"/v1/tickets/{TICKET}/note",
            json={"note": words},
            headers={"Idempotency-Key": key, **named},
        )

    async def records(self, count: int) -> list[Record]:
        topic = topic_of(self.loop.namespace, TICKETS)
        places = [(topic, p) for p in range(BUCKETS)]
        return await self.loop.read(places, lambda found: len(found) >= count)


async def serving(loop: Loop, service: Service, resources: AsyncExitStack) -> Web:
    runtime, callers = await loop.run(service), Callers(unit("DOT"))
    app = create_app(service.name, runtime.readiness, security=callers, registry=runtime.registry)
    app.include_router(command_router(runtime))
    client = await resources.enter_async_context(calling(app))
    return Web(loop, runtime, callers, client)


@pytest.fixture
async def loop(namespace: str) -> AsyncIterator[Loop]:
    async with memory_loop(namespace) as found:
        yield found


@pytest.fixture
async def web(loop: Loop) -> AsyncIterator[Web]:
    async with AsyncExitStack() as resources:
        yield await serving(loop, noting(), resources)


async def test_a_command_is_answered_with_version_position_and_facts(web: Web) -> None:
    answer = await web.note("called")
    assert answer.status_code == 201
    assert answer.json() == {"ticket": TICKET, "version": 1, "facts": ["ProgressNoted"]}
    assert answer.headers["etag"] == '"1"'
    bucket = bucket_of(TICKET, BUCKETS)
    assert answer.headers["hotline-position"] == f"dispatch/{bucket}/1"


async def test_a_repeat_gets_the_same_answer_and_no_second_fact(web: Web) -> None:
    first, second = await web.note("called"), await web.note("called")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first.headers["hotline-position"] == second.headers["hotline-position"]
    assert problem(await web.note("wrote")) == (422, "command-id-reused")
    assert len((await web.runtime.store.load([(bucket_of(TICKET, BUCKETS), TICKET)]))[TICKET]) == 1


async def test_a_key_is_the_callers_own(web: Web) -> None:
    await web.note("called")
    web.callers.caller = unit("DPR")
    assert (await web.note("wrote")).json()["version"] == 2


async def test_a_command_without_a_key_of_its_own_is_refused(web: Web) -> None:
    path = f"/v1/tickets/{TICKET}/note"
    answer = await web.client.post(path, json={"note": "x"})
    assert problem(answer) == (400, "idempotency-key-missing")
    for key in ("", "a b", "k" * 201):
        assert problem(await web.note("x", key=key)) == (400, "idempotency-key-malformed")
    assert (await web.note("x", key="k" * 200)).status_code == 201


async def test_a_command_on_another_version_is_refused_and_told_the_right_one(web: Web) -> None:
    await web.note("called")
    answer = await web.note("wrote", key="2", If_Match='"0"')
    assert problem(answer) == (412, "version-mismatch")
    assert "version 1" in answer.json()["detail"]
    assert problem(await web.note("wrote", key="3", If_Match="1")) == (400, "if-match-malformed")
    assert (await web.note("wrote", key="4", If_Match='"1"')).json()["version"] == 2


async def test_a_rule_that_is_broken_is_a_problem_with_its_number(web: Web) -> None:
    answer = await web.note("")
    assert problem(answer) == (422, "empty")
    assert answer.json()["rule"] == "R26"
    assert "etag" not in answer.headers


async def test_ones_own_write_can_be_waited_for(web: Web) -> None:
    first = await web.note("called")
    position = first.headers["hotline-position"]
    assert (await web.note("wrote", key="2", Hotline_After=position)).status_code == 200
    beyond = f"{position.rpartition('/')[0]}/99"
    ahead = await web.note("again", key="3", Hotline_After=beyond)
    assert problem(ahead) == (503, "unavailable")
    malformed = await web.note("again", key="3", Hotline_After="dispatch")
    assert problem(malformed) == (400, "hotline-after-malformed")


@pytest.mark.parametrize("ticket", ["ab", "a b", "x" * 65, "a%00b", "é"])
async def test_a_path_without_a_ticket_id_is_refused(web: Web, ticket: str) -> None:
    headers = {"Idempotency-Key": "k"}
    answer = await web.client.post(
        f"/v1/tickets/{ticket}/note", json={"note": "x"}, headers=headers
    )
    assert problem(answer) == (400, "parameter-invalid")


# A unit acts only for itself


async def test_a_unit_acts_only_on_what_was_dispatched_to_it(loop: Loop) -> None:
    async with AsyncExitStack() as resources:
        web = await serving(loop, dispatch.service(always(load("nyc"))), resources)
        await placed(web.runtime, "NYPD/Noise - Residential")
        for other in (unit("DOT"), unit(None), unit("nypd")):
            web.callers.caller = other
            assert problem(await command(web, "confirm")) == (403, "not-your-ticket")
        web.callers.caller = STAFF
        assert problem(await command(web, "confirm")) == (403, "role-missing")
        web.callers.caller = unit("NYPD")
        assert (await command(web, "confirm")).json()["facts"] == ["DispatchConfirmed"]


async def placed(runtime: Runtime, category: str) -> None:
    now = runtime.clock.now()
    placing = PlaceTicket(now, category, "MANHATTAN", "", now)
    assert runtime.performer is not None
    done = await runtime.performer.perform(
        TICKET, placing, sender="intake", key="1", body_hash=b"", meta={}
    )
    assert b"TicketDispatched" in done.body


async def command(web: Web, verb: str, **body: Any) -> httpx.Response:
    assert web.callers.caller is not None
    return await web.client.post(
        f"/v1/tickets/{TICKET}/{verb}",
        json=body,
        headers={"Idempotency-Key": f"{web.callers.caller.name}-{verb}"},
    )


# Trace context: request, record, reaction


async def test_a_trace_passes_from_the_request_to_the_record_and_the_reaction(web: Web) -> None:
    await web.loop.run(echo())
    answer = await web.note("called", traceparent=TRACE)
    own = answer.headers["traceparent"]
    noted, started = [dict(r.headers) for r in (await web.records(2))[:2]]
    assert own.split("-")[1] == TRACE_ID
    assert noted["traceparent"] == started["traceparent"] == own.encode()
    assert (noted["ce_source"], started["ce_source"]) == (b"dispatch", b"deadline")


def refusing() -> Service:
    """An echo that may start no clock."""

    def refuse(_: Any, __: frozenset[str]) -> list[Any]:
        raise Empty

    return replace(echo(), decider=Decider(frozenset[str](), refuse, echo_evolve, echo_react))


async def test_what_a_reaction_logs_carries_its_ticket_and_trace(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(JsonLines("deadline"))
    await web.loop.run(refusing())
    answer = await web.note("called", traceparent=TRACE)
    async with asyncio.timeout(10):
        while "was rejected" not in caplog.text:
            await asyncio.sleep(0.01)
    lines = [json.loads(line) for line in caplog.text.splitlines()]
    (line,) = [found for found in lines if "was rejected" in found["message"]]
    assert line["ticket"] == TICKET
    assert line["traceparent"] == answer.headers["traceparent"]


async def test_a_ticket_that_is_parked_is_named_in_the_log(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(JsonLines("deadline"))
    await web.loop.run(echo())
    await web.note("poison")
    async with asyncio.timeout(10):
        while "is parked" not in caplog.text:
            await asyncio.sleep(0.01)
    lines = [json.loads(line) for line in caplog.text.splitlines()]
    assert [x["ticket"] for x in lines if "is parked" in x["message"]] == [TICKET]
