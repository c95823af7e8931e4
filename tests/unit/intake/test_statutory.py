"""What a category says beyond intake: its limit of law (R23) and the directory's entry (R4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest

from services.intake.adapters.categories import COLUMNS, read_tree
from services.intake.domain import commands
from services.intake.domain.categories import Catalogue
from services.intake.domain.deciding import decider
from services.intake.domain.events import CategoryCorrected, Event, TicketAccepted
from services.kernel.decider import replace
from tests.unit.intake.after import (
    ANSWERED,
    ASKED,
    DIVERTED,
    LINKED,
    REFUSED,
    TRANSFERRED,
    then,
)
from tests.unit.intake.matters import ACCEPTED, CITY, CODE, LATER, RECEIPT, RECEIVED, TICKET, matter

TREE = read_tree(
    "\n".join(
        [
            ",".join(COLUMNS),
            "traffic,,交通,Traffic,,,7,transport,2020-01-01,,",
            "traffic/road,traffic,道路,Road,,,,,2020-01-01,,",
            "traffic/road/light,traffic/road,路灯,Light,,,3,urban/light,2020-01-01,,",
            "lamp,,路灯,Lamp,,,9,old,2020-01-01,2026-03-17,traffic/road/light",
            "old,,旧,Old,,,2,archive,2020-01-01,2026-03-17,",
            "old/part,old,旧,Part,,,,,2020-01-01,,",
            "plain,,其他,Other,,,,,2020-01-01,,",
        ]
    )
).tree
CATALOGUE = replace(CITY.catalogue, tree=TREE)
DAY = date(2026, 3, 16)


def decide(command: Any, *given: Event, catalogue: Catalogue = CATALOGUE) -> Sequence[Event]:
    made = decider(lambda _: (CITY.rules, catalogue))
    return made.decide(command, made.fold(given))


def said(events: Sequence[Event]) -> tuple[int, str]:
    """Limit and hint of the one fact that states them."""
    [found] = [e for e in events if isinstance(e, TicketAccepted | CategoryCorrected)]
    return found.statutory_days, found.directory_hint


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("traffic", (7, "transport")),
        ("traffic/road", (7, "transport")),
        ("traffic/road/light", (3, "urban/light")),
        ("plain", (0, "")),
        ("market/food", (0, "")),  # of the short list, in no tree
    ],
)
def test_r23_an_acceptance_carries_limit_and_hint_of_the_nearest_node_that_says_so(
    category: str, expected: tuple[int, str]
) -> None:
    assert said(decide(replace(matter(), category=category))) == expected


def test_r23_a_node_counts_from_the_day_on_which_it_holds() -> None:
    assert (TREE.limit_days("old/part", DAY), TREE.hint("old/part", DAY)) == (2, "archive")
    after = date(2026, 3, 17)
    assert (TREE.limit_days("old/part", after), TREE.hint("old/part", after)) == (0, "")
    before = date(2019, 12, 31)
    assert (TREE.limit_days("traffic", before), TREE.hint("traffic", before)) == (0, "")


def test_r4_a_category_that_moved_since_has_those_of_where_it_went() -> None:
    asked = replace(matter(missing=("contact",)), category="lamp")
    received = decide(asked)
    evening = datetime.fromisoformat("2026-03-16T23:59+08:00")
    supply = commands.SupplyElements(evening, TICKET, CODE, ("contact",), b"", b"sealed", b"")
    assert said(decide(supply, *received)) == (9, "old")
    midnight = datetime.fromisoformat("2026-03-17T00:00+08:00")
    assert said(decide(replace(supply, at=midnight), *received)) == (3, "urban/light")


OVERRIDE = commands.OverrideDecision(LATER, "chief", "It is ours after all.")
OBJECTED = then(commands.ObjectToRefusal(LATER, TICKET, CODE, "No court."), REFUSED)
RETURNED = commands.HandBack(LATER, TICKET, RECEIPT, "No emergency.")


@pytest.mark.parametrize(
    ("command", "given"),
    [
        *((OVERRIDE, given) for given in (REFUSED, DIVERTED, TRANSFERRED, LINKED, ASKED, ANSWERED)),
        (commands.ReviewObjection(LATER, "second", True, "So it is."), OBJECTED),
        (commands.ReportUnhelpful(LATER, TICKET, CODE), ANSWERED),
        (commands.SupplyElements(LATER, TICKET, CODE, ("address",), b"", b"", b"sealed"), ASKED),
        (RETURNED, DIVERTED),
    ],
)
def test_r23_whoever_accepts_it_the_matter_has_its_limit(
    command: Any, given: tuple[Event, ...]
) -> None:
    assert said(decide(command, *given)) == (7, "transport")


def test_r4_a_correction_carries_those_of_the_right_category() -> None:
    correct = commands.CorrectCategory(LATER, "ann", "traffic/road/light", "A lamp, no hole.")
    assert said(decide(correct, RECEIVED, ACCEPTED)) == (3, "urban/light")
    plain = replace(correct, category="plain")
    assert said(decide(plain, RECEIVED, ACCEPTED)) == (0, "")


def test_r4_the_limit_is_that_of_the_tree_in_effect_at_the_decision() -> None:
    changed = replace(TREE.nodes["traffic"], limit_days=4, hint="roads")
    nodes = {**TREE.nodes, "traffic": changed}
    later = replace(CATALOGUE, tree=replace(TREE, nodes=nodes))
    assert said(decide(OVERRIDE, *REFUSED, catalogue=later)) == (4, "roads")
