"""An accepted matter is filed elsewhere, by name and with the reason (R4)."""

from __future__ import annotations

import pytest

from services.intake.adapters.categories import load_tree
from services.intake.domain import rejections
from services.intake.domain.commands import CorrectCategory
from services.intake.domain.events import CategoryCorrected, Event
from services.intake.domain.matter import Kind, Urgency
from services.kernel.decider import Rejection, replace
from tests.unit.intake.after import ASKED, REFUSED
from tests.unit.intake.matters import ACCEPTED, DECIDER, LATER, NOON, RECEIVED, when

CORRECT = CorrectCategory(LATER, "ann", "market/food", "It is about the stall, not the road.")
FILED = (RECEIVED, ACCEPTED)
TREE, _ = load_tree("cn")


def test_r4_an_accepted_matter_is_filed_elsewhere_on_the_record() -> None:
    [corrected] = when(CORRECT, *FILED)
    assert corrected == CategoryCorrected(
        LATER, "market/food", Kind.COMPLAINT, Urgency.NORMAL, "traffic/road", "ann", CORRECT.reason,
        directory_hint="market/food",
    )  # fmt: skip
    assert when(CORRECT, *FILED, corrected) == []
    assert DECIDER.fold((*FILED, corrected)).phase == "accepted"


def test_r4_kind_and_urgency_are_corrected_with_it_where_they_are_stated() -> None:
    stated = replace(CORRECT, kind=Kind.REPORT, urgency=Urgency.URGENT)
    [corrected] = when(stated, *FILED)
    assert isinstance(corrected, CategoryCorrected)
    assert (corrected.kind, corrected.urgency) == (Kind.REPORT, Urgency.URGENT)


def test_r4_a_category_that_says_so_gives_its_kind() -> None:
    wanted = next(n for n in TREE.leaves(NOON.date()) if TREE.kind(n.id) is Kind.CONSULTATION)
    [corrected] = when(replace(CORRECT, category=wanted.id), *FILED)
    assert isinstance(corrected, CategoryCorrected)
    assert corrected.kind is Kind.CONSULTATION


@pytest.mark.parametrize(
    ("given", "command", "rejection"),
    [
        ((), CORRECT, rejections.UnknownTicket),
        (REFUSED, CORRECT, rejections.NotToCorrect),
        (ASKED, CORRECT, rejections.NotToCorrect),
        (FILED, replace(CORRECT, reason=" "), rejections.NoReason),
        (FILED, replace(CORRECT, category="moon"), rejections.UnknownCategory),
    ],
)
def test_r4_only_what_was_accepted_goes_to_a_category_that_there_is_with_a_reason(
    given: tuple[Event, ...], command: CorrectCategory, rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(command, *given)
