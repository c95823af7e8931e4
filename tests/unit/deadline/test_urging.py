"""The day's bound of a citizen's urges, by whichever way they come in (R25)."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.registry import document, parse
from services.deadline.domain.care_events import TicketUrged, UrgeAnswered
from services.deadline.domain.reactions import decider
from services.deadline.domain.rejections import TooManyUrges
from services.deadline.domain.supervision import AnswerUrge, PassUrgeOn, UrgeTicket
from services.kernel.decider import replace
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.test_rules import FROM, Office
from tests.unit.deadline.tickets import cn, dispatched

AT = cn(3, 10, 9)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_CODE = intake.MatterUrged(reason="still dark")
RECORDED = UrgeTicket(AT, "ann", True, "still dark")
OWN = UrgeTicket(AT, "ann", False, "winter")


def content(urges_per_day: Any) -> Any:
    made = deepcopy(document("sample"))
    made["urges_per_day"] = urges_per_day
    return made


def desk_under(urges_per_day: int) -> Desk:
    desk = Desk()
    desk.policy = parse(content(urges_per_day), "a city of its own")
    desk.decider = decider(desk.policy, desk.calendar)
    return desk


def test_r25_an_urge_by_the_code_opens_no_second_one_beside_that_which_staff_recorded() -> None:
    desk = Desk()
    desk.do(RECORDED)
    before = desk.state
    assert desk.say(BY_CODE, AT + HOUR) == []
    assert desk.state == before
    [answered] = desk.do(AnswerUrge(AT + 2 * HOUR, "U1", "tomorrow"))
    assert answered == UrgeAnswered(AT + 2 * HOUR, 1, "U1", "tomorrow")
    assert desk.say(BY_CODE, AT + 3 * HOUR) == []  # answered, and of that day all the same


def test_r25_staff_record_no_second_urge_beside_one_by_the_code() -> None:
    desk = Desk()
    desk.say(BY_CODE, AT)
    desk.refuses(TooManyUrges, replace(RECORDED, at=AT + HOUR))
    assert desk.do(replace(RECORDED, at=AT + DAY))


def test_r25_the_next_day_of_the_city_takes_the_next_urge_by_the_code() -> None:
    desk = Desk()
    desk.do(replace(RECORDED, at=cn(3, 10, 23, 59)))
    [urged] = desk.say(BY_CODE, cn(3, 11))
    assert isinstance(urged, TicketUrged)
    assert (urged.number, urged.unit, urged.by) == (2, "U1", "citizen")


def test_r25_an_urge_that_is_heard_of_after_midnight_is_of_the_day_on_which_it_was_asked() -> None:
    late = Desk()
    late.do(replace(RECORDED, at=AT))
    assert late.say(BY_CODE, cn(3, 10, 23), reached=cn(3, 11, 6)) == []
    other = Desk()
    other.do(replace(RECORDED, at=cn(3, 11, 5)))
    assert len(other.say(BY_CODE, cn(3, 10, 23), reached=cn(3, 11, 6))) == 1


def test_r25_an_urge_that_is_heard_of_after_midnight_uses_up_nothing_of_the_next_day() -> None:
    desk = Desk()
    [urged] = desk.say(BY_CODE, cn(3, 10, 23), reached=cn(3, 11, 6))
    assert isinstance(urged, TicketUrged)
    assert (urged.at, urged.asked_at) == (cn(3, 11, 6), cn(3, 10, 23))
    assert len(desk.do(replace(RECORDED, at=cn(3, 11, 9)))) == 1
    desk.refuses(TooManyUrges, replace(RECORDED, at=cn(3, 11, 10)))


def test_r25_the_hotlines_own_urges_are_not_bounded_and_use_up_nothing_of_the_citizens() -> None:
    desk = Desk()
    assert len(desk.do(OWN, OWN, OWN)) == 3
    assert len(desk.say(BY_CODE, AT)) == 1
    desk.refuses(TooManyUrges, RECORDED)
    [urged] = desk.do(OWN)
    assert isinstance(urged, TicketUrged)
    assert (urged.number, urged.from_citizen) == (5, False)


def test_r25_a_unit_that_has_the_ticket_since_changes_nothing_of_the_days_bound() -> None:
    desk = Desk()
    desk.do(RECORDED)
    desk.say(dispatch.ReturnGranted(unit="U1"), AT)
    desk.say(dispatched("U2", 2), AT)
    assert desk.say(BY_CODE, AT + HOUR) == []
    [answered] = desk.do(AnswerUrge(AT + HOUR, "U2", "we have it now"))
    assert isinstance(answered, UrgeAnswered)
    assert (answered.number, answered.unit) == (1, "U2")


# How often is the city's


@pytest.mark.parametrize(
    ("urges_per_day", "ways", "counted"),
    [
        (2, "code staff code", 2),
        (2, "staff code code", 2),
        (2, "staff staff code", 2),
        (3, "staff code staff code", 3),
        (3, "code code staff code", 3),
        (3, "staff own own code own code code", 6),
    ],
)
def test_r25_so_often_a_day_as_the_city_says_however_they_come_in(
    urges_per_day: int, ways: str, counted: int
) -> None:
    desk = desk_under(urges_per_day)
    for minutes, way in enumerate(ways.split()):
        at = AT + timedelta(minutes=minutes)
        if way == "code":
            desk.say(BY_CODE, at)
        else:
            desk.do(replace(RECORDED if way == "staff" else OWN, at=at))
    urged = [e for e in desk.events if isinstance(e, TicketUrged)]
    assert [e.number for e in urged] == list(range(1, counted + 1))
    assert sum(e.from_citizen for e in urged) == urges_per_day
    [refusal] = desk.refuses(TooManyUrges, replace(RECORDED, at=AT + HOUR)).args
    assert refusal == f"{urges_per_day} a day"
    assert desk.do(replace(RECORDED, at=AT + DAY))


def test_r25_where_a_city_lets_staff_record_none_the_hotline_itself_still_urges() -> None:
    desk = desk_under(0)
    desk.refuses(TooManyUrges, RECORDED)
    assert len(desk.do(OWN)) == 1


async def test_r25_a_published_bound_counts_from_its_date() -> None:
    office = Office()
    await office.publish("policy/trial-measures", {**content(2), "version": "2026-03-11"})
    desk = office.desk()
    desk.do(RECORDED)
    desk.refuses(TooManyUrges, replace(RECORDED, at=FROM - timedelta(seconds=1)))
    for minutes in (0, 1):
        assert len(desk.do(replace(RECORDED, at=FROM + timedelta(minutes=minutes)))) == 1
    desk.refuses(TooManyUrges, replace(RECORDED, at=FROM + HOUR))
    assert desk.say(BY_CODE, FROM + HOUR) == []


@pytest.mark.parametrize("urges", [-1, "2", 1.5, True, None])
def test_r25_a_bound_that_is_no_number_is_said(urges: Any) -> None:
    with pytest.raises(ValueError, match="urges_per_day must be a number"):
        parse(content(urges), "p")


# What was recorded before


def test_a_history_with_two_urges_of_one_day_folds_as_it_did() -> None:
    desk = Desk()
    desk.events += [
        TicketUrged(AT, 1, "U1", True, "still dark", "ann"),
        TicketUrged(AT + HOUR, 2, "U1", True, "still dark", "citizen", "intake/T1/3"),
    ]
    desk.reload()
    care = desk.state.care
    assert (care.urges, care.unanswered) == (2, (1, 2))
    assert care.citizen_urges == (AT, AT + HOUR)
    assert desk.do(PassUrgeOn(AT + HOUR, "still dark", "intake/T1/3", AT)) == []
    [answered] = desk.do(AnswerUrge(AT + 2 * HOUR, "U1", "tomorrow"))
    assert isinstance(answered, UrgeAnswered)
    assert answered.number == 2
    assert desk.state.care.unanswered == ()


def test_the_bound_is_the_same_from_the_ledgers_bytes() -> None:
    desk = Desk()
    desk.do(RECORDED)
    state = desk.state
    desk.reload()
    assert desk.state == state
    assert desk.say(BY_CODE, AT + HOUR) == []
