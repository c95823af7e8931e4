"""The category tree's hint names the directory's entry to take (R4, R2)."""

from __future__ import annotations

from datetime import date

import pytest

from services.dispatch.adapters.registry import load
from services.dispatch.domain.commands import PlaceTicket, RefileTicket
from services.dispatch.domain.events import DispatchQueued, Event, TicketDispatched, TicketRefiled
from services.dispatch.domain.reactions import CategoryCorrected, TicketAccepted
from services.intake.adapters.categories import load_tree
from services.kernel.decider import replace
from tests.unit.dispatch.specs import AT, AT_UNIT, NOW, decided, dispatched, queued, reacted


def place(
    category: str, hint: str, area: str = "yingzhou", about_unit: str = ""
) -> tuple[str, str]:
    """The unit it goes to, or why nobody's, and the hint that led there."""
    [fact] = decided(PlaceTicket(NOW, category, area, about_unit, AT, hint))
    if isinstance(fact, DispatchQueued):
        return fact.reason, ""
    assert isinstance(fact, TicketDispatched)
    return fact.unit, fact.directory_hint


def test_r4_a_category_without_an_entry_goes_where_its_hint_says() -> None:
    [sent] = decided(PlaceTicket(NOW, "parks/tree", "linquan", "", AT, "market/food"))
    expected = dispatched("market", ("health",), category="parks/tree", area="linquan", at=NOW)
    assert sent == replace(expected, directory_hint="market/food")


@pytest.mark.parametrize(
    ("category", "area", "unit"),
    [
        ("traffic", "yingzhou", "transport"),
        ("traffic/road", "linquan", "linquan"),
        ("market/food", "linquan", "market"),
    ],
)
def test_r4_an_entry_of_the_categorys_own_counts_before_the_hint(
    category: str, area: str, unit: str
) -> None:
    other = "traffic" if unit == "market" else "market/food"
    assert place(category, other, area) == (unit, "")


def test_r4_the_hint_counts_before_the_entries_of_the_categories_above() -> None:
    assert place("traffic/lunch", "market/food") == ("market", "market/food")
    assert place("traffic/road", "market/food", "yingzhou") == ("market", "market/food")


def test_r4_a_hint_is_looked_up_as_a_category_is() -> None:
    assert place("parks/path", "traffic/road", "linquan") == ("linquan", "traffic/road")
    assert place("parks/path", "traffic/road") == ("transport", "traffic/road")


@pytest.mark.parametrize("hint", ["traffic", "traffic/road", "traffic/road/hole"])
def test_r4_a_hint_that_names_what_stands_above_takes_no_exacter_entry_away(hint: str) -> None:
    assert place("traffic/road/hole", hint, "linquan") == ("linquan", "")


def test_r4_half_a_word_is_not_above() -> None:
    assert place("market/foods", "market/food") == ("market", "market/food")


@pytest.mark.parametrize("hint", ["", "moon", "moon/crater"])
def test_r4_a_hint_that_names_no_entry_changes_nothing(hint: str) -> None:
    assert place("traffic/road", hint) == ("transport", "")
    assert place("parks/tree", hint) == ("no directory entry", "")


def test_r2_the_hint_never_sends_a_complaint_to_the_unit_it_is_about() -> None:
    about_itself = "about the unit's own conduct (R2)"
    assert place("parks/tree", "market/food", about_unit="market") == (about_itself, "")
    assert place("traffic/lunch", "market/food", about_unit="market") == (about_itself, "")
    [sent] = decided(PlaceTicket(NOW, "parks/tree", "linquan", "health", AT, "market/food"))
    assert isinstance(sent, TicketDispatched)
    assert sent.co_handlers == ()
    unknown = place("parks/tree", "market/food", about_unit="Market Bureau")
    assert unknown == ("about a unit that the directory does not know (R2)", "")


def test_r2_a_hint_is_no_way_round_the_categorys_own_unit() -> None:
    found = place("traffic", "market/food", about_unit="transport")
    assert found == ("about the unit's own conduct (R2)", "")


def test_r4_what_waits_is_looked_up_under_the_right_categorys_hint() -> None:
    refiled, sent = decided(RefileTicket(NOW, "parks/kiosk", "market/food"), queued())
    assert refiled == TicketRefiled(NOW, "parks/kiosk", "parks/tree")
    assert isinstance(sent, TicketDispatched)
    assert (sent.unit, sent.directory_hint) == ("market", "market/food")


def test_r4_a_unit_keeps_its_ticket_whatever_the_right_category_hints_at() -> None:
    [fact] = decided(RefileTicket(NOW, "parks/kiosk", "market/food"), *AT_UNIT)
    assert isinstance(fact, TicketRefiled)


@pytest.mark.parametrize("given", [(), (queued(),)])
def test_r4_dispatch_hears_the_hint_from_intake(given: tuple[Event, ...]) -> None:
    fact = (
        CategoryCorrected(NOW, "parks/kiosk", "market/food")
        if given
        else TicketAccepted(NOW, "parks/kiosk", "yingzhou", "", "market/food")
    )
    sent = reacted(fact, *given)[-1]
    assert isinstance(sent, TicketDispatched)
    assert (sent.unit, sent.directory_hint) == ("market", "market/food")


@pytest.mark.parametrize(
    ("branch", "unit"),
    [
        ("society/traffic", "transport"),
        ("society/order", "police"),
        ("society/labour", "civil"),
        ("services/health", "health"),
        ("services/housing", "housing"),
        ("services/transport", "transport"),
    ],
)
def test_r4_in_the_sample_city_the_trees_branches_reach_their_units(branch: str, unit: str) -> None:
    tree, _ = load_tree("cn")
    directory, day = load("sample"), date(2026, 11, 25)
    leaves = [leaf.id for leaf in tree.leaves(day) if leaf.id.startswith(f"{branch}/")]
    assert leaves
    for leaf in leaves:
        assert directory.find(leaf, "yingzhou") is None
        entry = directory.hinted(leaf, "yingzhou", tree.hint(leaf, day))
        assert entry is not None
        assert entry.unit == unit
