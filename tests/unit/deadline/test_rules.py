"""Clocks as policy, calendars as data: what may be published, and from when it counts."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import document
from services.deadline.adapters.rules import InEffect, Rules
from services.deadline.domain.calendar_data import to_data
from services.deadline.domain.clock import Phase
from services.deadline.domain.desk import PauseClocks, ResumeClocks
from services.deadline.domain.reactions import decider_by
from services.kernel.clock import ManualClock
from services.kernel.registry import Registry, Unfit
from services.kernel.registry_memory import MemoryRegistry
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import CITIES, cn, dispatched

POLICY, CALENDAR = CITIES["sample"]
BEFORE, FROM = cn(3, 1), cn(3, 11)


class Office:
    """A city whose rules are published in memory."""

    def __init__(self) -> None:
        self.follow(Rules("sample", POLICY, CALENDAR, PolicyCodec(POLICY)))

    def follow(self, rules: Rules) -> None:
        self.rules = rules
        clock = ManualClock(BEFORE)
        self.registry = Registry(MemoryRegistry(clock.now), clock, self.rules.kinds())
        self.in_effect = InEffect(self.rules, self.registry)

    async def publish(self, name: str, content: Any) -> None:
        await self.registry.publish(
            name, content, source="notice 1", by="admin", key=str(hash(str(content))),
            effective_at=FROM,
        )  # fmt: skip

    def desk(self) -> Desk:
        made = Desk()
        made.decider = decider_by(self.in_effect)
        return made


def changed(clock: str, **row: Any) -> dict[str, Any]:
    content = deepcopy(document("sample"))
    content["version"] = "2026-03-11"
    content["clocks"][clock].update(row)
    return content


async def test_a_policy_counts_from_its_date_and_a_clock_keeps_the_length_it_started_with() -> None:
    office = Office()
    await office.publish("policy/trial-measures", changed("resolve", length={"working_days": 2}))
    desk = office.desk()  # dispatched on the 9th
    assert desk.clock("resolve").due_at == cn(3, 17)
    desk.say(dispatched("U2", 2), FROM + timedelta(hours=10))
    assert desk.clock("resolve").due_at == cn(3, 14)


async def test_r26_glpi_6902_15605_a_change_of_policy_keeps_the_pause_that_was_used() -> None:
    office = Office()
    await office.publish("policy/trial-measures", changed("resolve", length={"working_days": 9}))
    desk = office.desk()
    desk.do(PauseClocks(cn(3, 10, 10), "force_majeure", "resolve"))
    desk.do(ResumeClocks(cn(3, 12, 10), "resolve"))
    assert desk.clock("resolve").due_at == cn(3, 19)


async def test_what_the_policy_says_of_acts_counts_for_clocks_that_run_already() -> None:
    office = Office()
    ends = [{"type": "hotline.dispatch.v1.ProgressNoted"}]
    await office.publish("policy/trial-measures", changed("contact", ends=ends))
    desk = office.desk()
    desk.codec.take(office.in_effect(FROM)[0])
    desk.say(dispatch.ProgressNoted(unit="U1"), FROM - timedelta(seconds=1))
    assert desk.clock("contact").phase is Phase.RUNNING
    desk.say(dispatch.ProgressNoted(unit="U1"), FROM)
    assert desk.clock("contact").phase is Phase.STOPPED


async def test_r27_a_calendar_counts_from_its_date() -> None:
    office = Office()
    day = CALENDAR.local_date(cn(3, 13))
    await office.publish("calendar/cn", to_data(CALENDAR.with_notice({day: False}, notice="n")))
    desk = office.desk()
    assert desk.clock("resolve").due_at == cn(3, 17)
    desk.say(dispatched("U2", 2), FROM + timedelta(hours=10))
    assert desk.clock("resolve").due_at == cn(3, 20)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({**changed("resolve"), "id": "beijing"}, "id and calendar stay"),
        ({**changed("resolve"), "calendar": "us-federal"}, "id and calendar stay"),
        (changed("resolve", ends=[{"type": "hotline.dispatch.v1.Nothing"}]), "no service records"),
        (changed("resolve", length={"working_days": -1}), "length"),
        (changed("resolve", acts=5), "form of the shipped one"),
        ({**changed("resolve"), "clocks": {"resolve": changed("resolve")["clocks"]["resolve"]}},
         "clocks"),
        ([], "the file must be a mapping"),
        (None, "the file must be a mapping"),
    ],
)  # fmt: skip
async def test_a_policy_that_cannot_be_used_is_refused_in_words(
    content: Any, sentence: str
) -> None:
    with pytest.raises(Unfit, match=sentence):
        await Office().publish("policy/trial-measures", content)


@pytest.mark.parametrize("content", [{}, [], {**to_data(CALENDAR), "id": "x"}, 5, "x", None])
async def test_a_calendar_that_cannot_be_used_is_refused_in_words(content: Any) -> None:
    with pytest.raises(Unfit):
        await Office().publish("calendar/cn", content)


def test_what_is_shipped_can_be_published_again_as_it_is() -> None:
    for kind in Office().rules.kinds().values():
        kind.parse(kind.document)
