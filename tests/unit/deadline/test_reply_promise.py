"""Promise: a date that a reply promises is a clock of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest
from google.protobuf.message import Message

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.evaluation.v1 import events_pb2 as evaluation
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.lives import line_of
from services.deadline.adapters.proof import differences, prove
from services.deadline.domain.clock import Phase
from services.deadline.domain.desk import PauseClocks
from services.deadline.domain.events import ClockStarted
from services.deadline.domain.reactions import decider
from services.deadline.domain.rejections import NotRunning
from services.deadline.domain.replan import ReplanClocks
from services.kernel.codec import put_datetime
from tests.unit.deadline.test_desk import Desk
from tests.unit.deadline.tickets import approved, cn

REPLIED, PROMISED = cn(3, 11, 10), cn(4, 1)


def promising(until: datetime | None = PROMISED) -> Message:
    message = dispatch.TicketReplied(unit="U1", public_answer="The road is mended in March.")
    if until is not None:
        put_datetime(message.promised_by, until)
    return message


def told(*more: tuple[Message, datetime]) -> Desk:
    """A reply that promises a date, approved; then what comes after."""
    desk = Desk()
    before: Iterable[tuple[Message, datetime]] = [
        (promising(), REPLIED),
        (approved(REPLIED), cn(3, 11, 12)),
        (dispatch.TicketCompleted(unit="U1", solved=False), cn(3, 11, 12)),
    ]
    for message, at in [*before, *more]:
        desk.say(message, at)
    return desk


def test_it_starts_at_the_reply_of_the_unit_and_is_due_as_promised() -> None:
    clock = told().clock("reply_promise")
    assert (clock.unit, clock.started_at, clock.due_at) == ("U1", REPLIED, PROMISED)
    assert clock.phase is Phase.RUNNING  # the completion by that reply solved nothing


def test_a_reply_that_promises_nothing_starts_none() -> None:
    desk = Desk()
    desk.say(promising(None), REPLIED)
    assert "reply_promise" not in desk.state.by_name


def test_r25_a_promise_that_nobody_kept_is_missed_once() -> None:
    desk = told()
    desk.fire(PROMISED)
    assert desk.misses().count(("reply_promise", 1)) == 1


@pytest.mark.parametrize(
    "kept",
    [dispatch.TicketReplied(unit="U1"), dispatch.TicketCompleted(unit="U1", solved=True),
     evaluation.VisitCompleted(unit="U1", solved=True), dispatch.TicketArchived(),
     intake.TicketWithdrawn()],
    ids=lambda message: message.DESCRIPTOR.name,
)  # fmt: skip
@pytest.mark.parametrize(("at", "missed"), [(PROMISED - timedelta(seconds=1), 0), (PROMISED, 1)])
def test_it_ends_when_it_is_done_or_answered_again(
    kept: Message, at: datetime, missed: int
) -> None:
    desk = told((kept, at))
    assert desk.clock("reply_promise").phase is Phase.STOPPED
    assert desk.misses().count(("reply_promise", 1)) == missed


def test_a_visit_that_finds_it_unsolved_leaves_it() -> None:
    desk = told((evaluation.VisitCompleted(unit="U1", solved=False), cn(3, 12)))
    assert desk.clock("reply_promise").phase is Phase.RUNNING


def test_a_later_date_told_is_a_second_promise() -> None:
    desk = told((promising(cn(5, 1)), cn(3, 30)))
    assert (desk.clock("reply_promise").run, desk.clock("reply_promise").due_at) == (2, cn(5, 1))


def test_nobody_was_told_of_a_reply_that_was_sent_back() -> None:
    desk = Desk()
    desk.say(promising(), REPLIED)
    desk.say(dispatch.ReplySentBack(unit="U1"), cn(3, 11, 12))
    desk.fire(PROMISED)
    assert ("reply_promise", 1) not in desk.misses()


def test_r27_it_is_moved_by_nothing() -> None:
    desk = told()
    with pytest.raises(NotRunning):
        desk.do(PauseClocks(cn(3, 12), "force_majeure", "reply_promise"))
    desk.calendar = desk.calendar.with_notice({date(2026, 3, 31): False}, None)
    desk.decider = decider(desk.policy, desk.calendar)
    desk.do(ReplanClocks(cn(3, 12), "ann"))
    assert desk.clock("reply_promise").due_at == PROMISED


def test_r23_a_promised_date_is_no_limit_of_the_matter() -> None:
    desk = told((dispatch.RedoOrdered(unit="U1"), cn(3, 13, 9)))
    started = [e for e in desk.events if isinstance(e, ClockStarted) and e.clock == "redo"]
    assert started[0].basis == "length"
    assert desk.state.stated_due_at is None


def test_r27_it_proves_itself() -> None:
    desk = told()
    line, unit = line_of("reply_promise", desk.events, City(desk.policy, desk.calendar))
    assert line is not None
    proof = prove(line, City(desk.policy, desk.calendar))
    assert unit == "U1"
    assert datetime.fromisoformat(proof["due_at"]) == PROMISED
    assert differences(proof) == []
