"""One walk over every way in that admits a unit: what another unit has is neither read nor listed
nor acted on. A way that is not classified here fails the test."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from hotline.cli.cities import subscriptions
from hotline.client.commands import Signer
from hotline.contracts import roles
from hotline.dev.senders import city_senders, make_senders, unit_sender
from hotline.dispatch.v1.events_pb2 import TicketDispatched
from hotline.history.nyc import read_rows
from hotline.kernel.v1.answer_pb2 import CommandAnswered
from hotline.sim.city import signers
from hotline.sim.matters import matters
from services.datasync.adapters.reading import Reading
from services.datasync.adapters.registry import load as load_sharing
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.stream import Followers
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load as load_policy
from services.deadline.adapters.rules import InEffect, Rules
from services.dispatch.adapters.published import kinds as directories
from services.dispatch.adapters.registry import load as load_directory
from services.evaluation.adapters import windows_http
from services.evaluation.adapters.published import InEffect as Weighing
from services.evaluation.adapters.published import kinds as formulas
from services.evaluation.adapters.registry import load as load_formula
from services.evaluation.domain.views import FiguresRow
from services.kernel.bus import Record
from services.kernel.facts import Fact
from services.kernel.identity import Principal, Role
from services.kernel.names import replies_of, topic_of
from services.kernel.registry import Registry
from services.kernel.registry_memory import MemoryRegistry
from services.kernel.senders import Senders
from tests.integration.test_whole_loop import CITY, MATTERS, MemoryCity, _make_topics
from tests.integration.unit_ways import (
    ACTS,
    BY_KAFKA,
    COMMON,
    FEEDS,
    FIGURES,
    LISTS,
    READS,
    SUBSCRIPTIONS,
    TICKET,
)
from tests.support.apps import Callers, application, calling, unit
from tests.support.loops import BUCKETS, JumpingClock, Loop, memory_loop, wait_until
from tests.unit.evaluation.windows import a_measure, counted

TUESDAY = datetime(2026, 3, 17, 14, tzinfo=UTC)  # what is due the next working day is of its week
CHIEF = Principal("chief", frozenset({Role.SUPERVISOR}))


def test_every_way_in_of_a_unit_or_a_department_is_classified() -> None:
    ways = {(s, way) for s, way, admitted in roles.rows() if admitted & {"unit", "department"}}
    kinds = [READS, LISTS, FIGURES, FEEDS, SUBSCRIPTIONS, ACTS, BY_KAFKA, COMMON]
    known = [way for kind in kinds for way in kind]
    assert len(known) == len(set(known))
    assert set(known) == ways


@dataclass
class Town:
    """Two units, `mine` and `theirs`, with the ticket of each; every service's application."""

    loop: Loop
    callers: Callers
    http: dict[str, httpx.AsyncClient]
    signer: dict[str, Signer]
    mine: str
    theirs: str
    ticket: dict[str, str]
    calls: int = 0

    async def call(self, service: str, way: str, of: str, content: Any) -> httpx.Response:
        """As `mine`, at what belongs to the unit `of`; the content is a query or a body."""
        method, path = way.split(" ")
        shared = subscriptions(CITY)
        for name, value in {
            "ticket": self.ticket[of], "clock": "resolve", "subscription": shared[of],
        }.items():  # fmt: skip
            path = path.replace(f"{{{name}}}", value)
        self.calls += 1
        part: Any = {"params": content} if method == "GET" else {"json": content}
        headers = {"Idempotency-Key": f"key-{self.calls}"}
        return await self.http[service].request(method, path, headers=headers, **part)

    async def as_chief(self, service: str, way: str, of: str, content: Any) -> httpx.Response:
        """The same as somebody who may ask for every unit."""
        caller, self.callers.caller = self.callers.caller, CHIEF
        try:
            return await self.call(service, way, of, content)
        finally:
            self.callers.caller = caller

    async def ledgers(self) -> int:
        """How many facts there are in all."""
        found = [await s.next_positions(range(BUCKETS)) for s in self.loop.stores.values()]
        return sum(sum(positions.values()) for positions in found)


