"""What intake decides: per command allowed, forbidden and quiet; and the fold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import asdict

from services.intake.domain import rejections
from services.intake.domain.commands import AcknowledgeDiversion, CloseHistory, WithdrawTicket
from services.intake.domain.events import (
    DiversionAcknowledged,
    Event,
    HistoryClosed,
    TicketReceived,
    TicketWithdrawn,
)
from services.intake.domain.ticket import Phase, Ticket, digest_of
from services.kernel.decider import Rejection, replace
from tests.unit.intake.matters import (
    ACCEPTED,
    CODE,
    DECIDER,
    DIVERTED,
    LATER,
    NOON,
    RECEIPT,
    RECEIVED,
    REFUSED,
    TICKET,
    matter,
    received,
    when,
)

WITHDRAW = WithdrawTicket(LATER, TICKET, CODE, "settled")
WITHDRAWN = TicketWithdrawn(LATER, "settled")
ACKNOWLEDGED = DiversionAcknowledged(LATER, RECEIPT, "119")
CLOSED = HistoryClosed(NOON, "old", NOON, final=False)
FINAL = HistoryClosed(LATER, "old", LATER, final=True)
DIVERSION = (RECEIVED, DIVERTED)


# Submit


def test_a_matter_is_received_as_it_was_stated() -> None:
    said, (fact, _) = asdict(matter()), when(matter())
    assert isinstance(fact, TicketReceived)
    said["received_by"] = said["by"]
    none = {"facts": None, "repeats_being_handled": (), "repeats_handled": (), "related": ()}
    assert asdict(fact) == {name: said.get(name, "") for name in asdict(fact)} | none
    stated, _ = when(matter(duty="local"))
    assert isinstance(stated, TicketReceived)
    assert stated.facts == matter(duty="local").facts


def test_an_acceptance_carries_what_others_decide_by() -> None:
    said, accepted = asdict(matter()), asdict(ACCEPTED)
    for name in ("at", "kind", "urgency", "category", "area", "title", "stated_due_at"):
        assert accepted[name] == said[name]


@pytest.mark.parametrize(
    ("changes", "facts", "rejection", "message"),
    [
        ({"category": "moon"}, {}, rejections.UnknownCategory, "no such category. (moon)"),
        ({"area": "moon"}, {}, rejections.UnknownArea, "no such area. (moon)"),
        ({}, {"organ": "club"}, rejections.UnknownWord, "is not in the vocabulary. (organ)"),
        ({}, {"sub_centre": "moon"}, rejections.UnknownSubCentre, "no such sub-centre now"),
    ],
)
def test_a_matter_that_cannot_be_placed_is_not_received(
    changes: dict[str, Any], facts: dict[str, Any], rejection: type[Rejection], message: str
) -> None:
    with pytest.raises(rejection) as caught:
        when(replace(matter(**facts), **changes))
    assert message in caught.value.message
    assert caught.value.status == 422


@pytest.mark.parametrize(
    ("changes", "rejection"),
    [
        ({"title": " "}, rejections.NoTitle),
        ({"latitude": 90.1, "longitude": 0.0}, rejections.NotOnEarth),
        ({"latitude": 0.0, "longitude": -180.1}, rejections.NotOnEarth),
        *(
            ({"stated_due_at": due}, rejections.StatedDueImplausible)
            for due in (
                matter().at,
                matter().at + timedelta(days=3_654),
                datetime.min.replace(tzinfo=UTC),
                datetime.max.replace(tzinfo=UTC),
            )
        ),
    ],
)
def test_nonsense_is_not_received(changes: dict[str, Any], rejection: type[Rejection]) -> None:
    with pytest.raises(rejection):
        when(replace(matter(), **changes))
    edge = replace(matter(), latitude=-90.0, longitude=180.0)
    assert [type(e) for e in when(edge)][:1] == [TicketReceived]


def test_a_long_word_is_not_repeated_whole() -> None:
    with pytest.raises(rejections.UnknownCategory) as caught:
        when(replace(matter(), category="x" * 5_000))
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("given", [(RECEIVED, ACCEPTED), (RECEIVED, REFUSED), DIVERSION])
def test_a_matter_that_was_received_is_not_received_again(given: tuple[Event, ...]) -> None:
    assert when(matter(), *given) == []


# Withdraw


def test_a_citizen_takes_an_accepted_matter_back() -> None:
    assert when(WITHDRAW, RECEIVED, ACCEPTED) == [WITHDRAWN]


@pytest.mark.parametrize(
    ("given", "rejection"),
    [
        ((), rejections.UnknownTicket),
        ((RECEIVED,), rejections.NotOpen),
        ((RECEIVED, REFUSED), rejections.NotOpen),
        (DIVERSION, rejections.NotOpen),
        ((*DIVERSION, ACKNOWLEDGED), rejections.NotOpen),
    ],
)
def test_only_an_accepted_matter_can_be_withdrawn(
    given: tuple[Event, ...], rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(WITHDRAW, *given)


@pytest.mark.parametrize("code", ["", CODE.lower(), f"{CODE} ", "2" * 12, digest_of(TICKET, CODE)])
@pytest.mark.parametrize(
    "given", [(RECEIVED, ACCEPTED), (RECEIVED, REFUSED), (RECEIVED, ACCEPTED, WITHDRAWN)]
)
def test_a_wrong_code_learns_no_more_than_a_wrong_number(
    given: tuple[Event, ...], code: str
) -> None:
    with pytest.raises(rejections.UnknownTicket):
        when(replace(WITHDRAW, code=code), *given)


def test_a_code_opens_its_own_ticket_only() -> None:
    with pytest.raises(rejections.UnknownTicket):
        when(replace(WITHDRAW, ticket="20260316-0000002-3"), RECEIVED, ACCEPTED)


def test_no_code_withdraws_a_ticket_that_was_given_none() -> None:
    with pytest.raises(rejections.UnknownTicket):
        when(replace(WITHDRAW, code=""), received(code_digest=""), ACCEPTED)


def test_a_second_withdrawal_is_quiet() -> None:
    again = replace(WITHDRAW, at=LATER + timedelta(hours=1), reason="again")
    assert when(again, RECEIVED, ACCEPTED, WITHDRAWN) == []


# Acknowledge a diversion


def test_an_emergency_line_acknowledges_by_the_receipt() -> None:
    assert when(AcknowledgeDiversion(LATER, RECEIPT), *DIVERSION) == [ACKNOWLEDGED]


@pytest.mark.parametrize(
    ("given", "receipt", "rejection"),
    [
        ((), RECEIPT, rejections.UnknownTicket),
        (DIVERSION, "another", rejections.NotDiverted),
        (DIVERSION, "", rejections.NotDiverted),
        ((RECEIVED, ACCEPTED), "", rejections.NotDiverted),
        ((RECEIVED, ACCEPTED), RECEIPT, rejections.NotDiverted),
        ((*DIVERSION, ACKNOWLEDGED), "another", rejections.NotDiverted),
    ],
)
def test_only_a_diversion_is_acknowledged_and_only_under_its_receipt(
    given: tuple[Event, ...], receipt: str, rejection: type[Rejection]
) -> None:
    with pytest.raises(rejection):
        when(AcknowledgeDiversion(LATER, receipt), *given)


def test_a_second_acknowledgement_is_quiet() -> None:
    assert when(AcknowledgeDiversion(LATER, RECEIPT), *DIVERSION, ACKNOWLEDGED) == []


# Close the history of an import


def test_an_importers_frontier_moves_on() -> None:
    later = CloseHistory(LATER, "old", LATER, final=False)
    assert when(later, CLOSED) == [HistoryClosed(LATER, "old", LATER, final=False)]


def test_a_frontier_never_moves_back() -> None:
    earlier = CloseHistory(LATER, "old", NOON - timedelta(days=1), final=False)
    assert when(earlier, CLOSED) == []
    closing = replace(earlier, final=True)
    assert when(closing, CLOSED) == [HistoryClosed(LATER, "old", NOON, final=True)]


def test_a_closed_history_is_not_opened_again() -> None:
    tomorrow = LATER + timedelta(days=1)
    beyond = CloseHistory(tomorrow, "old", tomorrow, final=False)
    with pytest.raises(rejections.HistoryIsClosed):
        when(beyond, CLOSED, FINAL)


def test_a_frontier_does_not_lie_ahead() -> None:
    with pytest.raises(rejections.FrontierAhead):
        when(CloseHistory(NOON, "old", LATER, final=False), CLOSED)


def test_a_repeated_frontier_is_quiet() -> None:
    assert when(CloseHistory(LATER, "old", NOON, final=False), CLOSED) == []
    assert when(CloseHistory(LATER, "old", LATER, final=True), CLOSED, FINAL) == []


# The fold


@pytest.mark.parametrize(
    ("given", "phase"),
    [
        ((), Phase.UNKNOWN),
        ((RECEIVED,), Phase.RECEIVED),
        ((RECEIVED, ACCEPTED), Phase.ACCEPTED),
        ((RECEIVED, REFUSED), Phase.REFUSED),
        (DIVERSION, Phase.DIVERTED),
        ((*DIVERSION, ACKNOWLEDGED), Phase.ACKNOWLEDGED),
        ((RECEIVED, ACCEPTED, WITHDRAWN), Phase.WITHDRAWN),
    ],
)
def test_the_phase_says_what_became_of_the_matter(given: tuple[Event, ...], phase: Phase) -> None:
    assert DECIDER.fold(given).phase is phase


def test_the_fold_remembers_what_later_decisions_need() -> None:
    assert DECIDER.fold((RECEIVED, REFUSED)) == Ticket(
        Phase.REFUSED,
        code_digest=digest_of(TICKET, CODE),
        channel="phone",
        person_id="p1",
        decision=REFUSED,
        received=received(),
        persons=frozenset({"desk-1"}),
    )
    diverted = DECIDER.fold((*DIVERSION, ACKNOWLEDGED))
    assert (diverted.line, diverted.receipt) == ("119", RECEIPT)
    imported = DECIDER.fold((CLOSED, FINAL))
    assert (imported.history_until, imported.history_final) == (LATER, True)
