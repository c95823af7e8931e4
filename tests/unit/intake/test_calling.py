"""Telephone calls (R3): they make or join a ticket, or are called back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from services.intake.domain import rejections
from services.intake.domain.calls import (
    AnsweredCall,
    CallAnswered,
    CalledBack,
    CallFigures,
    CallMissed,
)
from services.intake.domain.commands import CallBack, RecordCall, RecordMissedCall
from services.intake.domain.events import TicketAccepted
from services.intake.domain.ticket import Phase
from services.kernel.decider import Rejection, replace
from tests.unit.intake.matters import ACCEPTED, DECIDER, LATER, NOON, RECEIVED, matter, when

CALL = AnsweredCall(12, "operator-7", "rec-1")
JOINS = RecordCall(LATER, "desk-1", "phone", "12315", 20, "", "rec-2")
MISSES = RecordMissedCall(NOON, "desk-1", "phone", "c-9", "12345", 31, "p1", b"sealed")
MISSED = CallMissed(NOON, "phone", "c-9", "12345", "", 31, "p1", b"sealed")
BACK = CallBack(LATER, "operator-7", reached=True, recording="rec-3", became="T-2")
CALLED_BACK = CalledBack(LATER, "operator-7", True, "rec-3", "T-2")


def test_r3_a_call_in_which_a_matter_is_stated_makes_the_ticket() -> None:
    stated = replace(matter(), call=CALL, called_number="12315", stated=("call",))
    received, answered, accepted = when(stated)
    assert answered == CallAnswered(
        NOON, "phone", "12315", "dual_parallel", 12, "operator-7", "rec-1"
    )
    assert isinstance(accepted, TicketAccepted)
    assert DECIDER.fold((received, answered, accepted)).phase is Phase.ACCEPTED


def test_a_call_without_an_operator_was_answered_by_who_records_it() -> None:
    answered: Any = when(replace(matter(), call=AnsweredCall(3)))[1]
    assert answered.operator == "desk-1"


def test_r3_a_call_joins_the_ticket_that_it_is_about() -> None:
    said = when(JOINS, RECEIVED, ACCEPTED)
    assert said == [CallAnswered(LATER, "phone", "12315", "dual_parallel", 20, "desk-1", "rec-2")]
    assert DECIDER.fold((RECEIVED, ACCEPTED, *said)).phase is Phase.ACCEPTED


def test_r3_a_missed_call_gets_a_ticket_and_is_called_back() -> None:
    assert when(MISSES) == [MISSED]
    assert DECIDER.fold((MISSED,)).phase is Phase.CALL_MISSED
    assert when(BACK, MISSED) == [CALLED_BACK]
    assert DECIDER.fold((MISSED, CALLED_BACK)).phase is Phase.CALLED_BACK


def test_what_was_done_is_not_done_again() -> None:
    assert when(MISSES, MISSED) == []
    assert when(BACK, MISSED, CALLED_BACK) == []


def test_a_caller_who_was_not_reached_may_be_called_again() -> None:
    tried = CalledBack(LATER, "operator-7", False, "", "")
    assert DECIDER.fold((MISSED, tried)).phase is Phase.CALL_MISSED
    assert when(BACK, MISSED, tried) == [CALLED_BACK]


@pytest.mark.parametrize(
    ("command", "given", "rejection"),
    [
        (JOINS, (), rejections.UnknownTicket),
        (BACK, (), rejections.UnknownTicket),
        (BACK, (RECEIVED, ACCEPTED), rejections.NotMissed),
        (replace(JOINS, channel="web"), (RECEIVED, ACCEPTED), rejections.NoTelephone),
        (replace(JOINS, channel="moon"), (RECEIVED, ACCEPTED), rejections.UnknownChannel),
        (replace(JOINS, channel="partner"), (RECEIVED,), rejections.NotTheChannelsCaller),
        (replace(JOINS, waited_s=-1), (RECEIVED, ACCEPTED), rejections.CallOutOfBounds),
        (replace(MISSES, channel="web"), (), rejections.NoTelephone),
        (replace(MISSES, caller=b""), (), rejections.NobodyToCall),
        (replace(MISSES, waited_s=86_401), (), rejections.CallOutOfBounds),
        (replace(matter(), call=AnsweredCall(-1)), (), rejections.CallOutOfBounds),
        (replace(matter(), call=CALL, channel="web", stated=()), (), rejections.NoTelephone),
    ],
)
def test_a_call_that_cannot_be_is_refused_in_words(
    command: Any, given: Sequence[Any], rejection: type[Rejection]
) -> None:
    """R3."""
    with pytest.raises(rejection):
        when(command, *given)


def test_r3_the_figures_are_shares_of_all_and_of_the_answered() -> None:
    """R3: connection rate, and answered in time."""
    figures = CallFigures(answered=95, missed=5, in_time=90, waiting=2)
    assert (figures.connected_percent, figures.in_time_percent) == (95.0, 94.74)
    none = CallFigures(0, 0, 0, 0)
    assert (none.connected_percent, none.in_time_percent) == (None, None)
