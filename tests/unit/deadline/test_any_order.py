"""Whether a clock was missed depends on the facts and their times alone (R27)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.intake.v1 import events_pb2 as intake
from tests.unit.deadline.journeys import END, NINE, STEPS, Said, expected, journeys, last_start
from tests.unit.deadline.tickets import CITIES, Ticket

WAKES = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([1, 2, 4, 8, 60])), max_size=4)
BATCHES = st.sets(st.integers(0, 15), max_size=5)
WITHDRAWALS = st.none() | st.builds(
    lambda parts: NINE + sum(parts, timedelta(0)),
    st.lists(st.sampled_from(STEPS), max_size=5),
)


def outcome(
    arrivals: Sequence[Said], wakes: Sequence[tuple[int, int]], batches: Collection[int]
) -> set[Any]:
    """The misses that stand at the end.

    Timers also wake `days` after nine before the n-th fact; `batches` are the places where the
    state is loaded from the ledger.
    """
    ticket = Ticket()
    for n, (at, message) in enumerate(arrivals):
        if n in batches:
            ticket.reload()
        for place, days in wakes:
            if place == n:
                ticket.fire(NINE + timedelta(days=days))
                assert_one_each(ticket)
        ticket.say(message, at, reached=END)
        assert_one_each(ticket)
    ticket.fire(END)
    assert_one_each(ticket)
    return set(ticket.misses())


def assert_one_each(ticket: Ticket) -> None:
    misses = ticket.misses()
    assert len(misses) == len(set(misses))


@given(said=journeys(), withdrawn_at=WITHDRAWALS, wakes=WAKES, batches=BATCHES, data=st.data())
@settings(max_examples=200)
def test_the_outcome_rests_on_the_facts_and_their_times(
    said: list[Said],
    withdrawn_at: datetime | None,
    wakes: list[tuple[int, int]],
    batches: set[int],
    data: st.DataObject,
) -> None:
    arrivals = list(said)
    if withdrawn_at is not None:
        place = data.draw(st.integers(last_start(said) + 1, len(said)))
        arrivals.insert(place, (withdrawn_at, intake.TicketWithdrawn()))
    assert outcome(arrivals, wakes, batches) == expected(said, withdrawn_at, CITIES["sample"])


@given(said=journeys(), wakes=WAKES)
def test_a_clock_wakes_for_nothing_once_its_ticket_is_withdrawn(
    said: list[Said], wakes: list[tuple[int, int]]
) -> None:
    ticket = Ticket()
    for at, message in said:
        ticket.say(message, at)
    ticket.say(intake.TicketWithdrawn(), END)
    assert ticket.alarms == {}
    for _, days in wakes:
        assert ticket.fire(NINE + timedelta(days=days)) == []
