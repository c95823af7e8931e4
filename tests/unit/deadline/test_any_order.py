"""Whether a clock was missed depends on the facts and their times alone (R27)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.intake.v1 import events_pb2 as intake
from tests.unit.deadline.journeys import (
    END,
    NINE,
    STEPS,
    Said,
    expected,
    is_completed,
    journeys,
    last_start,
)
from tests.unit.deadline.tickets import CITIES, Ticket, accepted, archived, cn, dispatched

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
        first = last_start(said) + 1 if is_completed(said) else 1  # intake's facts keep their order
        place = data.draw(st.integers(first, len(said)))
        arrivals.insert(place, (withdrawn_at, intake.TicketWithdrawn()))
        if not is_completed(said):
            arrivals.append((END, archived(withdrawn_at)))
    assert outcome(arrivals, wakes, batches) == expected(said, withdrawn_at, CITIES["sample"])


def test_a_start_that_is_heard_after_the_withdrawal_accuses_nobody() -> None:
    """Dispatch was down meanwhile: the miss of between is withdrawn (R27)."""
    ticket = Ticket()
    ticket.say(accepted(), NINE)
    ticket.say(intake.TicketWithdrawn(), cn(3, 9, 10))
    ticket.say(dispatched("U1"), NINE)
    ticket.fire(cn(3, 9, 11))
    assert ticket.misses() == [("confirm", 1)]
    ticket.say(archived(cn(3, 9, 10)), cn(3, 9, 15))
    assert ticket.misses() == []
    assert ticket.alarms == {}
    assert ticket.clock("resolve").stopped_at == cn(3, 9, 10)


def test_an_archive_that_no_withdrawal_brought_ends_clocks_at_its_own_time() -> None:
    ticket = Ticket()
    ticket.say(accepted(), NINE)
    ticket.say(dispatched("U1"), NINE)
    ticket.say(archived(None), cn(3, 9, 15))
    assert ticket.misses() == [("confirm", 1)]
    assert ticket.clock("resolve").stopped_at == cn(3, 9, 15)


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
