"""One suite for both stores: the units' figures and the visits that are due."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.domain.ticket import (
    ScoreBooked,
    ScoreTakenBack,
    VisitAttempted,
    VisitCompleted,
    VisitScheduled,
)
from services.evaluation.domain.views import FiguresRow, VisitRow
from services.kernel.decider import replace
from services.kernel.facts import Fact
from tests.integration.evaluation.stores import BUCKETS, Kept, memory, postgres, topic

AT = datetime(2026, 7, 31, 8, tzinfo=UTC)
LATE = datetime(2026, 7, 31, 16, tzinfo=UTC)  # midnight of 1 August in the city


@pytest.fixture(params=["memory", "postgres"])
async def kept(request: pytest.FixtureRequest, namespace: str) -> AsyncIterator[Kept]:
    """The twin, then the real one."""
    if request.param == "memory":
        async with memory() as made:
            yield made
    else:
        async with postgres(request.getfixturevalue("stack").dsn, namespace) as made:
            yield made


def scheduled(at: datetime = AT, round_: int = 1, area: str = "linquan") -> VisitScheduled:
    return VisitScheduled(at, "transport", round_, "traffic/road", area, "city")


def attempted(attempt: int) -> VisitAttempted:
    return VisitAttempted(AT, 1, attempt, "no answer")


def visited() -> VisitCompleted:
    return VisitCompleted(AT, "transport", 1, True, True, True, False, False)


def booked(unit: str = "transport", at: datetime = AT, **answers: bool) -> ScoreBooked:
    names = ("contacted", "solved", "on_time", "confirmed_on_time", "visited")
    said = {**dict.fromkeys(names, True), "satisfied": False, **answers}
    return ScoreBooked(
        AT, 1, unit, "traffic/road", "linquan", "city", **said,
        formula="test/1", visited_at=at,
    )  # fmt: skip


def taken_back(entry: ScoreBooked) -> ScoreTakenBack:
    values = {name: getattr(entry, name) for name in ScoreBooked.__struct_fields__}
    return ScoreTakenBack(**values, reason="a miss was withdrawn")


def row(unit: str, period: str, *counts: int) -> FiguresRow:
    """entries, visited, contacted, solved, satisfied, on_time, confirmed_on_time, promise_missed"""
    return FiguresRow(unit, period, *counts)


async def test_entries_are_counted_by_unit_and_month_of_the_city(kept: Kept) -> None:
    events = [(f"T{n}", booked(at=AT)) for n in range(6)]
    late, other = (
        booked(at=LATE, on_time=False, promise_missed=True),
        booked("market", solved=False),
    )
    await kept.read(topic([*events, ("T7", late), ("T8", other)]))
    july = row("transport", "2026-07", 6, 6, 6, 6, 0, 6, 6, 0)
    august = row("transport", "2026-08", 1, 1, 1, 1, 0, 0, 1, 1)
    market = row("market", "2026-07", 1, 1, 1, 0, 0, 1, 1)
    assert await kept.figures.of_unit(limit=9) == [market, july, august]
    assert await kept.figures.of_unit("transport", limit=9) == [july, august]
    assert await kept.figures.of_unit("", "2026-07", limit=9) == [market, july]
    assert await kept.figures.of_unit("transport", "2026-08", limit=9) == [august]
    assert await kept.figures.of_unit("police", limit=9) == []
    assert await kept.figures.of_unit(limit=2) == [market, july]
    behind = ("transport", "2026-07")
    assert await kept.figures.of_unit(behind=behind, limit=9) == [august]
    assert await kept.figures.of_unit(behind=("transport", "2026-08"), limit=9) == []


async def test_an_entry_taken_back_and_booked_anew_counts_once(kept: Kept) -> None:
    late = booked(on_time=False)
    first, rest = [("A", late)], [("A", taken_back(late)), ("A", replace(late, on_time=True))]
    facts = topic([*first, *rest])
    await kept.read(facts[:1])
    await kept.read(facts[1:])
    assert await kept.figures.of_unit(limit=9) == [row("transport", "2026-07", 1, 1, 1, 1, 0, 1, 1)]


async def test_an_entry_without_a_visit_counts_for_the_times_only(kept: Kept) -> None:
    unasked = booked(visited=False, contacted=False, solved=False)
    await kept.read(topic([("A", unasked)]))
    assert await kept.figures.of_unit(limit=9) == [row("transport", "2026-07", 1, 0, 0, 0, 0, 1, 1)]


async def test_the_visit_that_waits_longest_comes_first(kept: Kept) -> None:
    waits = [(f"T{n}", scheduled(AT - timedelta(hours=n))) for n in range(6)]
    await kept.read(topic([*waits, ("T5", visited()), ("T4", attempted(1))]))
    found = await kept.figures.due_visits(3)
    assert [(ticket, visit.attempts) for ticket, visit in found] == [
        ("T4", 1),
        ("T3", 0),
        ("T2", 0),
    ]
    assert found[1][1] == VisitRow(
        "transport", 1, "traffic/road", "linquan", "city", AT - timedelta(hours=3)
    )


async def test_the_visit_of_a_later_round_replaces_the_row_whole(kept: Kept) -> None:
    later = AT + timedelta(days=1)
    facts = topic([("A", scheduled()), ("A", attempted(1)), ("A", scheduled(later, 2, "funan"))])
    for fact in facts:
        await kept.read([fact])
    ((_, visit),) = await kept.figures.due_visits(10)
    assert visit == VisitRow("transport", 2, "traffic/road", "funan", "city", later)


async def test_what_is_rolled_back_was_never_there(kept: Kept) -> None:
    async def fail() -> None:
        async with kept.kernel.transaction() as tx:
            await kept.figures.inside(tx).add(
                [(0, row("transport", "2026-07", 1, 1, 1, 1, 1, 1, 1))]
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await kept.rows() == ([], [])


async def test_facts_of_others_and_an_empty_batch_are_quiet(kept: Kept) -> None:
    await kept.read([])
    await kept.read(
        [dataclasses.replace(fact, source="dispatch") for fact in topic([("A", booked())])]
    )
    assert await kept.rows() == ([], [])


# Any split into batches


TICKETS = ("A", "B", "C", "D", "E")
INSTANTS = st.sampled_from([AT, LATE, AT + timedelta(days=40)])


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """What the view may meet, also what a ticket's decider would never say."""
    event = st.one_of(
        st.builds(scheduled, INSTANTS, st.integers(1, 3), st.sampled_from(["linquan", "funan"])),
        st.builds(attempted, st.integers(1, 3)),
        st.just(visited()),
        st.builds(
            booked, st.sampled_from(["transport", "market"]), INSTANTS, on_time=st.booleans()
        ),
        st.builds(taken_back, st.builds(booked, solved=st.booleans())),
    )
    return draw(st.lists(st.tuples(st.sampled_from(TICKETS), event), max_size=25))


