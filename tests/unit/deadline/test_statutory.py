"""The statutory limit that a matter's category brings (R23); five working days end on the 17th."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import date, datetime, timedelta

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.registry import document, parse
from services.deadline.domain.clock import Clock
from services.deadline.domain.desk import (
    GrantExtension,
    PauseClocks,
    RequestExtension,
    ResumeClocks,
    SetLimit,
)
from services.deadline.domain.events import ClockStarted
from services.deadline.domain.reactions import decider
from services.kernel.decider import replace
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import CITIES, NEW_YORK, Ticket, accepted, cn, dispatched

MONDAY, DUE = cn(3, 9, 10), cn(3, 17)
LAW = {2: cn(3, 12), 3: cn(3, 13), 4: cn(3, 14), 5: DUE, 9: DUE}


def limited(days: int, stated_due_at: datetime | None = None) -> Message:
    """An acceptance whose category brings a limit of so many working days."""
    message = accepted(stated_due_at=stated_due_at)
    assert isinstance(message, intake.TicketAccepted)
    message.statutory_days = days
    return message


class Limited(Desk):
    """Accepted with that limit and dispatched on Monday the 9th, at ten."""

    def __init__(self, days: int, city: str = "sample") -> None:
        Ticket.__init__(self, city)
        self.say(limited(days), MONDAY)
        self.say(dispatched(), MONDAY)

    def due(self, clock: str = "resolve") -> datetime:
        return self.clock(clock).due_at

    def kept(self) -> set[tuple[str, int, datetime]]:
        """Every run, and when it was due as it started."""
        starts = [event for event in self.events if isinstance(event, ClockStarted)]
        return {(event.clock, event.run, event.due_at) for event in starts}


# What it governs


@pytest.mark.parametrize("days", LAW)
def test_r23_the_earlier_due_instant_of_length_and_law_prevails(days: int) -> None:
    ticket = Limited(days)
    assert (ticket.due("resolve"), ticket.due("promise")) == (LAW[days], LAW[days])


def test_r23_a_longer_limit_of_law_changes_nothing() -> None:
    assert Limited(9).kept() == Limited(0).kept()


def test_r23_the_clocks_that_do_not_resolve_the_matter_are_as_they_were() -> None:
    with_law, without = Limited(1), Limited(0)
    for clock in ("confirm", "return", "contact"):
        assert with_law.clock(clock) == without.clock(clock)


def test_r23_the_earlier_instant_prevails_not_the_smaller_number() -> None:
    assert CITIES["beijing"][0].length("resolve").count == 7  # type: ignore[union-attr]
    assert Limited(6, "beijing").due() == cn(3, 17)  # six working days end on the 17th at 24:00
    assert Limited(4, "beijing").due() == cn(3, 14)


def test_r23_a_redo_is_held_to_it_from_its_own_start() -> None:
    ticket = Limited(3)
    ticket.say(dispatch.RedoOrdered(unit="U1", number=1), cn(3, 16, 10))
    assert ticket.due("redo") == cn(3, 20)


def test_r23_it_is_missed_at_its_own_instant() -> None:
    ticket = Limited(3)
    ticket.fire(LAW[3] - timedelta(seconds=1))
    assert ("resolve", 1) not in ticket.misses()
    ticket.fire(LAW[3])
    assert {("resolve", 1), ("promise", 1)} <= set(ticket.misses())


def test_r25_people_are_warned_by_the_days_of_the_law_that_prevails() -> None:
    ticket = Limited(2)
    ticket.fire(LAW[2])
    told = [(w.mark, w.at) for w in ticket.warnings() if w.clock == "resolve"]
    assert told == [("50%", cn(3, 10, 9)), ("80%", cn(3, 11, 9)), ("2h", cn(3, 11, 17, 30))]


def test_r23_which_clocks_it_governs_is_the_policys_row() -> None:
    content = deepcopy(document("sample"))
    del content["clocks"]["promise"]["statutory"]
    content["clocks"]["contact"]["statutory"] = True
    ticket = Limited(2)
    ticket.decider = decider(parse(content, "another city"), CITIES["sample"][1])
    ticket.state, ticket.events = ticket.decider.initial, []
    ticket.say(limited(2), MONDAY)
    ticket.say(dispatched(), MONDAY)
    assert (ticket.due("promise"), ticket.due("contact"), ticket.due()) == (DUE, LAW[2], LAW[2])


@pytest.mark.parametrize("city", ["sample", "nyc", "beijing"])
def test_r23_the_shipped_cities_hold_resolve_redo_and_promise_to_it(city: str) -> None:
    rows = CITIES[city][0].rows.values()
    assert {row.name for row in rows if row.statutory} == {"resolve", "redo", "promise"}


# A due instant that the matter states


def test_r23_what_the_matter_states_itself_stands_alone() -> None:
    stated = datetime(2026, 4, 15, 17, tzinfo=NEW_YORK)
    ticket = Ticket("nyc")
    ticket.say(limited(1, stated), MONDAY)
    ticket.say(dispatched(), MONDAY)
    for clock in ("promise", "resolve"):
        assert (ticket.clock(clock).due_at, ticket.clock(clock).limit_days) == (stated, 0)
    assert ticket.state.statutory_days == 1  # a redo has no stated limit
    ticket.say(dispatch.RedoOrdered(unit="U1", number=1), cn(3, 16, 10))
    assert ticket.clock("redo").limit_days == 1


def test_r23_a_matter_of_such_a_city_that_states_none_has_the_laws() -> None:
    ticket = Ticket("nyc")
    ticket.say(limited(1), MONDAY)
    assert ticket.clock("promise").due_at == datetime(2026, 3, 10, tzinfo=NEW_YORK)


# It belongs to the matter


def test_r23_it_passes_on_to_the_next_unit_from_the_start_of_its_own_clock() -> None:
    ticket = Limited(3)
    ticket.say(dispatched("U2", 2), cn(3, 12, 10))
    assert (ticket.clock("resolve").unit, ticket.due()) == ("U2", cn(3, 18))
    ticket.say(dispatched("U3", 3), cn(3, 13, 10))
    assert (ticket.due(), ticket.due("promise")) == (cn(3, 19), LAW[3])


def test_r27_the_ledger_alone_gives_the_state() -> None:
    ticket = Limited(3)
    ticket.say(dispatched("U2", 2), cn(3, 12, 10))
    state = ticket.state
    ticket.reload()
    assert ticket.state == state
    assert (state.statutory_days, state.by_name["resolve"].limit_days) == (3, 3)
    ticket.say(dispatched("U3", 3), cn(3, 13, 10))
    assert ticket.due() == cn(3, 19)


def test_r23_a_start_by_an_older_release_does_not_forget_it() -> None:
    ticket = Limited(3)
    ticket.say(dispatched("U2", 2), cn(3, 12, 10))
    ticket.events = [
        replace(e, statutory_days=0, limit_days=0) if isinstance(e, ClockStarted) and n else e
        for n, e in enumerate(ticket.events)
    ]
    ticket.reload()
    ticket.say(dispatched("U3", 3), cn(3, 13, 10))
    assert ticket.due() == cn(3, 19)


def test_r23_a_matter_without_one_is_as_before() -> None:
    ticket = Limited(0)
    assert {start.limit_days for start in ticket.events if isinstance(start, ClockStarted)} == {0}
    assert (ticket.due(), ticket.due("promise")) == (DUE, DUE)


# Beside extensions, pauses and limits set by hand


def test_r22_an_extension_moves_both() -> None:
    ticket = Limited(3)
    ask = RequestExtension(cn(3, 10), "U1", "resolve", 2, "road works")
    ticket.do(ask, GrantExtension(cn(3, 11), "ann", "resolve"))
    assert ticket.due() == DUE  # two working days behind the 12th


def test_r26_a_pause_moves_it() -> None:
    ticket = Limited(3)
    ticket.do(PauseClocks(cn(3, 10, 10), "force_majeure"), ResumeClocks(cn(3, 12, 10)))
    assert ticket.due() == DUE
    assert ticket.due("promise") == LAW[3]


def test_r23_a_stricter_limit_set_by_hand_prevails_over_it_and_a_laxer_one_does_not() -> None:
    ticket = Limited(3)
    ticket.do(SetLimit(cn(3, 10), "ann", "resolve", working_days=4, document="条例"))
    assert ticket.due() == LAW[3]
    ticket.do(SetLimit(cn(3, 10), "ann", "resolve", working_days=2, document="条例"))
    assert ticket.due() == LAW[2]


def test_r23_special_circumstances_stand_in_its_place_for_this_unit_only() -> None:
    ticket = Limited(3)
    special = SetLimit(cn(3, 10), "ann", "resolve", working_days=9, special=True)
    ticket.do(replace(special, written_application=True, document="市府办〔2026〕3号"))
    assert ticket.due() == cn(3, 21)
    ticket.say(dispatched("U2", 2), cn(3, 12, 10))
    assert ticket.due() == cn(3, 18)


# Never later


@settings(max_examples=100)
@given(
    days=st.integers(1, 40),
    city=st.sampled_from(["sample", "beijing"]),
    start=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    hour=st.integers(0, 23),
)
def test_r23_a_limit_of_law_never_makes_a_due_instant_later(
    days: int, city: str, start: date, hour: int
) -> None:
    at = cn(start.month, start.day, hour)
    policy, calendar = CITIES[city]
    law = calendar.end_of(calendar.add_working_days(calendar.local_date(at), days))
    without, held = ({c.name: c.due_at for c in _filed(city, n, at)} for n in (0, days))
    assert held.keys() == without.keys()
    for name, due in without.items():
        expected = min(due, law) if policy.rows[name].statutory else due
        assert held[name] == expected <= due


def _filed(city: str, days: int, at: datetime) -> Iterable[Clock]:
    """All clocks of a matter with that limit that was dispatched and sent to redo at once."""
    ticket = Ticket(city)
    redo = dispatch.RedoOrdered(unit="U1", number=1)
    for message in (limited(days), dispatched(), redo):
        ticket.say(message, at)
    return ticket.state.by_name.values()
