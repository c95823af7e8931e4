"""How often is the city's own: the same history under other rules (R24, R29)."""

from __future__ import annotations

import pytest

from services.deadline.adapters.registry import load as load_policy
from services.dispatch.adapters.registry import load
from services.dispatch.domain.commands import (
    Command,
    GrantReturn,
    OrderRedo,
    OrderRedoByRule,
    RequestReturn,
)
from services.dispatch.domain.directory import Rules
from services.dispatch.domain.events import (
    Event,
    RedoOrdered,
    ReturnRequested,
    TicketDispatched,
)
from services.dispatch.domain.reactions import decider
from services.dispatch.domain.rejections import NoMoreRedo, ReturnNotAllowed
from services.kernel.decider import replace
from tests.unit.dispatch.specs import (
    AT_UNIT,
    DIRECTORY,
    DONE,
    NOW,
    REDONE,
    REDONE_TWICE,
    asked,
    denied,
    fold,
)


def under(rules: Rules, command: Command, *history: Event) -> list[Event]:
    """What the command adds to the history where these rules hold."""
    machine = decider(replace(DIRECTORY, rules=rules))
    return list(machine.decide(command, fold(*history)))


RETURN = RequestReturn(NOW, "transport", "not our duty", "market")


@pytest.mark.parametrize(("disputed", "basis"), [(1, "dispute_review"), (2, "return")])
def test_the_city_says_which_return_goes_to_dispute_review(disputed: int, basis: str) -> None:
    rules = replace(DIRECTORY.rules, disputed_return=disputed)
    _, sent = under(rules, GrantReturn(NOW), *AT_UNIT, asked())
    assert isinstance(sent, TicketDispatched)
    assert (sent.basis, sent.forced) == (basis, basis == "dispute_review")


def test_after_the_disputed_return_there_is_no_other() -> None:
    once = (*AT_UNIT, asked(), denied())
    with pytest.raises(ReturnNotAllowed):
        under(replace(DIRECTORY.rules, disputed_return=1), RETURN, *once)
    assert under(
        replace(DIRECTORY.rules, disputed_return=3), RETURN, *once, asked(2), denied(2)
    ) == [ReturnRequested(NOW, "transport", "not our duty", "market", 3)]


def test_a_city_without_redos_by_rule_leaves_them_to_the_supervisor() -> None:
    rules = replace(DIRECTORY.rules, redos_by_rule=0)
    assert under(rules, OrderRedoByRule(NOW), *DONE) == []
    assert under(rules, OrderRedo(NOW, "not solved"), *DONE) == [
        RedoOrdered(NOW, "transport", "not solved", 1)
    ]


def test_a_city_may_order_the_second_redo_by_rule_too() -> None:
    rules = Rules(disputed_return=2, redos_by_rule=2, redos=3)
    (ordered,) = under(rules, OrderRedoByRule(NOW), *REDONE)
    assert isinstance(ordered, RedoOrdered)
    assert ordered.number == 2
    (third,) = under(rules, OrderRedo(NOW, "not solved"), *REDONE_TWICE)
    assert isinstance(third, RedoOrdered)
    assert third.number == 3


@pytest.mark.parametrize("city", ["sample", "nyc"])
def test_the_clock_of_dispute_review_starts_at_the_return_that_it_rules_on(city: str) -> None:
    (start,) = load_policy(city)[0].rows["dispute_review"].starts
    numbers = start.when["number"]
    assert isinstance(numbers, tuple)
    assert min(numbers) == load(city).rules.disputed_return


def test_no_supervisor_orders_more_redos_than_the_city_allows() -> None:
    rules = replace(DIRECTORY.rules, redos=1)
    with pytest.raises(NoMoreRedo):
        under(rules, OrderRedo(NOW, "not solved"), *REDONE)
