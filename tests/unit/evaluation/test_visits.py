"""Return visits: asked separately, tried a limited number of times, once per round (R29)."""

from __future__ import annotations

import pytest

from services.evaluation.domain.commands import RecordVisitAttempt, ScheduleVisit
from services.evaluation.domain.reactions import TicketArchived, TicketCompleted
from services.evaluation.domain.rejections import AlreadyVisited, NoVisitDue, ReasonMissing
from services.evaluation.domain.ticket import VisitCompleted, VisitScheduled
from services.kernel.decider import replace
from tests.unit.evaluation.specs import (
    AT,
    EXHAUSTED,
    NOW,
    SCORED,
    UNSOLVED,
    ask,
    attempted,
    booked,
    cleared,
    decided,
    exhausted,
    missed,
    quiet_again,
    reacted,
    refused,
    scheduled,
    taken_back,
    visited,
)

# ScheduleVisit


def schedule(round_: int = 1) -> ScheduleVisit:
    return ScheduleVisit(NOW, "transport", round_, "traffic/road", "yingzhou", "city", AT)


@pytest.mark.parametrize("before", [(), (missed(),)])
def test_a_completed_ticket_is_visited(before: tuple) -> None:
    assert decided(schedule(), *before) == [scheduled(at=NOW)]


@pytest.mark.parametrize("before", [(scheduled(),), UNSOLVED])
def test_after_a_redo_it_is_visited_again(before: tuple) -> None:
    assert decided(schedule(2), *before) == [scheduled(2, at=NOW)]


def test_completed_again_after_the_entry_was_booked_it_loses_that_entry() -> None:
    assert decided(schedule(2), *SCORED) == [
        taken_back(booked(), "completed again, round 2"),
        scheduled(2, at=NOW),
    ]


@pytest.mark.parametrize("before", [(scheduled(2),), (*UNSOLVED, scheduled(2), visited(round_=2))])
def test_an_earlier_round_is_not_visited_any_more(before: tuple) -> None:
    assert decided(schedule(1), *before) == []


@pytest.mark.parametrize("before", [(), UNSOLVED[:1], SCORED])
def test_scheduling_a_round_twice_is_quiet(before: tuple) -> None:
    quiet_again(schedule(2), *before)


# RecordVisit


def test_solved_and_satisfied_is_booked_at_once() -> None:
    assert decided(ask(), scheduled()) == [visited(at=NOW), booked(at=NOW)]


@pytest.mark.parametrize(("solved", "satisfied"), [(False, True), (True, False), (False, False)])
def test_anything_else_waits_for_the_redo(solved: bool, satisfied: bool) -> None:
    assert decided(ask(solved=solved, satisfied=satisfied), scheduled()) == [
        visited(solved=solved, satisfied=satisfied, at=NOW)
    ]


def test_whether_the_unit_contacted_the_citizen_is_asked_separately() -> None:
    answer, entry = decided(ask(contacted=False), scheduled())
    assert answer == replace(visited(at=NOW), contacted=False)
    assert entry == booked(at=NOW, contacted=False)


def test_generated_answers_are_shown_as_generated() -> None:
    answer, _ = decided(ask(generated=True), scheduled())
    assert answer == replace(visited(at=NOW), generated=True)


@pytest.mark.parametrize("before", [(), (missed(),), (missed(), cleared())])
def test_a_ticket_that_is_not_completed_is_not_visited(before: tuple) -> None:
    refused(NoVisitDue, ask(), *before)
    refused(NoVisitDue, RecordVisitAttempt(NOW, "no answer"), *before)


@pytest.mark.parametrize("before", [SCORED, UNSOLVED, EXHAUSTED])
def test_answers_that_stand_are_not_changed(before: tuple) -> None:
    refused(AlreadyVisited, ask(contacted=False, solved=False), *before)


def test_the_same_answers_twice_are_quiet() -> None:
    quiet_again(ask(), scheduled())
    quiet_again(ask(solved=False), scheduled())
    assert decided(ask(solved=False, satisfied=False), *UNSOLVED) == []


# RecordVisitAttempt


def test_an_attempt_that_reached_nobody_is_recorded() -> None:
    assert decided(RecordVisitAttempt(NOW, "no answer"), scheduled()) == [attempted(1, at=NOW)]


def test_the_last_attempt_exhausts_the_visits_and_counts_for_the_times_only() -> None:
    before = (missed("confirm"), scheduled(), attempted(1), attempted(2))
    assert decided(RecordVisitAttempt(NOW, "no answer"), *before) == [
        attempted(3, at=NOW),
        exhausted(at=NOW),
        booked(
            at=NOW, contacted=False, solved=False, satisfied=False, visited=False,
            confirmed_on_time=False,
        ),
    ]  # fmt: skip


def test_each_round_has_its_own_attempts() -> None:
    before = (scheduled(), attempted(1), attempted(2), visited(solved=False), scheduled(2))
    assert decided(RecordVisitAttempt(NOW, "no answer"), *before) == [attempted(1, 2, at=NOW)]


def test_a_failed_visit_needs_a_reason() -> None:
    refused(ReasonMissing, RecordVisitAttempt(NOW, " "), scheduled())


@pytest.mark.parametrize("before", [SCORED, UNSOLVED])
def test_who_was_reached_is_not_tried_again(before: tuple) -> None:
    refused(AlreadyVisited, RecordVisitAttempt(NOW, "no answer"), *before)


def test_after_the_last_attempt_another_is_quiet() -> None:
    quiet_again(RecordVisitAttempt(NOW, "no answer"), scheduled(), attempted(1), attempted(2))


# The facts of others


def test_each_completion_brings_one_visit() -> None:
    done = TicketCompleted(AT, "transport", "traffic/road", "yingzhou", "city", 1)
    assert reacted(done) == [scheduled(at=NOW)]
    assert reacted(done, scheduled()) == []
    assert reacted(replace(done, round=2), *UNSOLVED) == [scheduled(2, at=NOW)]


def test_the_visit_names_the_completions_own_instant_however_late_it_is_scheduled() -> None:
    done = TicketCompleted(AT, "transport", "traffic/road", "yingzhou", "city", 1)
    (visit,) = reacted(done)
    assert isinstance(visit, VisitScheduled)
    assert (visit.at, visit.completed_at) == (NOW, AT)


def test_a_file_closed_after_the_visit_books_its_answers() -> None:
    entry = replace(booked(at=NOW), solved=False, satisfied=False, visited_at=UNSOLVED[1].at)
    assert reacted(TicketArchived("transport"), *UNSOLVED) == [entry]


def test_a_file_closed_before_the_visit_ends_it_and_counts_for_the_times_only() -> None:
    entry = booked(at=NOW, contacted=False, solved=False, satisfied=False, visited=False)
    assert reacted(TicketArchived("transport"), scheduled(), attempted(1)) == [
        VisitCompleted(NOW, "transport", 1, False, False, False, generated=False, exhausted=True),
        entry,
    ]


@pytest.mark.parametrize("before", [(), (missed(),), SCORED, EXHAUSTED])
def test_a_closed_file_without_a_completion_or_with_its_entry_is_quiet(before: tuple) -> None:
    assert reacted(TicketArchived("transport"), *before) == []
