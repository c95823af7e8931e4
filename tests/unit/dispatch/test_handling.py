"""What is done about a ticket: contact, progress, reply and its review (R26)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from services.dispatch.domain.commands import (
    ApproveReply,
    NoteProgress,
    RecordContact,
    ReplyTicket,
    SendBackReply,
)
from services.dispatch.domain.events import (
    CitizenContacted,
    ProgressNoted,
    ReplyApproved,
    TicketCompleted,
    TicketReplied,
)
from services.dispatch.domain.rejections import (
    AlreadyReplied,
    NoReason,
    NoReply,
    NotAtUnit,
    NotYourTicket,
    PromiseNotAhead,
)
from services.kernel.decider import replace
from tests.unit.dispatch.specs import (
    AT,
    AT_UNIT,
    DONE,
    NOW,
    archived,
    asked,
    confirmed,
    contacted,
    decided,
    dispatched,
    queued,
    quiet_again,
    redo,
    refused,
    replied,
    sent_back,
)

ELSEWHERE = [(*AT_UNIT, asked()), (*AT_UNIT, replied()), DONE, (*DONE, archived())]
CONTACT = RecordContact(NOW, "transport", "called")
REPLY = ReplyTicket(
    NOW, "transport", is_true=True, our_duty=True, contacted=True, solved=True,
    public_answer="Filled.", internal_note="Crew 7.",
)  # fmt: skip

# RecordContact


def test_a_contact_is_recorded() -> None:
    assert decided(CONTACT, *AT_UNIT) == [CitizenContacted(NOW, "transport", "called")]


def test_who_contacts_the_citizen_has_confirmed() -> None:
    assert decided(CONTACT, dispatched()) == [
        replace(confirmed(), at=NOW),
        replace(contacted(), at=NOW),
    ]


@pytest.mark.parametrize("before", ELSEWHERE)
def test_a_contact_is_recorded_only_while_the_unit_handles_the_ticket(before: tuple) -> None:
    refused(NotAtUnit, CONTACT, *before)


def test_only_the_lead_unit_contacts_the_citizen() -> None:
    co_handled = dispatched(co_handlers=("health",))
    refused(NotYourTicket, RecordContact(NOW, "health"), co_handled)
    refused(NotYourTicket, RecordContact(NOW, ""), queued())


def test_a_second_contact_is_quiet() -> None:
    quiet_again(CONTACT, dispatched())


def test_after_a_redo_the_citizen_is_contacted_again() -> None:
    before = (dispatched(), confirmed(), contacted(), *DONE[2:], redo())
    assert decided(CONTACT, *before) == [replace(contacted(), at=NOW)]


# NoteProgress


@pytest.mark.parametrize("unit", ["transport", "health"])
def test_lead_and_co_handler_note_progress(unit: str) -> None:
    before = dispatched(co_handlers=("health",))
    assert decided(NoteProgress(NOW, unit, "measured"), before) == [
        ProgressNoted(NOW, unit, "measured")
    ]


def test_nobody_else_notes_progress() -> None:
    refused(NotYourTicket, NoteProgress(NOW, "market", "measured"), *AT_UNIT)


@pytest.mark.parametrize("before", [*ELSEWHERE, (queued(),)])
def test_progress_is_noted_only_while_the_unit_handles_the_ticket(before: tuple) -> None:
    unit = "transport" if len(before) > 1 else ""
    refused(NotAtUnit, NoteProgress(NOW, unit, "measured"), *before)


def test_the_same_note_again_says_that_it_is_still_so() -> None:
    command = NoteProgress(NOW, "transport", "waiting for the dry season")
    assert decided(command, *AT_UNIT, *decided(command, *AT_UNIT))


# ReplyTicket


def test_the_lead_unit_replies() -> None:
    assert decided(REPLY, *AT_UNIT) == [replace(replied(), at=NOW)]


def test_who_replies_has_confirmed() -> None:
    assert decided(REPLY, dispatched()) == [
        replace(confirmed(), at=NOW),
        replace(replied(), at=NOW),
    ]


def test_a_reply_that_was_sent_back_is_written_anew() -> None:
    assert decided(REPLY, *AT_UNIT, replied(), sent_back()) == [replace(replied(), at=NOW)]


def test_a_reply_may_promise_a_date_that_lies_ahead() -> None:
    promise = replace(REPLY, solved=False, promised_by=NOW + timedelta(days=30))
    [said] = decided(promise, *AT_UNIT)
    assert isinstance(said, TicketReplied)
    assert said.promised_by == NOW + timedelta(days=30)
    assert decided(promise, *AT_UNIT, said) == []


@pytest.mark.parametrize(
    "promised_by",
    [NOW, NOW - timedelta(days=1), NOW + timedelta(days=3_660), datetime(2099, 1, 1),  # noqa: DTZ001
     datetime.max.replace(tzinfo=timezone(-timedelta(hours=14)))],
)  # fmt: skip
def test_a_promise_of_the_past_without_an_offset_or_without_end_is_none(
    promised_by: datetime,
) -> None:
    refused(PromiseNotAhead, replace(REPLY, promised_by=promised_by), *AT_UNIT)


def test_only_one_reply_is_under_review() -> None:
    refused(AlreadyReplied, replace(REPLY, public_answer="Soon."), *AT_UNIT, replied())


@pytest.mark.parametrize("before", [(*AT_UNIT, asked()), DONE, (*DONE, archived())])
def test_a_reply_comes_only_while_the_unit_handles_the_ticket(before: tuple) -> None:
    refused(NotAtUnit, REPLY, *before)


def test_a_co_handler_does_not_reply() -> None:
    command = replace(REPLY, unit="health")
    refused(NotYourTicket, command, dispatched(co_handlers=("health",)))


def test_replying_twice_is_quiet() -> None:
    quiet_again(REPLY, *AT_UNIT)


# SendBackReply


def test_a_reply_is_sent_back_to_the_unit() -> None:
    found = decided(SendBackReply(NOW, "no photo"), *AT_UNIT, replied())
    assert found == [replace(sent_back(), at=NOW)]


@pytest.mark.parametrize("before", [(queued(),), AT_UNIT, DONE, (*DONE, archived())])
def test_without_a_reply_there_is_nothing_to_review(before: tuple) -> None:
    refused(NoReply, SendBackReply(NOW, "no photo"), *before)


def test_who_sends_a_reply_back_says_why() -> None:
    refused(NoReason, SendBackReply(NOW, " "), *AT_UNIT, replied())


def test_sending_back_twice_is_quiet() -> None:
    quiet_again(SendBackReply(NOW, "no photo"), *AT_UNIT, replied())


# ApproveReply


@pytest.mark.parametrize("solved", [True, False])
def test_an_approved_reply_completes_the_ticket_at_the_instant_of_the_reply(solved: bool) -> None:
    assert decided(ApproveReply(NOW), *AT_UNIT, replied(solved=solved)) == [
        ReplyApproved(NOW, "transport", replied_at=AT),
        TicketCompleted(NOW, "transport", solved, "traffic/road", "yingzhou", "city", round=1),
    ]


def test_completions_are_counted() -> None:
    _, done = decided(ApproveReply(NOW), *DONE, redo(), replied())
    assert done == TicketCompleted(
        NOW, "transport", True, "traffic/road", "yingzhou", "city", round=2
    )


@pytest.mark.parametrize(
    "before", [AT_UNIT, (*AT_UNIT, replied(), sent_back()), (*DONE, redo()), (*DONE, archived())]
)
def test_only_a_reply_under_review_is_approved(before: tuple) -> None:
    refused(NoReply, ApproveReply(NOW), *before)


def test_approving_twice_is_quiet() -> None:
    quiet_again(ApproveReply(NOW), *AT_UNIT, replied())
