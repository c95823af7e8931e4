"""An operator's override, and the objection of a citizen: on the record, by name."""

from __future__ import annotations

import pytest

from services.intake.domain import commands, events, rejections
from services.intake.domain.calls import AnsweredCall
from services.intake.domain.events import Event, TicketAccepted
from services.intake.domain.ticket import Phase
from services.kernel.decider import Rejection, replace
from tests.unit.intake.after import (
    ANSWERED,
    ASKED,
    DIVERTED,
    LINKED,
    REFUSED,
    TRANSFERRED,
    then,
)
from tests.unit.intake.matters import (
    ACCEPTED,
    CODE,
    DECIDER,
    LATER,
    RECEIVED,
    TICKET,
    matter,
    when,
)

OVERRIDE = commands.OverrideDecision(LATER, "chief", "It is ours after all.")
OBJECT = commands.ObjectToRefusal(LATER, TICKET, CODE, "It is no court matter.")
REVIEW = commands.ReviewObjection(LATER, "second", True, "So it is.")


# Override


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (REFUSED, "R12"),
        (DIVERTED, "R11"),
        (TRANSFERRED, "R9"),
        (LINKED, "R16"),
        (ASKED, "R18"),
        (ANSWERED, "R5"),
    ],
)
def test_r5_to_r20_an_operator_overrides_any_rule_by_name_and_with_a_reason(
    given: tuple[Event, ...], rule: str
) -> None:
    overridden, accepted = when(OVERRIDE, *given)
    assert overridden == events.DecisionOverridden(LATER, rule, "chief", OVERRIDE.reason)
    assert isinstance(accepted, TicketAccepted)
    assert when(OVERRIDE, *given, overridden, accepted) == []


@pytest.mark.parametrize(
    ("given", "reason", "rejection"),
    [
        ((), "why", rejections.UnknownTicket),
        (REFUSED, " ", rejections.NoReason),
        ((RECEIVED, ACCEPTED), "why", rejections.NothingToOverride),
    ],
)
def test_r20_an_override_needs_a_reason_and_something_to_override(
    given: tuple[Event, ...], reason: str, rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(replace(OVERRIDE, reason=reason), *given)


# Objection

OBJECTED = then(OBJECT, REFUSED)
DISMISSED = then(replace(REVIEW, uphold=False), OBJECTED)
UPHELD = then(REVIEW, OBJECTED)


def test_r10_to_r20_a_citizen_objects_to_a_refusal_once() -> None:
    assert OBJECTED[-1] == events.RefusalObjected(LATER, "R12", OBJECT.reason)
    assert when(OBJECT, *OBJECTED) == []
    with pytest.raises(rejections.ObjectedAlready):
        when(OBJECT, *DISMISSED)


@pytest.mark.parametrize(
    ("given", "code", "rejection"),
    [
        (REFUSED, "wrong", rejections.UnknownTicket),
        ((RECEIVED, ACCEPTED), CODE, rejections.NotRefused),
        (LINKED, CODE, rejections.NotRefused),
    ],
)
def test_r10_to_r20_only_a_refusal_is_objected_to(
    given: tuple[Event, ...], code: str, rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(replace(OBJECT, code=code), *given)


def test_r10_to_r20_an_objection_upheld_accepts_the_matter() -> None:
    assert UPHELD[-2] == events.ObjectionReviewed(LATER, True, "second", REVIEW.reason)
    assert isinstance(UPHELD[-1], TicketAccepted)


def test_r10_to_r20_an_objection_dismissed_leaves_the_refusal() -> None:
    assert isinstance(DISMISSED[-1], events.ObjectionReviewed)
    assert DECIDER.fold(DISMISSED).phase is Phase.REFUSED


def test_r10_to_r20_a_second_verdict_is_refused_and_the_same_one_quiet() -> None:
    assert when(REVIEW, *UPHELD) == []
    with pytest.raises(rejections.NoObjection):
        when(REVIEW, *DISMISSED)


BY_TELEPHONE = replace(matter(organ="court"), call=AnsweredCall(12, "ann"), stated=("call",))
CALL = commands.RecordCall(LATER, "desk-1", "phone", "12345", 20, "bob")
EXPIRE = commands.ExpireSupplement(LATER, TICKET)


@pytest.mark.parametrize(
    ("objected", "by"),
    [
        (OBJECTED, "desk-1"),
        (then(OBJECT, tuple(when(BY_TELEPHONE))), "desk-1"),
        (then(OBJECT, tuple(when(BY_TELEPHONE))), "ann"),
        (then(OBJECT, then(EXPIRE, then(CALL, ASKED))), "bob"),
    ],
    ids=["its sender", "its sender, in a call", "its operator", "operator of a supplement"],
)
def test_r10_to_r20_who_took_the_matter_does_not_review_the_objection(
    objected: tuple[Event, ...], by: str
) -> None:
    with pytest.raises(rejections.SamePerson):
        when(replace(REVIEW, by=by), *objected)
    assert when(replace(REVIEW, by="second"), *objected)


@pytest.mark.parametrize("given", [then(CALL, OBJECTED), then(OBJECT, then(CALL, REFUSED))])
def test_r10_to_r20_who_answered_a_call_after_the_refusal_may_review_the_objection(
    given: tuple[Event, ...],
) -> None:
    assert when(replace(REVIEW, by="bob"), *given)


@pytest.mark.parametrize(
    ("given", "reason", "rejection"),
    [
        ((), "why", rejections.UnknownTicket),
        (REFUSED, "why", rejections.NoObjection),
        (OBJECTED, "", rejections.NoReason),
    ],
)
def test_r10_to_r20_a_review_needs_an_objection_and_a_reason(
    given: tuple[Event, ...], reason: str, rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(replace(REVIEW, reason=reason), *given)
