"""R16 on the real store: how far an earlier ticket has come, by the facts that say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2
from tests.integration.intake.hall import Hall
from tests.integration.intake.test_decided_again import missed
from tests.integration.intake.test_recent import dispatched, progress
from tests.unit.datasync.tickets import Topic

ANSWERED = {"kind": "consultation", "facts": {"kb_answer": "KB-1"}}
ASKED = {"facts": {"missing": ["time"]}}


async def repeated(hall: Hall, ticket: str) -> tuple[list[str], list[str]]:
    """What is being handled, and what is handled, of the same matter as the ticket."""
    facts = await hall.loop.facts(lambda found: any(f.ticket == ticket for f in found))
    data = next(f.data for f in facts if f.ticket == ticket)
    received = events_pb2.TicketReceived.FromString(data)
    return list(received.repeats_being_handled), list(received.repeats_handled)


async def test_r16_a_matter_in_redo_is_being_handled_until_it_is_completed_again(
    hall: Hall,
) -> None:
    """R16, R29: trial-measures link to what is handled only."""
    first, topic = await hall.submit(), Topic()
    ticket = first["ticket"]
    await progress(hall, ticket, "being_handled")
    for message, reached in (
        (dispatch.TicketCompleted(unit="transport"), "handled"),
        (dispatch.RedoOrdered(unit="transport", reason="not solved"), "being_handled"),
    ):
        await dispatched(hall, ticket, message, topic)
        await progress(hall, ticket, reached)
    again = await hall.submit()
    assert again["state"] == "accepted"
    assert await repeated(hall, again["ticket"]) == ([ticket], [])
    await dispatched(hall, ticket, dispatch.TicketCompleted(unit="transport"), topic)
    await progress(hall, ticket, "handled")
    linked = await hall.submit()
    assert (linked["state"], linked["link"]["ticket"]) == ("linked", ticket)


@pytest.mark.parametrize(
    ("stated", "state", "reached", "then", "handling", "handled"),
    [
        (ANSWERED, "answered", "handled", "linked", 0, 1),
        (ASKED, "supplement_asked", "being_handled", "accepted", 1, 0),
    ],
)
async def test_r16_an_answered_matter_is_handled_and_one_with_a_question_is_being_handled(
    hall: Hall,
    stated: Mapping[str, Any],
    state: str,
    reached: str,
    then: str,
    handling: int,
    handled: int,
) -> None:
    """R16, R5, R18: trial-measures link to what is handled only."""
    first = await hall.submit(**stated)
    assert first["state"] == state
    await progress(hall, first["ticket"], reached)
    again = await hall.submit()
    assert again["state"] == then
    one = [first["ticket"]]
    assert await repeated(hall, again["ticket"]) == (one * handling, one * handled)


async def test_r16_a_matter_that_was_refused_after_a_question_is_no_matter_to_go_back_to(
    hall: Hall,
) -> None:
    """R16, R18: the time for the supplement has run out."""
    first = await hall.submit(**ASKED)
    await progress(hall, first["ticket"], "being_handled")
    await missed(hall, first["ticket"], "supplement")
    await progress(hall, first["ticket"], "not_handled")
    again = await hall.submit()
    assert again["state"] == "accepted"
    assert await repeated(hall, again["ticket"]) == ([], [])
