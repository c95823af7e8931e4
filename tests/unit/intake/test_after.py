"""What can still happen after the first decision: per command allowed, forbidden and quiet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.intake.domain import commands, events, rejections
from services.intake.domain.deciding import DeadlineMissed, react
from services.intake.domain.events import Event, TicketAccepted, TicketRefused
from services.intake.domain.matter import Kind
from services.intake.domain.ticket import Phase, case_of
from services.kernel.decider import Rejection, replace
from tests.unit.intake.after import (
    ANSWERED,
    ASKED,
    DIVERTED,
    LINKED,
    REFUSED,
    TRANSFERRED,
    decided,
    then,
)
from tests.unit.intake.matters import (
    ACCEPTED,
    CODE,
    DECIDER,
    LATER,
    NOON,
    RECEIPT,
    RECEIVED,
    TICKET,
    matter,
    when,
)

SET = ("trial-measures", "2026-11-26")


SUPPLY = commands.SupplyElements(LATER, TICKET, CODE, ("address",), address=b"sealed")
EXPIRED = then(commands.ExpireSupplement(LATER, TICKET), ASKED)
UNHELPFUL = commands.ReportUnhelpful(LATER, TICKET, CODE)
HAND_BACK = commands.HandBack(LATER, TICKET, RECEIPT, "no fire")


# The decisions themselves


def test_a_transfer_names_the_line_of_the_sub_centre() -> None:
    """R9."""
    fact = TRANSFERRED[1]
    assert isinstance(fact, events.TicketTransferred)
    assert (fact.rule_set, fact.rule_set_version, fact.number, fact.rule) == (*SET, 0, "R9")
    assert (fact.line, fact.matched) == ("12366", ("R9",))
    assert DECIDER.fold(TRANSFERRED).phase is Phase.TRANSFERRED


def test_a_link_names_the_earlier_ticket() -> None:
    """R16."""
    fact = LINKED[1]
    assert isinstance(fact, events.TicketLinked)
    assert (fact.number, fact.rule, fact.earlier_ticket) == (6, "R16", "T1")
    assert "T1" in fact.reason_zh
    assert DECIDER.fold(LINKED).phase is Phase.LINKED


def test_a_question_names_what_is_missing() -> None:
    """R18."""
    fact = ASKED[1]
    assert isinstance(fact, events.SupplementAsked)
    assert (fact.number, fact.rule, fact.missing) == (8, "R18", ("address",))


def test_an_answer_names_its_article() -> None:
    """R5."""
    fact = ANSWERED[1]
    assert isinstance(fact, events.TicketAnswered)
    assert (fact.rule, fact.article) == ("R5", "KB-1")


@pytest.mark.parametrize("given", [ASKED, ANSWERED, DIVERTED, REFUSED, TRANSFERRED, LINKED])
def test_r5_to_r20_what_a_ticket_keeps_gives_the_same_decision_again(
    given: tuple[Event, ...],
) -> None:
    """Set, version and facts stand in the ticket: anyone can decide it again."""
    received, fact = given
    assert isinstance(received, events.TicketReceived)
    case = case_of(received)
    again = when(replace(matter(case.kind), facts=case.facts, earlier=case.earlier))
    assert again[1] == fact


def test_an_emergency_is_diverted_even_where_the_unit_was_left_out() -> None:
    """R11 before R2."""
    assert isinstance(decided(emergency_ongoing=True, about_conduct=True)[1], events.TicketDiverted)


# Supplement (R18)


def test_r18_what_is_supplied_lets_the_matter_go_on() -> None:
    """R18."""
    supplied, accepted = when(SUPPLY, *ASKED)
    assert supplied == events.SupplementSupplied(LATER, ("address",), "p1", b"", b"", b"sealed")
    assert accepted == replace(ACCEPTED, at=LATER)


def test_r18_a_second_supplement_is_quiet() -> None:
    assert when(SUPPLY, *then(SUPPLY, ASKED)) == []


@pytest.mark.parametrize(
    ("command", "given", "rejection"),
    [
        (SUPPLY, (), rejections.UnknownTicket),
        (replace(SUPPLY, code="wrong"), ASKED, rejections.UnknownTicket),
        (replace(SUPPLY, elements=()), ASKED, rejections.NothingSupplied),
        (SUPPLY, (RECEIVED, ACCEPTED), rejections.NotAsked),
        (SUPPLY, REFUSED, rejections.NotAsked),
    ],
)
def test_only_what_was_asked_can_be_supplied(
    command: Any, given: tuple[Event, ...], rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(command, *given)


def test_r18_a_supplement_that_does_not_come_refuses_by_rule() -> None:
    """R18: only now."""
    (refused,) = when(commands.ExpireSupplement(LATER, TICKET), *ASKED)
    assert isinstance(refused, TicketRefused)
    assert (refused.at, refused.number, refused.rule) == (LATER, 8, "R18")
    assert refused.right_place


@pytest.mark.parametrize(
    "given",
    [
        (),
        (RECEIVED, ACCEPTED),
        then(SUPPLY, ASKED),
        then(commands.ExpireSupplement(LATER, TICKET), ASKED),
    ],
)
def test_a_supplement_expires_only_while_it_is_awaited(given: tuple[Event, ...]) -> None:
    assert when(commands.ExpireSupplement(LATER, TICKET), *given) == []


def test_a_supplement_after_its_time_is_refused() -> None:
    with pytest.raises(rejections.NotAsked):
        when(SUPPLY, *then(commands.ExpireSupplement(LATER, TICKET), ASKED))


# Diversion (R11)


def test_r11_a_diversion_that_nobody_acknowledges_is_repeated() -> None:
    """R11: alarm and again."""
    (again,) = when(commands.RepeatDiversion(LATER, 1), *DIVERTED)
    assert again == events.DiversionRepeated(LATER, "119", RECEIPT, 2)
    given = (*DIVERTED, again)
    assert when(commands.RepeatDiversion(LATER, 1), *given) == []
    (third,) = when(commands.RepeatDiversion(LATER, 2), *given)
    assert third == events.DiversionRepeated(LATER, "119", RECEIPT, 3)
    assert DECIDER.fold(given).phase is Phase.DIVERTED


@pytest.mark.parametrize(
    "given",
    [(), REFUSED, then(commands.AcknowledgeDiversion(LATER, RECEIPT), DIVERTED)],
)
def test_an_acknowledged_diversion_is_not_repeated(given: tuple[Event, ...]) -> None:
    assert when(commands.RepeatDiversion(LATER, 1), *given) == []


@pytest.mark.parametrize(
    "given", [DIVERTED, then(commands.AcknowledgeDiversion(NOON, RECEIPT), DIVERTED)]
)
def test_r11_what_an_emergency_line_hands_back_is_decided_anew(given: tuple[Event, ...]) -> None:
    """R11: the way back."""
    returned, accepted = when(HAND_BACK, *given)
    assert returned == events.DiversionReturned(LATER, RECEIPT, "119", "no fire")
    assert accepted == replace(ACCEPTED, at=LATER)
    assert when(HAND_BACK, *given, returned, accepted) == []


def test_a_matter_handed_back_may_still_be_refused() -> None:
    given = decided(emergency_ongoing=True, emergency_line="119", organ="court")
    _, refused = when(HAND_BACK, *given)
    assert isinstance(refused, TicketRefused)
    assert refused.rule == "R12"


@pytest.mark.parametrize(
    ("given", "receipt", "rejection"),
    [
        ((), RECEIPT, rejections.UnknownTicket),
        (DIVERTED, "another", rejections.NotDiverted),
        (REFUSED, "", rejections.NotDiverted),
        ((RECEIVED, ACCEPTED), RECEIPT, rejections.NotDiverted),
    ],
)
def test_only_a_diversion_is_handed_back(
    given: tuple[Event, ...], receipt: str, rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(replace(HAND_BACK, receipt=receipt), *given)


# Answer at once (R5)


def test_r5_an_answer_that_does_not_help_goes_on_as_a_ticket() -> None:
    """R5."""
    unhelpful, accepted = when(UNHELPFUL, *ANSWERED)
    assert unhelpful == events.AnswerUnhelpful(LATER, "KB-1")
    assert isinstance(accepted, TicketAccepted)
    assert accepted.kind is Kind.CONSULTATION
    assert when(UNHELPFUL, *ANSWERED, unhelpful, accepted) == []


@pytest.mark.parametrize(
    ("given", "code", "rejection"),
    [
        (ANSWERED, "wrong", rejections.UnknownTicket),
        ((RECEIVED, ACCEPTED), CODE, rejections.NotAnswered),
        (REFUSED, CODE, rejections.NotAnswered),
    ],
)
def test_only_an_answer_is_reported_as_unhelpful(
    given: tuple[Event, ...], code: str, rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(replace(UNHELPFUL, code=code), *given)


# Withdrawal, and deadline's facts


def test_a_citizen_takes_back_what_waits_for_a_supplement() -> None:
    withdrawal = commands.WithdrawTicket(LATER, TICKET, CODE, "settled")
    assert when(withdrawal, *ASKED) == [events.TicketWithdrawn(LATER, "settled")]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("supplement", [commands.ExpireSupplement(LATER, TICKET)]),
        ("diversion_receipt", [commands.RepeatDiversion(LATER, 3)]),
        ("resolve", []),
    ],
)
def test_a_missed_clock_of_intake_is_acted_upon(clock: str, expected: list[Any]) -> None:
    missed = DeadlineMissed(LATER - timedelta(seconds=2), TICKET, clock, 3)
    assert react(missed, DECIDER.fold(ASKED), LATER) == expected
