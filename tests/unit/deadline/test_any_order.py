"""Whether a clock was missed depends on the facts and their times alone (R27)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.domain.clock import Phase
from services.deadline.domain.events import DeadlineMissed, MatterWithdrawn
from services.kernel.codec import put_datetime
from tests.unit.deadline.journeys import (
    END,
    NINE,
    STEPS,
    Said,
    expected,
    is_completed,
    journeys,
)
from tests.unit.deadline.tickets import CITIES, Ticket, accepted, approved, archived, cn, dispatched

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
        place = data.draw(st.integers(1, len(said)))  # intake's facts keep their order
        arrivals.insert(place, (withdrawn_at, intake.TicketWithdrawn()))
        if not is_completed(said):
            arrivals.append((END, archived(withdrawn_at)))
    assert outcome(arrivals, wakes, batches) == expected(said, withdrawn_at, CITIES["sample"])


def test_a_start_that_is_heard_after_the_withdrawal_accuses_nobody() -> None:
    """Dispatch was down meanwhile (R27), and may complete the ticket before it hears of it."""
    ticket = Ticket()
    ticket.say(accepted(), NINE)
    told = ticket.say(intake.TicketWithdrawn(), cn(3, 9, 10))
    assert told[-1] == MatterWithdrawn(cn(3, 9, 10), cn(3, 9, 10), "intake/T1/2")
    assert ticket.say(intake.TicketWithdrawn(), cn(3, 9, 10)) == []
    ticket.reload()
    ticket.say(dispatched("U1"), NINE)
    assert ticket.alarms == {}
    for name in ("confirm", "contact", "resolve"):
        assert ticket.clock(name).stopped_at == cn(3, 9, 10)
    ticket.say(dispatch.TicketCompleted(unit="U1"), cn(3, 30, 10))
    assert ticket.misses() == []


def test_a_clock_that_was_due_by_the_withdrawal_is_not_missed_before_that_is_proven() -> None:
    """What ended it in time is on its way too (R27)."""
    ticket = Ticket()
    ticket.say(accepted(), NINE)
    ticket.say(intake.TicketWithdrawn(), cn(3, 9, 12))
    ticket.say(dispatched("U1"), NINE)
    ticket.say(dispatch.DispatchConfirmed(), cn(3, 9, 10))
    assert not any(isinstance(event, DeadlineMissed) for event in ticket.events)
    assert ticket.clock("confirm").stopped_at == cn(3, 9, 10)
    assert ticket.clock("resolve").stopped_at == cn(3, 9, 12)


def test_a_late_pause_moves_a_clock_behind_the_withdrawal_which_ends_it_then() -> None:
    ticket = Ticket()
    ticket.say(accepted(), NINE)
    ticket.say(intake.TicketWithdrawn(), cn(3, 17, 10))  # resolve is due at the end of the 16th
    ticket.say(dispatched("U1"), NINE)
    ticket.say(dispatch.DispatchConfirmed(), NINE)
    ticket.say(dispatch.CitizenContacted(), NINE)
    assert ticket.clock("resolve").stopped_at is None
    ticket.say(dispatch.TicketReplied(), cn(3, 13, 10))
    ticket.say(dispatch.ReplySentBack(), cn(3, 18, 10))
    assert ticket.clock("resolve").stopped_at == cn(3, 17, 10)
    ticket.say(approved(cn(3, 25, 10)), cn(3, 26, 10))
    assert ("resolve", 1) not in ticket.misses()


def test_an_earlier_end_that_is_heard_of_later_is_kept_for_what_comes_behind_it() -> None:
    """The review of the redo's reply does not set the clock of the first one going again."""
    ticket = Ticket()
    ticket.say(accepted(), NINE)
    ticket.say(dispatched("U1"), NINE)
    ticket.say(intake.TicketWithdrawn(), cn(3, 17, 19))
    ticket.say(dispatch.TicketReplied(), NINE)
    ticket.say(approved(NINE), NINE)
    assert ticket.clock("resolve").stopped_at == NINE
    ticket.say(dispatch.TicketCompleted(unit="U1"), NINE)
    ticket.say(dispatch.RedoOrdered(unit="U1"), NINE)
    ticket.say(dispatch.TicketReplied(), NINE)
    ticket.say(dispatch.ReplySentBack(), NINE)
    assert ("resolve", 1) not in ticket.misses()


def test_r25_nobody_climbs_the_ladder_of_a_late_clock_that_the_withdrawal_ended() -> None:
    ticket = Ticket()
    ticket.say(accepted(), NINE)
    ticket.say(intake.TicketWithdrawn(), cn(3, 9, 12))
    ticket.say(dispatched("U1"), NINE)
    ticket.fire(cn(3, 9, 11))  # it is proven that nobody confirmed
    assert ticket.misses() == [("confirm", 1)]
    assert ticket.clock("confirm").stopped_at == cn(3, 9, 12)
    assert ticket.alarms == {}


def test_the_archive_of_a_withdrawn_matter_excuses_no_redo_that_was_ordered_since() -> None:
    ticket = Ticket()
    for at, message in (
        (NINE, accepted()),
        (NINE, dispatched("U1")),
        (cn(3, 9, 10), intake.TicketWithdrawn()),
        (cn(3, 9, 12), dispatch.RedoOrdered(unit="U1")),
    ):
        ticket.say(message, at)
    ticket.fire(cn(3, 20))
    assert ticket.misses() == [("redo", 1)]
    ticket.say(archived(cn(3, 9, 10)), cn(3, 25, 10))
    assert ticket.misses() == [("redo", 1)]
    assert ticket.clock("redo").stopped_at == cn(3, 25, 10)


@pytest.mark.parametrize("is_heard_first", [True, False])
def test_a_redo_that_is_ordered_after_the_withdrawal_has_its_deadline(is_heard_first: bool) -> None:
    """The visit said that nothing was solved, and the unit works again (R29)."""
    ticket, redo = Ticket(), dispatch.RedoOrdered(unit="U1")
    ticket.say(accepted(), NINE)
    ticket.say(dispatched("U1"), NINE)
    ticket.say(dispatch.TicketCompleted(unit="U1"), cn(3, 9, 10))
    if is_heard_first:
        ticket.say(intake.TicketWithdrawn(), cn(3, 9, 11))
        ticket.say(redo, cn(3, 9, 12))
    else:
        ticket.say(redo, cn(3, 9, 12))
        ticket.say(intake.TicketWithdrawn(), cn(3, 9, 11))
    assert ticket.clock("redo").phase is Phase.RUNNING
    ticket.fire(cn(3, 20))
    assert ("redo", 1) in ticket.misses()
    assert ("resolve", 1) not in ticket.misses()


def test_a_withdrawal_ends_those_clocks_that_the_policy_says() -> None:
    """The desk's visit is none of them."""
    ticket = Ticket()
    ticket.say(accepted(), NINE)
    ticket.say(intake.TicketWithdrawn(), cn(3, 9, 13))
    scheduled = evaluation.VisitScheduled(unit="U1", round=1)
    put_datetime(scheduled.completed_at, cn(3, 9, 12))
    ticket.say(scheduled, cn(3, 9, 12))
    assert ticket.clock("visit").phase is Phase.RUNNING


def test_an_archive_says_when_the_matter_was_withdrawn() -> None:
    """Where the withdrawal is of a time when it was not kept: the miss is withdrawn (R27)."""
    ticket = Ticket()
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
