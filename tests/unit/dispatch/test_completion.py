"""After the completion: redo, archive, and the facts of others that bring them (R29)."""

from __future__ import annotations

import pytest

from services.dispatch.domain.commands import (
    ArchiveTicket,
    CloseFile,
    OrderRedo,
    OrderRedoByRule,
    ReplyTicket,
)
from services.dispatch.domain.events import (
    TicketArchived,
)
from services.dispatch.domain.reactions import (
    ReturnWindowClosed,
    TicketAccepted,
    TicketWithdrawn,
    VisitCompleted,
)
from services.dispatch.domain.rejections import NoMoreRedo, NoReason, NotCompleted, UnknownTicket
from services.kernel.decider import replace
from tests.unit.dispatch.specs import (
    AT,
    AT_UNIT,
    DONE,
    NOW,
    REDONE,
    REDONE_TWICE,
    archived,
    asked,
    decided,
    dispatched,
    queued,
    quiet_again,
    reacted,
    redo,
    refused,
    replied,
    window_ended,
)

NOT_COMPLETED = [(queued(),), AT_UNIT, (*AT_UNIT, asked()), (*AT_UNIT, replied())]
CLOSED = (*DONE, archived())
BY_RULE = replace(redo(), at=NOW, reason="not solved or not satisfied at the return visit")

# OrderRedo: a supervisor


def test_a_supervisor_orders_the_redo_of_a_completed_ticket() -> None:
    assert decided(OrderRedo(NOW, "not solved"), *DONE) == [replace(redo(1), at=NOW)]


def test_after_the_redo_by_rule_a_supervisor_may_order_one_more() -> None:
    assert decided(OrderRedo(NOW, "not solved"), *REDONE) == [replace(redo(2), at=NOW)]


def test_a_third_redo_is_refused() -> None:
    refused(NoMoreRedo, OrderRedo(NOW, "not solved"), *REDONE_TWICE)


@pytest.mark.parametrize("before", [*NOT_COMPLETED, CLOSED])
def test_only_a_completed_ticket_is_redone(before: tuple) -> None:
    refused(NotCompleted, OrderRedo(NOW, "not solved"), *before)


def test_a_redo_needs_a_reason() -> None:
    refused(NoReason, OrderRedo(NOW, ""), *DONE)


def test_ordering_a_redo_twice_is_quiet() -> None:
    quiet_again(OrderRedo(NOW, "not solved"), *DONE)


def test_a_redo_stays_with_its_unit_which_replies_again() -> None:
    command = ReplyTicket(NOW, "transport", True, True, True, True, "Filled again.")
    assert len(decided(command, *DONE, redo())) == 1


# OrderRedoByRule


def test_the_rule_orders_the_first_redo() -> None:
    assert decided(OrderRedoByRule(NOW), *DONE) == [BY_RULE]


@pytest.mark.parametrize("before", [REDONE, REDONE_TWICE, CLOSED, *NOT_COMPLETED])
def test_the_rule_orders_no_second_redo(before: tuple) -> None:
    assert decided(OrderRedoByRule(NOW), *before) == []


def test_the_redo_by_rule_twice_is_quiet() -> None:
    quiet_again(OrderRedoByRule(NOW), *DONE)


# ArchiveTicket


@pytest.mark.parametrize("before", [DONE, REDONE, REDONE_TWICE])
def test_a_supervisor_archives_a_completed_ticket(before: tuple) -> None:
    assert decided(ArchiveTicket(NOW, "reviewed"), *before) == [
        TicketArchived(NOW, "transport", "reviewed")
    ]


@pytest.mark.parametrize("before", [*NOT_COMPLETED, (*DONE, redo())])
def test_only_a_completed_ticket_is_archived(before: tuple) -> None:
    refused(NotCompleted, ArchiveTicket(NOW, "reviewed"), *before)


def test_archiving_twice_is_quiet() -> None:
    quiet_again(ArchiveTicket(NOW, "reviewed"), *DONE)


