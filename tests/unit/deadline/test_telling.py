"""Warnings, the ladder and working hours as rows of a city's own policy (R25, R21), live."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import orjson
import pytest

from services.deadline.adapters.due_lines import City
from services.deadline.adapters.lives import line_of
from services.deadline.adapters.proof import differences, prove
from services.deadline.adapters.proof_page import page
from services.deadline.adapters.registry import document, parse
from services.deadline.domain.events import ClockWarned, UnitReminded, UnitUrged
from tests.unit.deadline.test_rows_as_data import ticket_under
from tests.unit.deadline.tickets import Ticket, accepted, cn, dispatched

NINE = cn(3, 9, 9)
DUE = cn(3, 17)


def content(**resolve: Any) -> Any:
    """The sample city's policy, its `resolve` row changed so."""
    made = deepcopy(document("sample"))
    made["clocks"]["resolve"] |= resolve
    return made


def under(**resolve: Any) -> Ticket:
    ticket = ticket_under(content(**resolve))
    ticket.say(accepted(), NINE)
    ticket.say(dispatched("U1"), NINE)
    return ticket


def test_r25_a_city_has_its_own_warnings() -> None:
    ticket = under(warnings={"shares": [30], "morning": "10:00"})
    ticket.fire(cn(3, 31))
    told = [(e.at, e.mark) for e in ticket.warnings() if e.clock == "resolve"]
    assert told == [(cn(3, 11, 10), "30%")]


def test_r25_a_city_has_its_own_ladder() -> None:
    ticket = under(ladder={"hours": [0, 9, 11, 13]})  # due at midnight; told in working time
    for _ in range(4):  # the warnings, the miss, two steps
        ticket.fire(cn(3, 17, 10))
    steps = [e for e in ticket.events if isinstance(e, UnitReminded | UnitUrged)]
    steps = [e for e in steps if e.clock == "resolve"]
    assert [(type(e).__name__, e.at) for e in steps] == [
        ("UnitReminded", cn(3, 17, 9)),
        ("UnitUrged", cn(3, 17, 9)),
    ]


def test_r25_without_warnings_and_ladder_nobody_is_told() -> None:
    ticket = under(warnings={}, ladder={})
    ticket.fire(cn(3, 31))
    assert ("resolve", 1) in ticket.misses()
    told = [e for e in ticket.events if isinstance(e, ClockWarned | UnitReminded)]
    assert "resolve" not in [e.clock for e in told]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"warnings": {"share": [50]}}, "must be a mapping of before_due, longer_than, morning"),
        ({"warnings": {"shares": [0]}}, "shares are per cent"),
        ({"warnings": {"shares": [101]}}, "shares are per cent"),
        ({"warnings": {"shares": "50"}}, "must be a list of whole numbers"),
        ({"warnings": {"before_due": {"working_days": 1}}}, "must be hours or minutes"),
        ({"ladder": {"days": [0, 1, 2, 5]}}, "must be a mapping of working_days or hours"),
        ({"ladder": {"hours": [0, 1, 2]}}, "must be 4 numbers"),
        ({"ladder": {"hours": [0, 2, 1, 5]}}, "none less than the one before"),
        ({"ladder": {"hours": [0, 1, 2, -5]}}, "must be a list of whole numbers"),
    ],
)
def test_r25_what_makes_no_sense_is_said(row: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse(content(**row), "p")


def test_r21_a_row_of_working_hours_runs_in_the_shifts_and_proves_it() -> None:
    ticket = under(length={"working_hours": 12})
    assert ticket.clock("resolve").due_at == cn(3, 10, 15, 30)  # 7 hours, and 5 of the next day
    ticket.reload()
    assert ticket.clock("resolve").due_at == cn(3, 10, 15, 30)
    city = City(ticket.policy, ticket.calendar)
    line, _ = line_of("resolve", ticket.events, city)
    assert line is not None
    proof = orjson.loads(orjson.dumps(prove(line, city)))
    assert differences(proof) == []
    assert proof["counted"] == ["2026-03-09", "2026-03-10"]
    assert "12 working hours" in page(proof)
