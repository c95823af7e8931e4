"""Intake corrects the category: who handles it stays until it is dispatched again (R4)."""

from __future__ import annotations

import pytest

from services.dispatch.domain.commands import ApproveReply, DispatchTicket, RefileTicket
from services.dispatch.domain.events import (
    Event,
    TicketCompleted,
    TicketDispatched,
    TicketRefiled,
)
from services.dispatch.domain.reactions import CategoryCorrected
from services.dispatch.domain.rejections import NotWaiting
from services.kernel.decider import replace
from tests.unit.dispatch.specs import (
    AT_UNIT,
    DONE,
    NOW,
    asked,
    decided,
    dispatched,
    fold,
    queued,
    quiet_again,
    reacted,
    refused,
    replied,
)

REFILE = RefileTicket(NOW, "market/food")


def test_r4_the_unit_stays_under_the_right_category() -> None:
    refiled = TicketRefiled(NOW, "market/food", "traffic/road")
    assert decided(REFILE, *AT_UNIT) == [refiled]
    state = fold(*AT_UNIT, refiled)
    assert (state.unit, state.category) == ("transport", "market/food")
    quiet_again(REFILE, *AT_UNIT)


def test_r4_the_completion_names_the_right_category() -> None:
    history = (*AT_UNIT, *decided(REFILE, *AT_UNIT), replied())
    [_, completed] = decided(ApproveReply(NOW), *history)
    assert isinstance(completed, TicketCompleted)
    assert (completed.category, completed.unit) == ("market/food", "transport")


def test_r4_what_waits_for_a_dispatcher_is_looked_up_under_the_right_category() -> None:
    refiled, sent = decided(REFILE, queued())
    assert refiled == TicketRefiled(NOW, "market/food", "parks/tree")
    assert sent == dispatched("market", ("health",), category="market/food", area="linquan", at=NOW)
    assert decided(replace(REFILE, category="parks/lawn"), queued()) == [
        TicketRefiled(NOW, "parks/lawn", "parks/tree")
    ]


def test_r2_a_matter_about_the_right_unit_itself_goes_on_waiting() -> None:
    assert decided(REFILE, queued("market")) == [TicketRefiled(NOW, "market/food", "parks/tree")]


def test_r4_a_dispatcher_may_send_it_on_once_its_category_was_corrected() -> None:
    send = DispatchTicket(NOW, "market")
    refused(NotWaiting, send, *AT_UNIT)
    refiled = decided(REFILE, *AT_UNIT)
    [sent] = decided(send, *AT_UNIT, *refiled)
    assert isinstance(sent, TicketDispatched)
    assert (sent.unit, sent.category, sent.round) == ("market", "market/food", 2)
    refused(NotWaiting, DispatchTicket(NOW, "health"), *AT_UNIT, *refiled, sent)


@pytest.mark.parametrize("history", [(dispatched(), asked()), (dispatched(), replied()), DONE])
def test_r4_not_while_a_return_or_reply_is_ruled_on_nor_afterwards(
    history: tuple[Event, ...],
) -> None:
    refused(NotWaiting, DispatchTicket(NOW, "market"), *history, *decided(REFILE, *history))


def test_r4_dispatch_hears_of_it_from_intake_once_it_knows_the_ticket() -> None:
    corrected = CategoryCorrected(NOW, "market/food")
    assert reacted(corrected, *AT_UNIT) == decided(REFILE, *AT_UNIT)
    assert reacted(corrected) == []
