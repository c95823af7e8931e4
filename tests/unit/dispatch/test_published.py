"""The directory by date: what an administrator may publish, and from when it counts."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.dispatch.adapters.published import NAME, InEffect, kinds
from services.dispatch.adapters.registry import document
from services.dispatch.domain.commands import (
    Command,
    ConfirmDispatch,
    DispatchTicket,
    GrantReturn,
    OrderRedoByRule,
    PlaceTicket,
    RefileTicket,
    RequestReturn,
)
from services.dispatch.domain.events import DispatchConfirmed, Event, TicketDispatched
from services.dispatch.domain.reactions import decider_by
from services.dispatch.domain.rejections import NotYourTicket, UnknownUnit
from services.kernel.clock import ManualClock
from services.kernel.registry import Registry, Unfit
from services.kernel.registry_memory import MemoryRegistry
from tests.unit.dispatch.specs import AT_UNIT, DONE, NOW, asked, queued

FROM = NOW + timedelta(days=1)
WATER = {"zh": "水务局", "en": "Water Bureau", "level": "city"}


class Office:
    """The sample city, whose directory is published in memory."""

    def __init__(self) -> None:
        clock = ManualClock(NOW)
        self.registry = Registry(MemoryRegistry(clock.now), clock, kinds("sample"))
        self.decider = decider_by(InEffect(self.registry))

    async def publish(self, change: Callable[[Any], object], source: str = "notice 1") -> None:
        """The shipped document with a change, in effect from tomorrow on."""
        content = deepcopy(document("sample"))
        change(content)
        await self.registry.publish(
            NAME, content, source=source, by="admin", key="k", effective_at=FROM
        )

    def decided(self, command: Command, *history: Event) -> list[Event]:
        return list(self.decider.decide(command, self.decider.fold(history)))

    def sent(self, command: Command, *history: Event) -> TicketDispatched:
        last = self.decided(command, *history)[-1]
        assert isinstance(last, TicketDispatched)
        return last


def to_water(content: Any) -> None:
    """R4: a new unit has the duty of the roads in Linquan."""
    content["version"] = "2026-07-02"
    content["units"]["water"] = WATER
    next(e for e in content["entries"] if e.get("area") == "linquan")["unit"] = "water"


def placed(at: Any) -> PlaceTicket:
    return PlaceTicket(at, "traffic/road", "linquan", "", at)


async def test_what_is_shipped_can_be_published_again_as_it_is() -> None:
    office = Office()
    await office.publish(lambda content: None)
    assert office.registry.at(NAME, FROM) == office.registry.at(NAME, NOW)
    assert office.registry.version(NAME, FROM) == 1


async def test_r4_an_entry_counts_from_its_date_on_and_the_dispatch_cites_it() -> None:
    office = Office()
    await office.publish(to_water)
    before, after = office.sent(placed(NOW)), office.sent(placed(FROM))
    assert (before.unit, before.directory_version) == ("linquan", "sample-directory@2026-01-01")
    assert (after.unit, after.directory_version) == ("water", "sample-directory@2026-07-02/1")


async def test_r4_a_unit_gets_tickets_from_its_date_on() -> None:
    office = Office()
    await office.publish(to_water)
    with pytest.raises(UnknownUnit):
        office.decided(DispatchTicket(NOW, "water"), queued())
    assert office.sent(DispatchTicket(FROM, "water"), queued()).unit == "water"
    with pytest.raises(UnknownUnit):
        office.decided(GrantReturn(NOW, "water"), *AT_UNIT, asked())
    assert office.sent(GrantReturn(FROM, "water"), *AT_UNIT, asked()).unit == "water"


async def test_r4_a_corrected_category_is_looked_up_in_the_directory_of_that_moment() -> None:
    office = Office()
    await office.publish(to_water)
    assert office.sent(RefileTicket(NOW, "traffic/road"), queued()).unit == "linquan"
    assert office.sent(RefileTicket(FROM, "traffic/road"), queued()).unit == "water"


async def test_r24_r29_how_often_a_ticket_may_come_back_counts_from_its_date_on() -> None:
    office = Office()
    rules = {"disputed_return": 1, "redos_by_rule": 0, "redos": 1}
    await office.publish(lambda content: content.update(rules=rules))
    assert office.sent(GrantReturn(NOW, "market"), *AT_UNIT, asked()).basis == "return"
    assert office.sent(GrantReturn(FROM, "market"), *AT_UNIT, asked()).basis == "dispute_review"
    assert len(office.decided(OrderRedoByRule(NOW), *DONE)) == 1
    assert office.decided(OrderRedoByRule(FROM), *DONE) == []


def history(office: Office, *commands: Command) -> list[Event]:
    """What dispatch records of one ticket, command after command."""
    events: list[Event] = []
    for command in commands:
        events += office.decided(command, *events)
    return events


def road(at: datetime) -> PlaceTicket:
    """A matter of the roads in a district: the transport bureau's, by the entry `traffic`."""
    return PlaceTicket(at, "traffic/road", "yingzhou", "", at)


