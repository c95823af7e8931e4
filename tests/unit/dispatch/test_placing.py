"""Whose ticket it is: placed by the directory, by a dispatcher, and confirmed (R2, R4)."""

from __future__ import annotations

import pytest

from services.dispatch.domain.commands import ConfirmDispatch, DispatchTicket, PlaceTicket
from services.dispatch.domain.events import (
    DispatchConfirmed,
    DispatchQueued,
)
from services.dispatch.domain.rejections import (
    AboutThatUnit,
    NotAtUnit,
    NotWaiting,
    NotYourTicket,
    UnknownTicket,
    UnknownUnit,
)
from services.kernel.decider import replace
from tests.unit.dispatch.specs import (
    AT,
    AT_UNIT,
    DONE,
    NOW,
    archived,
    asked,
    decided,
    dispatched,
    queued,
    quiet_again,
    refused,
    replied,
)

# PlaceTicket


def place(category: str, area: str = "yingzhou", about_unit: str = "") -> PlaceTicket:
    return PlaceTicket(NOW, category, area, about_unit, AT)


def test_an_accepted_ticket_goes_to_the_directorys_unit_at_once() -> None:
    assert decided(place("traffic/road")) == [dispatched("transport", at=NOW)]


def test_a_county_gets_its_own_matters() -> None:
    (sent,) = decided(place("traffic/road", "linquan"))
    assert sent == dispatched("linquan", area="linquan", at=NOW)


def test_co_handlers_come_from_the_directory() -> None:
    (sent,) = decided(place("market/food"))
    assert sent == dispatched("market", ("health",), category="market/food", at=NOW)


def test_without_a_directory_entry_it_waits_for_a_dispatcher() -> None:
    assert decided(place("parks/tree", "linquan")) == [replace(queued(), at=NOW)]


def test_r2_a_complaint_about_the_units_own_conduct_waits_for_a_dispatcher() -> None:
    assert decided(place("traffic/road", about_unit="transport")) == [
        DispatchQueued(
            NOW, "traffic/road", "yingzhou", "about the unit's own conduct (R2)", AT, "transport"
        )
    ]


def test_r2_a_complaint_about_a_unit_that_nobody_knows_goes_to_nobody_by_itself() -> None:
    """Mistyped, it would go to the very unit: R2."""
    (waits,) = decided(place("traffic/road", about_unit="Transport Bureau"))
    assert isinstance(waits, DispatchQueued)
    assert waits.reason == "about a unit that the directory does not know (R2)"
    assert waits.about_unit == "Transport Bureau"


def test_r2_the_unit_complained_about_is_no_co_handler_either() -> None:
    (sent,) = decided(place("market/food", about_unit="health"))
    assert sent == dispatched("market", category="market/food", about_unit="health", at=NOW)


@pytest.mark.parametrize("before", [(queued(),), AT_UNIT, DONE, (*DONE, archived())])
def test_a_ticket_is_placed_once(before: tuple) -> None:
    assert decided(place("market/food"), *before) == []


# DispatchTicket


def test_a_dispatcher_sends_a_waiting_ticket_to_a_unit() -> None:
    command = DispatchTicket(NOW, "market", ("health", "linquan", "health", "market"))
    sent = dispatched(
        "market", ("health", "linquan"),
        basis="dispatcher", category="parks/tree", area="linquan", at=NOW,
    )  # fmt: skip
    assert decided(command, queued()) == [sent]


def test_r2_a_dispatcher_may_not_send_it_to_the_unit_complained_about() -> None:
    refused(AboutThatUnit, DispatchTicket(NOW, "market"), queued("market"))
    refused(AboutThatUnit, DispatchTicket(NOW, "health", ("market",)), queued("market"))


def test_only_units_of_the_directory_get_tickets() -> None:
    refused(UnknownUnit, DispatchTicket(NOW, "nobody"), queued())
    refused(UnknownUnit, DispatchTicket(NOW, "market", ("nobody",)), queued())


@pytest.mark.parametrize(
    "before", [AT_UNIT, (*AT_UNIT, asked()), (*AT_UNIT, replied()), DONE, (*DONE, archived())]
)
def test_a_ticket_that_does_not_wait_is_not_dispatched_again(before: tuple) -> None:
    refused(NotWaiting, DispatchTicket(NOW, "market"), *before)


def test_dispatching_twice_is_quiet() -> None:
    quiet_again(DispatchTicket(NOW, "market", ("health",)), queued())


# ConfirmDispatch


def test_the_lead_unit_confirms() -> None:
    found = decided(ConfirmDispatch(NOW, "transport"), dispatched())
    assert found == [DispatchConfirmed(NOW, "transport")]


@pytest.mark.parametrize("unit", ["market", "health", ""])
def test_nobody_else_confirms_not_even_a_co_handler(unit: str) -> None:
    refused(NotYourTicket, ConfirmDispatch(NOW, unit), dispatched(co_handlers=("health",)))


def test_a_ticket_at_nobodys_cannot_be_confirmed() -> None:
    refused(NotYourTicket, ConfirmDispatch(NOW, ""), queued())
    refused(UnknownTicket, ConfirmDispatch(NOW, "transport"))


def test_an_archived_ticket_cannot_be_confirmed() -> None:
    refused(NotAtUnit, ConfirmDispatch(NOW, "transport"), *DONE, archived())


def test_confirming_twice_is_quiet() -> None:
    quiet_again(ConfirmDispatch(NOW, "transport"), dispatched())


@pytest.mark.parametrize("before", [AT_UNIT, (dispatched(), asked()), (*AT_UNIT, replied()), DONE])
def test_confirming_what_the_unit_already_works_on_is_quiet(before: tuple) -> None:
    assert decided(ConfirmDispatch(NOW, "transport"), *before) == []
