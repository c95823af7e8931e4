"""To and fro between 12345 and other lines: handed back (R9), handed over (R11)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from services.intake.adapters.channels import parse_channels
from services.intake.domain import rejections
from services.intake.domain.calls import AnsweredCall
from services.intake.domain.commands import HandBack, OverrideDecision, ReturnTransfer
from services.intake.domain.events import Event, TicketAccepted, TicketDiverted, TicketReceived
from services.intake.domain.lines import HandoverAcknowledged, TransferReturned
from services.intake.domain.matter import Kind
from services.intake.domain.ticket import Phase
from services.intake.service import outcome
from services.kernel.decider import Rejection, replace
from tests.unit.intake.after import REFUSED, TRANSFERRED, then
from tests.unit.intake.matters import ACCEPTED, CITY, DECIDER, LATER, NOON, TICKET, matter, when

BACK = ReturnTransfer(LATER, TICKET, "12366", "It is about the city's own fee.")
RETURNED = TransferReturned(LATER, "12366", BACK.reason)
HANDED = replace(
    matter(),
    channel="police",
    by="110",
    stated=("handed_over_by", "handover_reference"),
    handed_over_by="110",
    handover_reference="P-7",
)


# R9: a transfer is handed back


def test_r9_a_sub_centre_hands_a_transfer_back_and_the_matter_goes_on() -> None:
    """Under the same number, decided anew without the sub-centre: dispatched, or queued."""
    assert when(BACK, *TRANSFERRED) == [RETURNED, replace(ACCEPTED, at=LATER)]


def test_r9_what_comes_back_is_decided_by_the_other_rules() -> None:
    given = tuple(when(matter(Kind.CONSULTATION, sub_centre="12366", kb_answer="KB-1")))
    _, answered = when(BACK, *given)
    assert DECIDER.fold((*given, RETURNED, answered)).phase is Phase.ANSWERED


def test_r9_a_transfer_is_handed_back_once() -> None:
    assert when(BACK, *then(BACK, TRANSFERRED)) == []


@pytest.mark.parametrize(
    ("given", "command", "rejection"),
    [
        ((), BACK, rejections.UnknownTicket),
        (REFUSED, BACK, rejections.NotTransferred),
        (TRANSFERRED, replace(BACK, by="12315"), rejections.NotTransferred),
        (TRANSFERRED, replace(BACK, by="110"), rejections.NotTransferred),
        (TRANSFERRED, replace(BACK, reason=" "), rejections.NoReason),
        (then(BACK, TRANSFERRED), replace(BACK, by="110"), rejections.NotTransferred),
        (
            then(OverrideDecision(LATER, "ann", "ours"), TRANSFERRED),
            BACK,
            rejections.NotTransferred,
        ),
    ],
)
def test_r9_only_the_sub_centre_hands_back_only_what_was_transferred_to_it_and_says_why(
    given: tuple[Event, ...], command: ReturnTransfer, rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(command, *given)


def test_a_lines_own_channel_names_its_callers() -> None:
    """Else everybody would speak for it."""
    channel = {"id": "x", "name": {"zh": "甲", "en": "X"}, "kind": "other", "line": "110"}
    standard = {"within_s": 15, "connected_percent": 95, "over_hours": 24}
    document = {"version": "1", "answering": standard, "channels": [channel]}
    with pytest.raises(ValueError, match=r"channels\.0: a line's own channel names its callers"):
        parse_channels(document, "file")
    channel["callers"] = ["110"]
    assert parse_channels(document, "file").speaks_for("110", "110")
    assert not parse_channels(document, "file").speaks_for("110", "119")


# R11: an emergency line hands over


def handed(**changes: Any) -> Sequence[Event]:
    return when(replace(HANDED, **changes))


def test_r11_what_110_hands_over_is_acknowledged_at_once_under_a_receipt() -> None:
    received, acknowledged, accepted = handed()
    assert isinstance(received, TicketReceived)
    assert (received.transferred_by, received.transferred_at) == ("110", NOON)
    assert isinstance(acknowledged, HandoverAcknowledged)
    assert (acknowledged.line, acknowledged.reference) == ("110", "P-7")
    assert acknowledged.receipt.startswith("110-back-")
    assert accepted == ACCEPTED
    state = DECIDER.fold((received, acknowledged, accepted))
    told = outcome(TICKET, state, CITY.catalogue.switchboard)
    assert told["handover"] == {"line": "110", "receipt": acknowledged.receipt}


def test_r11_an_operator_takes_over_what_110_hands_over_in_a_call() -> None:
    stated = {"channel": "partner", "by": "partner", "stated": ("handed_over_by", "call")}
    facts = handed(call=AnsweredCall(3), **stated)
    names = [type(fact).__name__ for fact in facts]
    assert names == ["TicketReceived", "CallAnswered", "HandoverAcknowledged", "TicketAccepted"]


def test_r11_a_call_that_anybody_may_record_speaks_for_no_line() -> None:
    stated = {"channel": "phone", "by": "web", "stated": ("handed_over_by", "call")}
    with pytest.raises(rejections.NotTheLinesOwn):
        handed(call=AnsweredCall(3), **stated)


def test_r11_when_110_transferred_the_call_stays_as_it_was_stated() -> None:
    received = handed(transferred_by="the police's desk", transferred_at=NOON)[0]
    assert isinstance(received, TicketReceived)
    assert received.transferred_by == "the police's desk"


@pytest.mark.parametrize(
    ("changes", "rejection"),
    [
        ({"handed_over_by": "12315"}, rejections.NotAnEmergencyLine),
        ({"handed_over_by": "moon"}, rejections.NotAnEmergencyLine),
        ({"handed_over_by": "119"}, rejections.NotTheLinesOwn),
        ({"channel": "web", "by": "110"}, rejections.NotTheLinesOwn),
        ({"channel": "web", "by": "anybody"}, rejections.NotTheLinesOwn),
        ({"by": "anybody"}, rejections.NotTheChannelsCaller),
    ],
)
def test_r11_nobody_else_hands_over_in_the_name_of_an_emergency_line(
    changes: dict[str, Any], rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection) as caught:
        handed(**changes)
    assert 400 <= caught.value.status < 500


def test_r11_an_emergency_is_diverted_whoever_claims_to_hand_it_over() -> None:
    facts = dataclasses.replace(HANDED.facts, emergency_ongoing=True)
    received, diverted = handed(channel="web", by="anybody", facts=facts)
    assert isinstance(received, TicketReceived)
    assert isinstance(diverted, TicketDiverted)
    assert received.transferred_by == ""


def test_r11_an_imported_hand_over_came_by_a_channel_of_its_time() -> None:
    assert len(handed(channel="old", stated=None)) == 3
    with pytest.raises(rejections.NotAnEmergencyLine):
        handed(stated=None, handed_over_by="12315")


def test_r11_the_receipts_of_both_ways_differ() -> None:
    """An emergency after all: it goes back to the line, which acknowledges another receipt."""
    facts = dataclasses.replace(HANDED.facts, emergency_ongoing=True, emergency_line="110")
    given = tuple(handed(facts=facts))
    acknowledged, diverted = given[1:]
    assert isinstance(acknowledged, HandoverAcknowledged)
    assert isinstance(diverted, TicketDiverted)
    assert acknowledged.receipt != diverted.receipt
    returned = when(HandBack(LATER, TICKET, diverted.receipt, "none"), *given)
    assert isinstance(returned[1], TicketAccepted)