@pytest.fixture
async def town(tmp_path: Path, namespace: str) -> AsyncIterator[Town]:
    units = sorted(load_directory(CITY).units)
    make_senders(tmp_path, city_senders(units))
    async with memory_loop(namespace, JumpingClock(TUESDAY)) as loop, AsyncExitStack() as open_:
        _make_topics(loop, units)
        city = MemoryCity(loop, Senders(tmp_path / "senders.json"))
        named = signers(tmp_path, units, namespace, BUCKETS)
        await open_.enter_async_context(city.running())
        ticket = await _dispatched(loop, named["channel"])
        mine, theirs = sorted(u for u in ticket if u in subscriptions(CITY))[:2]
        callers = Callers(unit(mine))
        await _scored(loop, city, mine, theirs)
        http = {}
        for name, app in _applications(loop, city, callers, _windows(mine, theirs)).items():
            http[name] = await open_.enter_async_context(calling(app))
        made = Town(loop, callers, http, named, mine, theirs, ticket)
        await wait_until(lambda: _listed(made), 20.0, "the views have the tickets")
        yield made


async def _dispatched(loop: Loop, channel: Signer) -> dict[str, str]:
    """One ticket of each unit that got any."""
    new, now = matters(read_rows(), loop.namespace), loop.clock.now()
    records = []
    for _ in range(MATTERS):
        m = next(new)
        records.append(channel.submission(m.external_id, m, m.external_id, now))
    await loop.bus().publish(records)

    def sent(facts: list[Fact]) -> list[Fact]:
        return [f for f in facts if f.type == TicketDispatched.DESCRIPTOR.full_name]

    facts = await loop.facts(lambda found: len(sent(found)) == MATTERS)
    return {TicketDispatched.FromString(f.data).unit: f.ticket for f in sent(facts)}


async def _scored(loop: Loop, city: MemoryCity, *units: str) -> None:
    """Figures of each unit, all different."""
    rows = [(0, FiguresRow(name, "2026-03", entries=n)) for n, name in enumerate(units, 1)]
    async with loop.memory_store("evaluation").transaction() as tx:
        await city.figures.inside(tx).add(rows)


def _windows(*units: str) -> dict[str, bytes]:
    at = datetime(2026, 3, 16, tzinfo=UTC)
    return {u: counted([a_measure(at, 1, unit=u)]).SerializeToString() for u in units}


def _applications(
    loop: Loop, city: MemoryCity, callers: Callers, windows: dict[str, bytes]
) -> dict[str, Any]:
    policy, calendar = load_policy(CITY)
    sharing = load_sharing(CITY)
    run = {name.partition("-")[0]: runtime for name, runtime in loop.runtimes.items()}
    rules = Rules(CITY, policy, calendar, PolicyCodec(policy))
    clock = run["deadline"].clock
    registry = Registry(MemoryRegistry(clock.now), clock, rules.kinds())
    others = Registry(MemoryRegistry(clock.now), clock, directories(CITY) | formulas(CITY))
    reading = Reading(sharing.sharing, Serving(sharing.sharing), city.feeds, BUCKETS, sharing.zone)
    parts: dict[str, dict[str, Any]] = {
        "dispatch": {"registry": others},
        "deadline": {
            "clocks": city.clocks, "cities": InEffect(rules, registry).city, "registry": registry,
        },
        "evaluation": {"formulas": Weighing(others), "zone": sharing.zone, "registry": others,
                       "figures": city.figures},
        "datasync": {"reading": reading, "followers": Followers()},
    }  # fmt: skip
    made = {n: application(n, callers, runtime=run[n], **given) for n, given in parts.items()}
    nothing: Any = SimpleNamespace()
    live = windows_http.app(
        windows, {}, load_formula(CITY), nothing, security=callers, figures=CollectorRegistry()
    )
    return {**made, "windows": live}


async def _listed(town: Town) -> bool:
    answers = [await town.call(*way, town.mine, query) for way, query in LISTS.items()]
    return all(town.ticket[town.mine] in _text(answer) for answer in answers)


async def _told_apart(town: Town) -> None:
    """Less of `mine` becomes due than of `theirs`."""
    done = await town.call("dispatch", f"POST {TICKET}/confirm", town.mine, {})
    assert done.status_code == 200, done.text
    way = ("deadline", "GET /v1/due/hours")

    async def differ() -> bool:
        own = await town.call(*way, town.mine, {"unit": town.mine})
        theirs = await town.as_chief(*way, town.theirs, {"unit": town.theirs})
        return bool(own.json() != theirs.json())

    await wait_until(differ, 20.0, "the confirmation is heard of")


