"""Units, desk and citizens as a pure function: a live fact in, what they then do out.

`hotline.history.journey` is the importer's variant: there the dates come from a file.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from google.protobuf.message import Message

from hotline.dev.senders import unit_sender
from hotline.dispatch.v1 import commands_pb2 as dispatch
from hotline.dispatch.v1.events_pb2 import RedoOrdered, TicketDispatched
from hotline.evaluation.v1.events_pb2 import VisitCompleted, VisitScheduled
from hotline.history.answers import Answers, reply

DESK = "desk"
_ANSWER = "The unit has been there and put it right."


@dataclass(slots=True)
class Seen:
    """A fact as it stands on the log: `type` without its package, `event_id` unique."""

    type: str
    event_id: str
    ticket: str
    data: bytes
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """`sender` sends `message` on the ticket after `delay_s`; the fact `done_by` shows it done."""

    delay_s: float
    sender: str
    ticket: str
    message: Message
    done_by: str

    def command_id(self, cause: Seen) -> str:
        """The same for the same cause, so that whoever acts twice is heard once."""
        return f"{cause.event_id}/{self.done_by}"


@dataclass(frozen=True, slots=True)
class People:
    """`pace` stretches their delays, 0 is at once; `content`: nobody asks for a redo."""

    pace: float = 1.0
    content: bool = False

    def answers(self, ticket: str) -> Answers:
        return Answers() if self.content else Answers.drawn(random.Random(f"hotline {ticket}"))

    def pause(self, fact: Seen, shortest: float, longest: float, what: str = "") -> float:
        """Seconds until somebody gets round to it, from a seed."""
        if not self.pace:
            return 0.0
        return self.pace * random.Random(f"{fact.event_id} {what}").uniform(shortest, longest)


def follow(fact: Seen, people: People) -> list[Act]:
    """What people do about a fact: mostly nothing, and nothing at all about an imported one."""
    acts = None if fact.imported else _ACTORS.get(fact.type)
    return acts(fact, people) if acts else []


def _dispatched(fact: Seen, people: People) -> list[Act]:
    """The unit confirms, contacts the citizen and replies."""
    unit, ticket = unit_sender(TicketDispatched.FromString(fact.data).unit), fact.ticket
    confirmed = people.pause(fact, 2, 15, "confirm")
    contacted = confirmed + people.pause(fact, 5, 30, "contact")
    replied = contacted + people.pause(fact, 10, 60, "reply")
    note = dispatch.RecordContact(note="simulated")
    return [
        Act(confirmed, unit, ticket, dispatch.ConfirmDispatch(), "DispatchConfirmed"),
        Act(contacted, unit, ticket, note, "CitizenContacted"),
        Act(replied, unit, ticket, reply(_ANSWER), "TicketReplied"),
    ]


def _replied(fact: Seen, people: People) -> list[Act]:
    delay = people.pause(fact, 3, 15)
    return [Act(delay, DESK, fact.ticket, dispatch.ApproveReply(), "ReplyApproved")]


def _visit_due(fact: Seen, people: People) -> list[Act]:
    again = VisitScheduled.FromString(fact.data).round > 1
    message = people.answers(fact.ticket).at_visit(again)
    return [Act(people.pause(fact, 5, 30), DESK, fact.ticket, message, "VisitCompleted")]


def _redo(fact: Seen, people: People) -> list[Act]:
    unit = unit_sender(RedoOrdered.FromString(fact.data).unit)
    delay = people.pause(fact, 20, 90)
    return [Act(delay, unit, fact.ticket, reply(_ANSWER), "TicketReplied")]


def _visited(fact: Seen, people: People) -> list[Act]:
    """Nothing more is ordered by rule after the second visit: the desk reviews and archives."""
    visit = VisitCompleted.FromString(fact.data)
    if visit.round < 2 or (visit.solved and visit.satisfied):
        return []
    message = dispatch.ArchiveTicket(reason="reviewed after the second visit")
    return [Act(people.pause(fact, 5, 20), DESK, fact.ticket, message, "TicketArchived")]


_ACTORS: Mapping[str, Callable[[Seen, People], list[Act]]] = {
    "TicketDispatched": _dispatched,
    "TicketReplied": _replied,
    "VisitScheduled": _visit_due,
    "RedoOrdered": _redo,
    "VisitCompleted": _visited,
}