# CloseFile


@pytest.mark.parametrize("before", [*NOT_COMPLETED, DONE])
def test_a_file_is_closed_wherever_the_ticket_is(before: tuple) -> None:
    unit = "" if before == (queued(),) else "transport"
    assert decided(CloseFile(NOW, "withdrawn"), *before) == [TicketArchived(NOW, unit, "withdrawn")]


def test_an_unknown_ticket_has_no_file() -> None:
    refused(UnknownTicket, CloseFile(NOW, "withdrawn"))


def test_closing_twice_is_quiet() -> None:
    quiet_again(CloseFile(NOW, "withdrawn"), *DONE)


# The facts of others


def visit(
    round_: int = 1, *, solved: bool = True, satisfied: bool = True, exhausted: bool = False
) -> VisitCompleted:
    return VisitCompleted(AT, round_, solved, satisfied, exhausted)


def test_solved_and_satisfied_closes_the_file() -> None:
    assert reacted(visit(), *DONE) == [replace(archived(), at=NOW)]


def test_exhausted_visits_close_the_file() -> None:
    gone = visit(solved=False, satisfied=False, exhausted=True)
    assert reacted(gone, *DONE) == [TicketArchived(NOW, "transport", "visits exhausted")]


@pytest.mark.parametrize(("solved", "satisfied"), [(False, True), (True, False), (False, False)])
def test_not_solved_or_not_satisfied_orders_the_redo_once(solved: bool, satisfied: bool) -> None:
    unhappy = visit(solved=solved, satisfied=satisfied)
    assert reacted(unhappy, *DONE) == [BY_RULE]
    assert reacted(unhappy, *DONE, BY_RULE) == []


@pytest.mark.parametrize(("before", "round_"), [(REDONE, 2), (REDONE_TWICE, 3)])
def test_the_second_time_a_supervisor_decides(before: tuple, round_: int) -> None:
    assert reacted(visit(round_, solved=False), *before) == []


def test_a_visit_speaks_of_its_own_round_only() -> None:
    assert reacted(visit(1), *REDONE) == []
    assert reacted(visit(2), *REDONE) == [replace(archived(), at=NOW)]


def test_a_visit_of_a_ticket_in_redo_says_nothing_any_more() -> None:
    assert reacted(visit(1), *DONE, redo()) == []


@pytest.mark.parametrize("exhausted", [True, False])
def test_a_closed_file_stays_closed_whatever_a_visit_says(exhausted: bool) -> None:
    assert reacted(visit(solved=False, exhausted=exhausted), *CLOSED) == []


def test_an_accepted_ticket_is_placed_and_its_promise_runs_from_the_acceptance() -> None:
    accepted = TicketAccepted(AT, "traffic/road", "yingzhou", "")
    assert reacted(accepted) == [dispatched(at=NOW)]
    (waits,) = reacted(replace(accepted, category="parks/tree"))
    assert waits == replace(queued(), at=NOW, area="yingzhou", accepted_at=AT)
    assert reacted(accepted, *AT_UNIT) == []


@pytest.mark.parametrize("before", NOT_COMPLETED)
def test_a_withdrawn_ticket_is_archived(before: tuple) -> None:
    (closed,) = reacted(TicketWithdrawn(AT), *before)
    assert isinstance(closed, TicketArchived)
    assert (closed.reason, closed.withdrawn_at) == ("withdrawn", AT)


@pytest.mark.parametrize("before", [(), DONE, CLOSED])
def test_a_withdrawal_leaves_what_is_done_or_was_never_accepted(before: tuple) -> None:
    assert reacted(TicketWithdrawn(AT), *before) == []


def test_the_window_that_deadline_closes_is_remembered() -> None:
    closed = ReturnWindowClosed(AT, "transport")
    assert reacted(closed, *AT_UNIT) == [replace(window_ended(), at=NOW)]
    assert reacted(closed, *AT_UNIT, window_ended()) == []
    assert reacted(closed) == []