def _text(answer: httpx.Response) -> str:
    """Long lines of a calendar are folded."""
    return answer.text.replace("\r\n ", "")


def _mentions(answer: httpx.Response, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", _text(answer)) is not None


async def test_a_unit_is_shown_its_own_and_nothing_of_another(town: Town) -> None:
    await _told_apart(town)
    for way in READS:
        own = await town.call(*way, town.mine, {})
        assert own.status_code == 200, (way, own.text)
        assert own.text != "[]", way
        other = await town.call(*way, town.theirs, {})
        assert not _mentions(other, town.theirs), (way, other.text)
        assert other.status_code in (403, 404) or other.json() == [], (way, other.text)
    for way, query in LISTS.items():
        own = await town.call(*way, town.mine, query)
        assert town.ticket[town.mine] in _text(own), way
        assert town.ticket[town.theirs] not in _text(own), way
        asked = await town.call(*way, town.mine, {**query, "unit": town.theirs})
        assert town.ticket[town.theirs] not in _text(asked), way
    for way in FIGURES:
        asked = await town.call(*way, town.mine, {"unit": town.theirs})
        assert asked.status_code == 403, (way, asked.text)
        own = await town.call(*way, town.mine, {"unit": town.mine})
        of_them = await town.as_chief(*way, town.theirs, {"unit": town.theirs})
        assert own.status_code == of_them.status_code == 200, (way, own.text, of_them.text)
        assert own.json() != of_them.json(), (way, "there is something to be told")
        desk = await town.call(*way, town.mine, {"unit": ""})
        assert desk.status_code == 200, (way, desk.text)
        assert desk.json() == own.json(), way
        assert not _mentions(desk, town.theirs), way
    for way in FEEDS:
        other = await town.call(*way, town.theirs, {})
        assert other.status_code == 403, (way, other.text)
    for way in SUBSCRIPTIONS:
        own, shared = await town.call(*way, town.mine, {}), subscriptions(CITY)
        assert _mentions(own, shared[town.mine]), way
        assert not _mentions(own, shared[town.theirs]), way


async def test_a_unit_acts_on_its_own_and_on_nothing_of_another(town: Town) -> None:
    await _supervised(town, town.theirs)
    before = await town.ledgers()
    for way, body in ACTS.items():
        other = await town.call(*way, town.theirs, body)
        assert other.status_code == 403, (way, other.text)
    assert await _by_kafka(town, town.theirs) == dict.fromkeys(BY_KAFKA, 403)
    assert await town.ledgers() == before
    await _supervised(town, town.mine)
    for way, body in ACTS.items():
        own = await town.call(*way, town.mine, body)
        # What does not fit the ticket's state is still nobody else's.
        assert own.status_code in (200, 201, 409), (way, own.text)
    assert set((await _by_kafka(town, town.mine)).values()) <= {200, 201, 409}
    assert await town.ledgers() > before


async def _by_kafka(town: Town, of: str) -> dict[tuple[str, str], int]:
    """What `mine` is answered to each command on the ticket of the unit `of`."""
    signed = town.signer[unit_sender(town.mine)]
    ways: dict[str, tuple[str, str]] = {}
    for way, message in BY_KAFKA.items():
        name = f"{of}-{len(ways)}"
        ways[name] = way
        record = signed.command(town.ticket[of], message, name, town.loop.clock.now())
        await town.loop.bus().publish([record])
    topic = topic_of(town.loop.namespace, replies_of(unit_sender(town.mine)))

    def answers(found: list[Record]) -> dict[tuple[str, str], int]:
        told = [CommandAnswered.FromString(r.value or b"") for r in found]
        return {ways[a.command_id]: a.status for a in told if a.command_id in ways}

    places = [(topic, p) for p in range(6)]
    return answers(await town.loop.read(places, lambda found: len(answers(found)) == len(ways)))


async def _supervised(town: Town, of: str) -> None:
    """The unit `of` owes an answer."""
    for verb, body in (
        ("open-supervision", {"reason": "late"}),
        ("issue-supervision", {"document": "No. 1"}),
    ):
        done = await town.as_chief("deadline", f"POST {TICKET}/{verb}", of, body)
        assert done.status_code == 200, done.text