@st.composite
def split(draw: st.DrawFn) -> tuple[list[Fact], list[list[Fact]]]:
    """Facts, and the same in batches; a batch keeps each bucket's order, as the topic does."""
    facts = topic(draw(histories()))
    cuts = sorted(draw(st.lists(st.integers(0, len(facts)), max_size=6)))
    ends = [0, *cuts, len(facts)]
    return facts, [facts[a:b] for a, b in pairwise(ends)]


async def _rows(batches: list[list[Fact]]) -> tuple[Any, Any]:
    async with memory() as twin:
        for batch in batches:
            await twin.read(batch)
        return await twin.rows()


@settings(max_examples=100)
@given(split())
def test_any_split_into_batches_gives_the_same_rows(
    made: tuple[list[Fact], list[list[Fact]]],
) -> None:
    facts, batches = made
    assert asyncio.run(_rows(batches)) == asyncio.run(_rows([facts]))


async def test_both_stores_give_the_same_rows(stack: Any, namespace: str) -> None:
    events: list[tuple[str, Any]] = []
    for n in range(40):
        unit = ("transport", "market", "ecology")[n % 3]
        entry = booked(unit, (AT, LATE)[n % 2], on_time=n % 4 > 0, visited=n % 5 > 0)
        events += [(f"T{n}", scheduled(AT - timedelta(minutes=n))), (f"T{n}", entry)]
        events += [(f"T{n}", visited())] if n % 7 else [(f"T{n}", taken_back(entry))]
    facts = topic(events)
    assert {fact.bucket for fact in facts} == set(range(BUCKETS))
    async with memory() as twin, postgres(stack.dsn, namespace) as real:
        await twin.read(facts)
        for start in range(0, len(facts), 7):
            await real.read(facts[start : start + 7])
        assert await real.rows() == await twin.rows()
