"""When a loop counts as closed."""

from __future__ import annotations

import random

import pytest

from hotline.deadline.v1.events_pb2 import ClockStarted, ClockStopped
from hotline.intake.v1.events_pb2 import TicketReceived
from hotline.sim.actors import Seen
from hotline.sim.loops import CLOCKS, FACTS, Loops

TICKET = "20260302-0000001-5"


def whole_loop() -> list[Seen]:
    first = Seen("TicketReceived", "", TICKET, TicketReceived(external_id="m1").SerializeToString())
    rest = [Seen(name, "", TICKET, b"") for name in FACTS[1:]]
    for clock in CLOCKS:
        for message in (ClockStarted(clock=clock, run=1), ClockStopped(clock=clock, run=1)):
            data = message.SerializeToString()
            rest.append(Seen(message.DESCRIPTOR.name, "", TICKET, data))
    return [first, *rest]


def begun() -> Loops:
    loops = Loops()
    loops.begin("m1", now=10.0)
    return loops


def test_a_loop_closes_with_the_last_of_its_facts_in_whatever_order_they_come() -> None:
    first, *rest = whole_loop()
    random.Random(7).shuffle(rest)
    loops = begun()
    assert [loops.see(fact, now=12.5) for fact in [first, *rest]] == [False] * 19 + [True]
    assert (loops.closed, loops.latencies, loops.open) == (1, [2.5], 0)


@pytest.mark.parametrize("missing", range(1, 20))
def test_a_loop_that_lacks_any_fact_stays_open(missing: int) -> None:
    facts = whole_loop()
    del facts[missing]
    loops = begun()
    assert not any(loops.see(fact, now=11.0) for fact in facts)
    assert loops.open == 1
    assert TICKET in loops.missing()


def test_other_clocks_and_repeats_close_nothing() -> None:
    facts = whole_loop()[:-1]
    visit = ClockStopped(clock="visit", run=1).SerializeToString()
    loops = begun()
    for fact in [*facts, *facts, Seen("ClockStopped", "", TICKET, visit)]:
        assert not loops.see(fact, now=11.0)


def test_matters_of_others_count_as_facts_only() -> None:
    loops = Loops()
    for fact in whole_loop():
        loops.see(fact, now=1.0)
    assert (loops.closed, loops.facts, loops.open) == (0, 20, 0)


def test_a_matter_that_was_never_received_is_open() -> None:
    loops = begun()
    assert loops.open == 1
    assert "1 were never received" in loops.missing()
