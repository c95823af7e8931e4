"""Returns: within the window, ruled by the hotline, the second by dispute review (R24)."""

from __future__ import annotations

import pytest

from services.dispatch.domain.commands import (
    EndReturnWindow,
    GrantReturn,
    RefuseReturn,
    RequestReturn,
)
from services.dispatch.domain.events import (
    ReturnRefused,
    ReturnRequested,
)
from services.dispatch.domain.rejections import (
    AboutThatUnit,
    NoNextUnit,
    NotAtUnit,
    NothingToRule,
    NotYourTicket,
    ReturnAfterReply,
    ReturnNotAllowed,
    ReturnTooLate,
    ReturnWithoutReason,
    SameUnit,
    UnknownUnit,
)
from services.kernel.decider import replace
from tests.unit.dispatch.specs import (
    AT_UNIT,
    DONE,
    NOW,
    archived,
    asked,
    confirmed,
    decided,
    denied,
    dispatched,
    granted,
    queued,
    quiet_again,
    redo,
    refused,
    replied,
    sent_back,
    window_ended,
)

RETURN = RequestReturn(NOW, "transport", "not our duty", "market")
AT_MARKET = (
    dispatched(),
    asked(),
    granted(),
    dispatched("market", basis="return", round_=2),
)
DISPUTED = (*AT_MARKET, asked(2, "market", "transport"))
RULED = (
    *DISPUTED,
    granted(2, "market", "transport"),
    dispatched(basis="dispute_review", round_=3),
)

# RequestReturn


@pytest.mark.parametrize("before", [(dispatched(),), AT_UNIT])
def test_a_unit_asks_for_a_return_whether_it_has_confirmed_or_not(before: tuple) -> None:
    assert decided(RETURN, *before) == [replace(asked(), at=NOW)]


def test_the_second_return_of_a_ticket_is_numbered_for_dispute_review() -> None:
    command = RequestReturn(NOW, "market", "a road", "transport")
    assert decided(command, *AT_MARKET) == [
        ReturnRequested(NOW, "market", "a road", "transport", number=2)
    ]
    assert decided(RETURN, *AT_UNIT, asked(), denied()) == [replace(asked(2), at=NOW)]


def test_after_the_return_window_a_return_is_refused() -> None:
    refused(ReturnTooLate, RETURN, *AT_UNIT, window_ended())
    refused(ReturnTooLate, RETURN, *AT_UNIT, asked(), window_ended(), denied())


def test_a_return_that_was_asked_in_time_is_ruled_on_after_the_window_too() -> None:
    before = (*AT_UNIT, asked(), window_ended())
    assert decided(GrantReturn(NOW), *before) == decided(GrantReturn(NOW), *AT_UNIT, asked())


def test_another_units_window_does_not_end_this_ones() -> None:
    assert decided(RETURN, *AT_UNIT, *decided(EndReturnWindow(NOW, "market"), *AT_UNIT))


def test_who_has_replied_cannot_return_the_ticket() -> None:
    refused(ReturnAfterReply, RETURN, *AT_UNIT, replied(), sent_back())
    refused(ReturnAfterReply, RETURN, *DONE, redo())


@pytest.mark.parametrize("before", [(*DISPUTED, denied(2, "market")), RULED])
def test_after_dispute_review_no_return_is_possible(before: tuple) -> None:
    refused(ReturnNotAllowed, RequestReturn(NOW, before[-1].unit, "still not ours"), *before)


def test_a_return_needs_a_reason() -> None:
    refused(ReturnWithoutReason, RequestReturn(NOW, "transport", "  "), *AT_UNIT)


def test_only_the_lead_unit_returns_a_ticket() -> None:
    co_handled = dispatched(co_handlers=("health",))
    refused(NotYourTicket, RequestReturn(NOW, "health", "not ours"), co_handled)
    refused(NotYourTicket, RequestReturn(NOW, "transport", "not ours"), *AT_MARKET)


@pytest.mark.parametrize("before", [(*AT_UNIT, replied()), DONE, (*DONE, archived())])
def test_what_is_not_being_handled_cannot_be_returned(before: tuple) -> None:
    refused(NotAtUnit, RETURN, *before)


def test_asking_twice_is_quiet() -> None:
    quiet_again(RETURN, *AT_UNIT)


# GrantReturn


