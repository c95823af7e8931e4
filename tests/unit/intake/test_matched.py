"""All rules that matched a matter stand in the fact that decides it, the deciding one first."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.domain import events
from services.intake.domain.acceptance import submit
from services.intake.domain.commands import SubmitMatter
from services.intake.domain.matter import Kind
from services.intake.domain.ticket import Ticket
from services.kernel.decider import replace
from tests.unit.intake.after import HANDLED
from tests.unit.intake.matters import CITY, matter, when

OUTSIDE: dict[str, Any] = {"organ": "court", "duty": "none"}


@pytest.mark.parametrize(
    ("command", "fact", "matched"),
    [
        (matter(**OUTSIDE), events.TicketRefused, ("R12", "R10")),
        (
            matter(emergency_ongoing=True, **OUTSIDE),
            events.TicketDiverted,
            ("R11", "R12", "R10"),
        ),
        (
            matter(sub_centre="12366", **OUTSIDE),
            events.TicketTransferred,
            ("R9", "R12", "R10"),
        ),
        (
            replace(matter(**OUTSIDE), earlier=HANDLED),
            events.TicketLinked,
            ("R16", "R12", "R10"),
        ),
        (
            matter(Kind.CONSULTATION, kb_answer="KB-1", duty="none"),
            events.TicketAnswered,
            ("R5", "R10"),
        ),
    ],
)
def test_r5_to_r20_the_fact_names_all_rules_that_matched(
    command: SubmitMatter, fact: type[Any], matched: tuple[str, ...]
) -> None:
    decided = when(command)[1]
    assert isinstance(decided, fact)
    assert decided.matched == matched


def test_r18_the_question_names_all_rules_that_matched_where_a_city_asks_first() -> None:
    """R18 is the last of the shipped sets, but their order is data."""
    last_first = replace(
        CITY.rules,
        rules=CITY.rules.rules[::-1],
        conditions=lambda case: CITY.rules.conditions(case)[::-1],
    )
    lacking = matter(missing=("address",), **OUTSIDE)
    _, asked = submit(lacking, Ticket(), last_first, CITY.catalogue)
    assert isinstance(asked, events.SupplementAsked)
    assert asked.matched == ("R18", "R10", "R12")
