"""What a release ships stands on the registry topic: the log alone is enough to decide again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from services.datasync.adapters.registry import load as load_sharing
from services.datasync.adapters.registry import parse as parse_sharing
from services.datasync.adapters.registry import told as sharing_told
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load as load_policy
from services.deadline.adapters.registry import parse as parse_policy
from services.deadline.adapters.rules import Rules
from services.deadline.domain.calendar_data import from_data
from services.deadline.domain.reactions import decider as deadline
from services.dispatch.adapters.published import NAME as DIRECTORY
from services.dispatch.adapters.published import InEffect
from services.dispatch.adapters.published import kinds as directories
from services.dispatch.adapters.registry import document as directory_document
from services.dispatch.domain.commands import PlaceTicket
from services.dispatch.domain.reactions import decider_by as dispatch
from services.evaluation.adapters.published import NAME as FORMULA
from services.evaluation.adapters.published import InEffect as FormulaInEffect
from services.evaluation.adapters.published import kinds as formulas
from services.evaluation.adapters.registry import document as formula_document
from services.evaluation.domain.commands import RecordVisitAttempt
from services.evaluation.domain.reactions import decider_by as evaluation
from services.intake.adapters.books import Books, kinds_of
from services.intake.adapters.registry import load as load_city
from services.intake.adapters.rule_sets import parse_rules
from services.intake.domain.deciding import decider as intake
from services.intake.domain.events import TicketReceived, TicketRefused
from services.intake.domain.matter import Kind as MatterKind
from services.intake.domain.ticket import case_of
from services.kernel.bus import Bus
from services.kernel.clock import ManualClock
from services.kernel.registry import EVER, Entry, Kind, Registry, RegistryStore, Unfit
from services.kernel.registry_log import RegistryRelay, read_registry, restore, to_registry_fact
from services.kernel.registry_memory import MemoryRegistry
from tests.support.loops import Loop
from tests.support.virtual import START
from tests.unit.deadline.tickets import Ticket, accepted, cn, dispatched
from tests.unit.evaluation.specs import scheduled
from tests.unit.intake.matters import matter

KINDS: dict[str, Kind[Any]] = {"limits": Kind(3, dict, {"most": 3}), "keys": Kind(0, dict)}
NEXT: dict[str, Kind[Any]] = {"limits": Kind(4, dict, {"most": 4})}


@pytest.fixture
async def bus(loop: Loop) -> Bus:
    return loop.bus()


async def started(
    entries: RegistryStore, kinds: dict[str, Kind[Any]], at: datetime = START
) -> Registry:
    """As a process does at its start."""
    registry = Registry(entries, ManualClock(at), kinds)
    await registry.refresh()
    await registry.ship()
    return registry


async def logged(entries: RegistryStore, bus: Bus, loop: Loop, source: str) -> list[Entry]:
    clock = ManualClock(START)
    await RegistryRelay(entries, bus, clock, lambda: {0}, source, loop.namespace).tick()
    return await read_registry(bus, loop.namespace, source)


async def test_replicas_and_restarts_tell_each_document_once_and_none_that_is_secret(
    entries: RegistryStore,
) -> None:
    await asyncio.gather(*(started(entries, KINDS) for _ in range(3)))
    await started(entries, KINDS)
    [told] = await entries.since(0, 10)
    assert (told.name, told.version, told.effective_at, told.by) == ("limits", 0, EVER, "hotline")
    assert orjson.loads(told.document) == {"most": 3}


async def test_what_is_told_changes_nothing_of_what_is_in_effect(entries: RegistryStore) -> None:
    registry = await started(entries, KINDS)
    assert registry.at("limits", START) == 3
    assert registry.version("limits", START) == 0
    assert registry.entries("limits") == []
    made = await registry.publish("limits", {"most": 5}, source="No. 7", by="ann", key="k")
    assert (made.version, made.position) == (1, 2)


async def test_a_release_that_ships_another_document_tells_it_from_its_start_on(
    entries: RegistryStore,
) -> None:
    registry = await started(entries, KINDS)
    await registry.publish("limits", {"most": 5}, source="No. 7", by="ann", key="k")
    later = START + timedelta(days=30)
    await started(entries, NEXT, later)
    await started(entries, KINDS, later)  # rolled back: it was told
    found = await entries.since(0, 10)
    assert [(e.version, orjson.loads(e.document)["most"]) for e in found] == [
        (0, 3), (1, 5), (0, 4),
    ]  # fmt: skip
    assert found[2].effective_at == later
    ids = {to_registry_fact(entry, "desk").event_id for entry in found}
    assert len(ids) == 3


async def test_a_store_that_was_lost_gets_it_back_from_the_log(
    entries: RegistryStore, bus: Bus, loop: Loop
) -> None:
    await started(entries, KINDS)
    await logged(entries, bus, loop, "desk")
    fresh = MemoryRegistry(lambda: datetime.now(UTC))
    assert await restore(fresh, bus, loop.namespace, "desk") == 1
    await started(fresh, KINDS)
    assert await fresh.since(0, 10) == await entries.since(0, 10)


def document(entries: list[Entry], name: str) -> Any:
    [found] = [e for e in entries if e.name == name]
    return orjson.loads(found.document)


@pytest.mark.parametrize("city", ["sample", "nyc"])
async def test_r27_clocks_are_decided_again_from_the_topic_alone(
    entries: RegistryStore, bus: Bus, loop: Loop, city: str
) -> None:
    policy, calendar = load_policy(city)
    rules = Rules(city, policy, calendar, PolicyCodec(policy))
    await started(entries, rules.kinds())
    found = await logged(entries, bus, loop, "deadline")
    live, again = Ticket(city), Ticket(city)
    again.policy = parse_policy(document(found, rules.policy_name), "the topic")
    again.calendar = from_data(document(found, *rules.calendar_names))
    again.codec = PolicyCodec(again.policy)
    again.decider = deadline(again.policy, again.calendar)
    for ticket in (live, again):
        ticket.say(accepted(), cn(2, 13, 16))
        ticket.say(dispatched(), cn(2, 13, 16))
        ticket.fire(cn(3, 31))
    assert again.events == live.events
    assert again.policy.version == live.policy.version


async def test_r12_a_refusal_is_decided_again_from_the_topic_alone(
    entries: RegistryStore, bus: Bus, loop: Loop
) -> None:
    city = load_city("sample")
    await started(entries, kinds_of(city))
    found = await logged(entries, bus, loop, "intake")
    decided = intake(Books(city).laid_down)
    said = matter(MatterKind.HELP, organ="court")
    received, refused = decided.decide(said, decided.initial)
    assert isinstance(received, TicketReceived)
    assert isinstance(refused, TicketRefused)
    rules = parse_rules(document(found, f"rules/{refused.rule_set}"), "the topic")
    decision = rules.decide(case_of(received))
    assert (rules.version, decision.number, decision.rule, decision.reason.zh) == (
        refused.rule_set_version, refused.number, refused.rule, refused.reason_zh,
    )  # fmt: skip
    assert {e.name for e in found} == {*kinds_of(city)}


async def test_r4_tickets_are_dispatched_again_from_the_topic_alone(
    entries: RegistryStore, bus: Bus, loop: Loop
) -> None:
    """By the shipped directory, and from its date on by the one that was published."""
    registry = await started(entries, directories("sample"))
    content = directory_document("sample")
    content["entries"][0] = content["entries"][0] | {"unit": "police"}
    from_then = START + timedelta(days=1)
    await registry.publish(
        DIRECTORY, content, source="No. 7", by="ann", key="k", effective_at=from_then
    )
    found = await logged(entries, bus, loop, "dispatch")
    told = {entry.version: orjson.loads(entry.document) for entry in found}
    assert told[0] == directory_document("sample")
    fresh = MemoryRegistry(lambda: datetime.now(UTC))
    await restore(fresh, bus, loop.namespace, "dispatch")
    again = Registry(fresh, ManualClock(START), directories("sample"))
    await again.refresh()
    for at in (START, from_then):
        place = PlaceTicket(at, "traffic/road", "yingzhou", "", at)
        live, anew = (dispatch(InEffect(each)) for each in (registry, again))
        assert anew.decide(place, anew.initial) == live.decide(place, live.initial)
    assert again.version(DIRECTORY, from_then) == 1


async def test_r34_the_rules_that_feed_entries_name_stand_on_the_topic(
    entries: RegistryStore, bus: Bus, loop: Loop
) -> None:
    """As each release ships them; nobody publishes others."""
    registry = await started(entries, sharing_told("sample"))
    [found] = await logged(entries, bus, loop, "datasync")
    assert (found.name, found.version) == ("sharing", 0)
    again = parse_sharing(document([found], "sharing"), "the topic").sharing
    assert again == load_sharing("sample").sharing
    with pytest.raises(Unfit, match="sharing rules come with a release"):
        await registry.publish("sharing", {}, source="No. 7", by="ann", key="k")


async def test_r31_entries_are_booked_again_from_the_topic_alone(
    entries: RegistryStore, bus: Bus, loop: Loop
) -> None:
    """By the shipped formula, and from its date on by the one that was published."""
    registry = await started(entries, formulas("sample"))
    content = formula_document("sample") | {"visits": {"attempts": 1}}
    from_then = START + timedelta(days=1)
    await registry.publish(
        FORMULA, content, source="No. 7", by="ann", key="k", effective_at=from_then
    )
    await logged(entries, bus, loop, "evaluation")
    fresh = MemoryRegistry(lambda: datetime.now(UTC))
    await restore(fresh, bus, loop.namespace, "evaluation")
    again = Registry(fresh, ManualClock(START), formulas("sample"))
    await again.refresh()
    state = evaluation(FormulaInEffect(again)).fold([scheduled()])
    for at, facts in ((START, 1), (from_then, 3)):
        failed = RecordVisitAttempt(at, "no answer")
        live, anew = (evaluation(FormulaInEffect(each)) for each in (registry, again))
        assert anew.decide(failed, state) == live.decide(failed, state)
        assert len(anew.decide(failed, state)) == facts
