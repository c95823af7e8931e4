"""R25: a citizen urges an accepted matter by its code, so often a day as the city allows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.intake.domain import rejections
from services.intake.domain.after import urge
from services.intake.domain.categories import Catalogue
from services.intake.domain.channels import Switchboard
from services.intake.domain.commands import UrgeMatter
from services.intake.domain.events import Event, MatterUrged
from services.intake.domain.ticket import Ticket, digest_of, evolve
from services.kernel.decider import Rejection, replace
from tests.unit.intake.test_commands import (
    ACCEPTED,
    CODE,
    DIVERSION,
    LATER,
    RECEIVED,
    REFUSED,
    TICKET,
    WITHDRAWN,
    received,
    when,
)

URGE = UrgeMatter(LATER, TICKET, CODE, " still dark ")
URGED = MatterUrged(LATER, "still dark")


def test_r25_a_citizen_asks_where_an_accepted_matter_stands() -> None:
    assert when(URGE, RECEIVED, ACCEPTED) == [URGED]


@pytest.mark.parametrize(
    "given",
    [(RECEIVED,), (RECEIVED, REFUSED), (RECEIVED, ACCEPTED, WITHDRAWN), DIVERSION],
)
def test_r25_only_an_accepted_matter_is_urged(given: tuple[Event, ...]) -> None:
    with pytest.raises(rejections.NothingToUrge):
        when(URGE, *given)


@pytest.mark.parametrize("code", ["", CODE.lower(), f"{CODE} ", "2" * 12, digest_of(TICKET, CODE)])
@pytest.mark.parametrize(
    "given", [(), (RECEIVED, REFUSED), (RECEIVED, ACCEPTED), (RECEIVED, ACCEPTED, URGED)]
)
def test_r25_a_wrong_code_learns_no_more_than_a_wrong_number(
    given: tuple[Event, ...], code: str
) -> None:
    with pytest.raises(rejections.UnknownTicket):
        when(replace(URGE, code=code), *given)


def test_r25_a_code_urges_its_own_ticket_only() -> None:
    with pytest.raises(rejections.UnknownTicket):
        when(replace(URGE, ticket="20260316-0000002-3"), RECEIVED, ACCEPTED)
    with pytest.raises(rejections.UnknownTicket):
        when(replace(URGE, code=""), received(code_digest=""), ACCEPTED)


def test_r25_the_next_urge_waits_for_the_next_day() -> None:
    with pytest.raises(rejections.TooManyUrges) as caught:
        when(replace(URGE, at=LATER + timedelta(minutes=1)), RECEIVED, ACCEPTED, URGED)
    assert caught.value.rule == "R25"
    tomorrow = replace(URGE, at=LATER + timedelta(days=1))
    assert when(tomorrow, RECEIVED, ACCEPTED, URGED) == [replace(URGED, at=tomorrow.at)]


def test_r25_how_often_is_the_citys() -> None:
    catalogue = Catalogue({}, {}, switchboard=Switchboard(urges_per_day=3))
    ticket = Ticket()
    for event in (RECEIVED, ACCEPTED):
        ticket = evolve(ticket, event)
    for _ in range(3):
        [urged] = urge(URGE, ticket, catalogue)
        ticket = evolve(ticket, urged)
    with pytest.raises(Rejection, match="3 a day"):
        urge(URGE, ticket, catalogue)