def test_a_granted_return_goes_to_the_suggested_unit_at_once() -> None:
    assert decided(GrantReturn(NOW), *AT_UNIT, asked()) == [
        replace(granted(), at=NOW),
        dispatched("market", basis="return", round_=2, at=NOW),
    ]


def test_the_hotline_may_name_another_unit() -> None:
    _, sent = decided(GrantReturn(NOW, "linquan"), *AT_UNIT, asked())
    assert sent == dispatched("linquan", basis="return", round_=2, at=NOW)


def test_co_handlers_do_not_go_along_to_the_next_unit() -> None:
    _, sent = decided(GrantReturn(NOW), dispatched(co_handlers=("health",)), asked())
    assert sent == dispatched("market", basis="return", round_=2, at=NOW)


def test_dispute_review_may_force_the_ticket_back_without_a_return_window() -> None:
    ruling, forced = decided(GrantReturn(NOW, "market"), *DISPUTED)
    assert ruling == replace(granted(2, "market", "market"), at=NOW)
    sent = dispatched("market", basis="dispute_review", round_=3, at=NOW)
    assert forced == replace(sent, forced=True)


def test_a_first_return_cannot_be_granted_back_to_the_same_unit() -> None:
    refused(SameUnit, GrantReturn(NOW, "transport"), *AT_UNIT, asked())


def test_r2_a_return_is_not_granted_to_the_unit_complained_about() -> None:
    about_market = dispatched(about_unit="market")
    refused(AboutThatUnit, GrantReturn(NOW), about_market, asked())
    _, sent = decided(GrantReturn(NOW, "health"), about_market, asked())
    assert sent == dispatched("health", basis="return", round_=2, about_unit="market", at=NOW)


def test_a_granted_return_needs_a_unit_that_the_directory_has() -> None:
    refused(NoNextUnit, GrantReturn(NOW), *AT_UNIT, asked(suggested=""))
    refused(UnknownUnit, GrantReturn(NOW, "nobody"), *AT_UNIT, asked())


@pytest.mark.parametrize("before", [(queued(),), AT_UNIT, (*AT_UNIT, replied()), DONE])
def test_without_a_request_there_is_no_return_to_rule_on(before: tuple) -> None:
    refused(NothingToRule, GrantReturn(NOW, "market"), *before)
    refused(NothingToRule, RefuseReturn(NOW, "it is yours"), *before)


def test_granting_twice_is_quiet() -> None:
    quiet_again(GrantReturn(NOW), *AT_UNIT, asked())
    quiet_again(GrantReturn(NOW, "market"), *AT_UNIT, asked())
    quiet_again(GrantReturn(NOW, "market"), *DISPUTED)
    assert decided(GrantReturn(NOW), *AT_MARKET, confirmed("market")) == []


def test_granting_again_to_another_unit_is_refused() -> None:
    refused(NothingToRule, GrantReturn(NOW, "linquan"), *AT_MARKET)


# RefuseReturn


def test_after_a_refused_return_the_unit_goes_on_without_confirming() -> None:
    found = decided(RefuseReturn(NOW, "it is your road"), dispatched(), asked())
    assert found == [ReturnRefused(NOW, "transport", "it is your road", 1)]
    quiet_again(RequestReturn(NOW, "transport", "really not ours"), dispatched(), asked(), *found)


def test_a_refusal_needs_a_reason() -> None:
    refused(ReturnWithoutReason, RefuseReturn(NOW, ""), *AT_UNIT, asked())


def test_refusing_twice_is_quiet() -> None:
    quiet_again(RefuseReturn(NOW, "it is your road"), *AT_UNIT, asked())


# EndReturnWindow


def test_the_end_of_the_window_is_recorded_whatever_the_unit_is_doing() -> None:
    for before in (AT_UNIT, (*AT_UNIT, asked()), (*AT_UNIT, replied()), DONE, (*DONE, archived())):
        assert decided(EndReturnWindow(NOW, "transport"), *before) == [
            replace(window_ended(), at=NOW)
        ]


def test_the_end_of_a_former_units_window_says_nothing() -> None:
    assert decided(EndReturnWindow(NOW, "transport"), *AT_MARKET) == []


def test_a_new_dispatch_opens_a_new_window() -> None:
    history = (dispatched(), asked(), window_ended(), granted())
    at_market = (*history, dispatched("market", basis="return", round_=2))
    assert decided(RequestReturn(NOW, "market", "a road"), *at_market)


def test_the_window_ends_once() -> None:
    quiet_again(EndReturnWindow(NOW, "transport"), *AT_UNIT)
