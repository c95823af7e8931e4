"""The score formula by date: what an administrator may publish, and from when it counts (R31)."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.evaluation.adapters.published import NAME, InEffect, kinds
from services.evaluation.adapters.registry import document
from services.evaluation.domain.commands import (
    BookScore,
    ClearMiss,
    Command,
    RecordVisit,
    RecordVisitAttempt,
)
from services.evaluation.domain.reactions import (
    DeadlineMissed,
    DisputeRuled,
    MissWithdrawn,
    decider_by,
)
from services.evaluation.domain.ticket import (
    Event,
    MissNoted,
    ScoreBooked,
    ScoreTakenBack,
    VisitCompleted,
)
from services.evaluation.domain.views import last_instant
from services.kernel.clock import ManualClock
from services.kernel.decider import replace
from services.kernel.registry import Registry, Unfit
from services.kernel.registry_memory import MemoryRegistry
from tests.unit.evaluation.specs import NOW, scheduled, visited

FROM, LATER = NOW + timedelta(days=1), NOW + timedelta(days=2)


class Office:
    """The sample city, whose formula is published in memory."""

    def __init__(self) -> None:
        clock = ManualClock(NOW)
        self.registry = Registry(MemoryRegistry(clock.now), clock, kinds("sample"))
        self.formulas = InEffect(self.registry)
        self.decider = decider_by(self.formulas)

    async def publish(self, change: Callable[[Any], object]) -> None:
        """The shipped document with a change, in effect from tomorrow on."""
        content = deepcopy(document("sample"))
        content["version"] = "2"
        change(content)
        await self.registry.publish(
            NAME, content, source="notice 1", by="admin", key="k", effective_at=FROM
        )

    def decided(self, command: Command, *history: Event) -> list[Event]:
        return list(self.decider.decide(command, self.decider.fold(history)))

    def booked(self, command: Command, *history: Event) -> ScoreBooked:
        last = self.decided(command, *history)[-1]
        assert isinstance(last, ScoreBooked)
        return last

    def reacted(self, fact: Any, at: datetime, *history: Event) -> list[Event]:
        state, added = self.decider.fold(history), list[Event]()
        for command in self.decider.react(fact, state, at):
            added += self.decider.decide(command, state)
        return added


def confirm_alone(content: Any) -> None:
    """From then on a missed confirmation spoils the time, and nothing else does."""
    content["clocks"]["on_time"] = ["confirm"]
    content["clocks"]["confirmed_on_time"] = ["receive"]


def visit(at: datetime) -> RecordVisit:
    return RecordVisit(at, contacted=True, solved=True, satisfied=True, generated=False)


def missed(clock: str) -> MissNoted:
    return MissNoted(NOW, clock, 1, "transport")


async def test_what_is_shipped_can_be_published_again_as_it_is() -> None:
    """Its day comes back as JSON has it."""
    office = Office()
    await office.publish(lambda content: content.update(version="1"))
    assert office.registry.at(NAME, FROM) == office.registry.at(NAME, NOW)
    assert (office.formulas(NOW).name, office.formulas(FROM).name) == ("sample/1", "sample/1/1")


async def test_r31_an_entry_is_booked_by_the_formula_of_its_visit_and_cites_it() -> None:
    office = Office()
    await office.publish(confirm_alone)
    history = (scheduled(), missed("resolve"))
    before, after = office.booked(visit(NOW), *history), office.booked(visit(FROM), *history)
    assert (before.on_time, before.formula) == (False, "sample/1")
    assert (after.on_time, after.formula) == (True, "sample/2/1")
    file_closed_later = office.booked(BookScore(LATER), *history, visited(solved=False, at=NOW))
    assert (file_closed_later.on_time, file_closed_later.formula) == (False, "sample/1")


async def test_r31_a_late_miss_replaces_an_old_entry_by_the_formula_of_that_time() -> None:
    office = Office()
    await office.publish(confirm_alone)
    history = (scheduled(), *office.decided(visit(NOW), scheduled()))
    noted, taken_back, anew = office.reacted(
        DeadlineMissed("resolve", 1, "transport"), LATER, *history
    )
    assert isinstance(noted, MissNoted)
    assert isinstance(taken_back, ScoreTakenBack)
    assert isinstance(anew, ScoreBooked)
    assert (anew.on_time, anew.formula) == (False, "sample/1")
    cleared = office.decided(
        ClearMiss(LATER, "resolve", 1, "transport"), *history, noted, taken_back, anew
    )[-1]
    assert isinstance(cleared, ScoreBooked)
    assert (cleared.on_time, cleared.formula) == (True, "sample/1")


async def test_r31_a_ruling_that_comes_later_is_judged_by_the_formula_of_the_visit() -> None:
    office = Office()
    await office.publish(confirm_alone)
    history = (
        scheduled(),
        missed("resolve"),
        *office.decided(visit(NOW), scheduled(), missed("resolve")),
    )
    ruling = DisputeRuled("resolve", 1, "transport", excused=True, reason="grid", by="sue")
    *_, anew = office.reacted(ruling, LATER, *history)
    assert isinstance(anew, ScoreBooked)
    assert (anew.on_time, anew.formula) == (True, "sample/1")


async def test_r31_a_miss_before_the_formula_that_counts_it_is_in_its_entries() -> None:
    """Whenever it is heard: the entry cites a formula that counts it."""
    office = Office()
    await office.publish(confirm_alone)
    for heard_at in (NOW, FROM):
        noted = office.reacted(DeadlineMissed("receive", 1, "transport"), heard_at, scheduled())
        before, after = (office.booked(visit(at), scheduled(), *noted) for at in (NOW, FROM))
        assert (before.on_time, before.confirmed_on_time, before.formula) == (
            True,
            True,
            "sample/1",
        )
        assert (after.confirmed_on_time, after.formula) == (False, "sample/2/1")
        withdrawn = office.reacted(
            MissWithdrawn("receive", 1, "transport"), LATER, scheduled(), *noted
        )
        assert office.booked(visit(LATER), scheduled(), *noted, *withdrawn).confirmed_on_time


async def test_r31_a_miss_that_the_entrys_formula_does_not_count_leaves_it() -> None:
    office = Office()
    await office.publish(confirm_alone)
    history = (scheduled(), *office.decided(visit(FROM), scheduled()))
    [noted] = office.reacted(DeadlineMissed("resolve", 1, "transport"), LATER, *history)
    assert isinstance(noted, MissNoted)


async def test_r29_how_often_is_tried_counts_from_its_date_on() -> None:
    office = Office()
    await office.publish(lambda content: content["visits"].update(attempts=1))
    once = RecordVisitAttempt(NOW, "no answer")
    assert not any(isinstance(e, VisitCompleted) for e in office.decided(once, scheduled()))
    ended = office.decided(replace(once, at=FROM), scheduled())
    assert any(isinstance(e, VisitCompleted) and e.exhausted for e in ended)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(id="other"), "id, time_zone, windows and surge stay as they are"),
        (lambda c: c.update(time_zone="UTC"), "time_zone, windows and surge stay as they are"),
        (lambda c: c.update(time_zone="America"), "time_zone must be a time zone"),  # a folder
        (lambda c: c["surge"].update(times=9), "the live windows read theirs from the release"),
        (lambda c: c["weights"].update(solved=41), "weights must sum to 100, not 101"),
        (lambda c: c.update(effective="2026-1-1"), "effective must be a date"),
        (lambda c: c.update(effective="2026-02-30"), "effective must be a date"),
        (lambda c: c.update(clocks=[]), "clocks must be a mapping"),
    ],
)
async def test_a_formula_that_cannot_be_read_is_not_taken(change: Any, words: str) -> None:
    with pytest.raises(Unfit) as caught:
        await Office().publish(change)
    assert words in str(caught.value)


def test_r31_a_months_last_instant_is_the_citys() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    tick = timedelta(microseconds=1)
    assert last_instant("2026-07", zone) + tick == datetime(2026, 7, 31, 16, tzinfo=UTC)
    assert last_instant("2026-12", zone) + tick == datetime(2026, 12, 31, 16, tzinfo=UTC)


def test_r31_the_last_month_that_a_row_can_have_is_scored_too() -> None:
    for name in ("Asia/Shanghai", "America/New_York", "UTC"):
        assert min(NOW, last_instant("9999-12", ZoneInfo(name))) == NOW
    assert last_instant("2028-02", ZoneInfo("UTC")).day == 29
