"""R2: a complaint about a unit's own conduct bears the unit's name wherever it is accepted."""

from __future__ import annotations

from typing import Any

import pytest

from services.dispatch.adapters.registry import load as load_directory
from services.intake.domain import commands
from services.intake.domain.events import TicketAccepted, TicketReceived
from services.intake.domain.matter import UNNAMED_UNIT, Kind
from tests.unit.intake.after import decided, then
from tests.unit.intake.matters import CODE, LATER, RECEIPT, TICKET

OBJECT = commands.ObjectToRefusal(LATER, TICKET, CODE, "It is no court matter.")
ABOUT = [
    ({"about_unit": "transport", "about_conduct": True}, "transport"),
    ({"about_unit": "transport"}, ""),
    ({"about_conduct": True}, UNNAMED_UNIT),
    ({}, ""),
]


@pytest.mark.parametrize(("facts", "mark"), ABOUT)
def test_r2_a_matter_about_a_units_conduct_is_accepted_and_marked_with_the_unit(
    facts: dict[str, Any], mark: str
) -> None:
    received, accepted = decided(**facts)
    assert isinstance(received, TicketReceived)
    assert isinstance(accepted, TicketAccepted)
    assert (received.about_unit, accepted.about_unit) == (mark, mark)


def test_r2_no_unit_bears_the_mark_of_an_unnamed_one() -> None:
    """So a dispatcher finds the one to which the matter does not go."""
    assert UNNAMED_UNIT not in load_directory("sample").units


@pytest.mark.parametrize(("facts", "mark"), ABOUT)
@pytest.mark.parametrize(
    ("kind", "first", "steps"),
    [
        (
            Kind.COMPLAINT,
            {"missing": ("address",)},
            [commands.SupplyElements(LATER, TICKET, CODE, ("address",), address=b"sealed")],
        ),
        (
            Kind.COMPLAINT,
            {"organ": "court"},
            [commands.OverrideDecision(LATER, "chief", "It is ours after all.")],
        ),
        (
            Kind.COMPLAINT,
            {"organ": "court"},
            [OBJECT, commands.ReviewObjection(LATER, "second", True, "So it is.")],
        ),
        (
            Kind.COMPLAINT,
            {"emergency_ongoing": True, "emergency_line": "119"},
            [commands.HandBack(LATER, TICKET, RECEIPT, "no fire")],
        ),
        (
            Kind.COMPLAINT,
            {"sub_centre": "12366"},
            [commands.ReturnTransfer(LATER, TICKET, "12366", "It is about the city's own fee.")],
        ),
        (
            Kind.CONSULTATION,
            {"kb_answer": "KB-1"},
            [commands.ReportUnhelpful(LATER, TICKET, CODE)],
        ),
    ],
    ids=["supplied", "overridden", "upheld", "handed back", "returned", "unhelpful"],
)
def test_r2_the_mark_is_still_there_when_a_matter_is_accepted_later(
    kind: Kind, first: dict[str, Any], steps: list[Any], facts: dict[str, Any], mark: str
) -> None:
    given = decided(kind, **first, **facts)
    assert not isinstance(given[-1], TicketAccepted)
    for step in steps:
        given = then(step, given)
    accepted = given[-1]
    assert isinstance(accepted, TicketAccepted)
    assert accepted.about_unit == mark