def to_housing(content: Any) -> None:
    """R24: dispute review found that the roads of the districts are the housing bureau's."""
    content["version"] = "2026-07-02"
    content["entries"].append({"category": "traffic/road", "unit": "housing"})


async def test_r24_a_ruling_on_whose_matter_a_category_is_becomes_a_dated_directory_entry() -> None:
    office = Office()
    ruled = history(
        office,
        road(NOW),
        RequestReturn(NOW, "transport", "not our duty", "market"),
        GrantReturn(NOW),
        RequestReturn(NOW, "market", "nor ours", "housing"),
        GrantReturn(NOW, "housing"),
    )
    ruling = ruled[-1]
    assert isinstance(ruling, TicketDispatched)
    assert (ruling.unit, ruling.basis, ruling.forced) == ("housing", "dispute_review", True)
    # The ruling is of that ticket alone, and the directory learns nothing by itself.
    assert office.registry.entries(NAME) == []
    assert office.sent(road(FROM)).unit == "transport"

    await office.publish(to_housing, source="dispute review of 20260701-0000001-5")
    [entry] = office.registry.entries(NAME)
    assert (entry.source, entry.by) == ("dispute review of 20260701-0000001-5", "admin")
    assert (entry.version, entry.effective_at) == (1, FROM)
    last = FROM - timedelta(microseconds=1)
    earlier, later = office.sent(road(last)), office.sent(road(FROM))
    assert (earlier.unit, earlier.directory_version) == ("transport", "sample-directory@2026-01-01")
    assert (later.unit, later.directory_version) == ("housing", "sample-directory@2026-07-02/1")
    assert (later.basis, later.forced) == ("directory", False)


async def test_r24_a_ticket_of_before_the_dated_entry_stays_with_its_unit() -> None:
    office = Office()
    await office.publish(to_housing, source="dispute review of 20260701-0000001-5")
    before = history(office, road(NOW))
    assert office.decided(road(FROM), *before) == []  # heard of again: it is placed once
    assert office.decided(ConfirmDispatch(FROM, "transport"), *before) == [
        DispatchConfirmed(FROM, "transport")
    ]
    with pytest.raises(NotYourTicket):
        office.decided(ConfirmDispatch(FROM, "housing"), *before)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(id="other"), "id stays as it is: 'sample-directory'"),
        (lambda c: c["units"].pop("market"), "'market' is no unit of this directory"),
        (lambda c: c.pop("rules"), "missing ['rules']"),
        (lambda c: c.update(units=[]), "units must map ids to units"),
        (lambda c: c["entries"].append({"category": ["x"], "unit": "market"}), "is no text"),
    ],
)
async def test_a_directory_that_cannot_be_read_is_not_taken(change: Any, words: str) -> None:
    with pytest.raises(Unfit) as caught:
        await Office().publish(change)
    assert words in str(caught.value)
