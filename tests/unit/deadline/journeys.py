"""Random tickets: what dispatch records in its own order, a withdrawal, and when timers wake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from hypothesis import strategies as st

from hotline.dispatch.v1 import events_pb2 as dispatch
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.due import due_at
from services.deadline.domain.lengths import Pause
from services.deadline.domain.policy import Policy
from tests.unit.deadline.tickets import accepted, approved, cn, dispatched

Said = tuple[datetime, Message]
Draw = Any
NINE = cn(3, 9, 9)
END = cn(6, 1)
STEPS = [
    timedelta(0),
    timedelta(minutes=1),
    timedelta(hours=2),  # exactly the confirm clock
    timedelta(hours=15),  # from nine to the end of the day
    timedelta(days=1),
    timedelta(days=4, hours=5),
]
NEXT = {
    "dispatched": ["DispatchConfirmed", "CitizenContacted", "TicketReplied", "ReturnRequested"],
    "replied": ["ReplySentBack", "ReplyApproved"],
    "asked": ["ReturnRefused", "ReturnGranted"],
    "completed": ["RedoOrdered"],
}
LEADS_TO = {
    "TicketReplied": "replied",
    "ReturnRequested": "asked",
    "ReplyApproved": "completed",
}


@st.composite
def journeys(draw: Draw) -> list[Said]:
    """Accepted and dispatched at nine, then what a unit and the hotline may do, in order."""
    said: list[Said] = [(NINE, accepted()), (NINE, dispatched("U1"))]
    where, now, replied, rounds = "dispatched", NINE, NINE, 1
    for _ in range(draw(st.integers(0, 8))):
        now += draw(st.sampled_from(STEPS))
        name = draw(st.sampled_from(NEXT[where]))
        where = LEADS_TO.get(name, "dispatched")
        if name == "ReplyApproved":
            said += [(now, approved(replied)), (now, dispatch.TicketCompleted())]
            continue
        said.append((now, getattr(dispatch, name)()))
        if name == "TicketReplied":
            replied = now
        elif name == "ReturnGranted":
            rounds += 1
            said.append((now, dispatched(f"U{rounds}", rounds)))
    return said


def is_completed(said: Sequence[Said]) -> bool:
    """Dispatch then leaves the ticket as it is, whatever the citizen withdraws."""
    return said[-1][1].DESCRIPTOR.name == "TicketCompleted"


@dataclass
class Run:
    """One run of a clock, by the table alone."""

    clock: str
    number: int
    started_at: datetime
    ends: list[datetime]
    pauses: list[Pause]

    def is_missed(self, policy: Policy, calendar: Calendar) -> bool:
        end = min(self.ends, default=END)
        counted = [p for p in self.pauses if p.start < end]
        due = due_at(policy.length(self.clock), self.started_at, calendar, counted)
        return due is not None and due <= end


def expected(said: Sequence[Said], withdrawn_at: datetime | None, city: Any) -> set[Any]:
    """(clock, run) of every miss, from the set of facts and their times."""
    runs = [r for clock in ("confirm", "contact", "resolve", "redo", "promise")
            for r in _runs(clock, said)]  # fmt: skip
    if withdrawn_at is not None:
        for run in runs:
            if run.started_at <= withdrawn_at:
                run.ends.append(withdrawn_at)
    return {(r.clock, r.number) for r in runs if r.is_missed(*city)}


TABLE = {
    "confirm": ("TicketDispatched", ["DispatchConfirmed", "ReturnRequested"]),
    "contact": ("TicketDispatched", ["CitizenContacted", "ReturnGranted", "TicketCompleted"]),
    "resolve": ("TicketDispatched", ["ReplyApproved", "ReturnGranted"]),
    "redo": ("RedoOrdered", ["ReplyApproved", "ReturnGranted"]),
    "promise": ("TicketAccepted", ["TicketCompleted"]),
}


def _runs(clock: str, said: Sequence[Said]) -> Iterator[Run]:
    start, ends = TABLE[clock]
    places = [n for n, (_, m) in enumerate(said) if m.DESCRIPTOR.name == start]
    for number, place in enumerate(places, 1):
        after = places[number] if number < len(places) else len(said)
        part = said[place + 1 : after]
        yield Run(clock, number, said[place][0], _ends(part, ends), _pauses(clock, part))


def _ends(said: Sequence[Said], names: Sequence[str]) -> list[datetime]:
    found = []
    for at, message in said:
        if message.DESCRIPTOR.name == "ReplyApproved" and "ReplyApproved" in names:
            assert isinstance(message, dispatch.ReplyApproved)
            found.append(message.replied_at.ToDatetime(at.tzinfo))
        elif message.DESCRIPTOR.name in names:
            found.append(at)
    return found


def _pauses(clock: str, said: Sequence[Said]) -> list[Pause]:
    """Reviews of replies: from the reply until it is sent back; open where it is approved."""
    if clock not in ("resolve", "redo"):
        return []
    pauses: list[Pause] = []
    for at, message in said:
        name = message.DESCRIPTOR.name
        if name == "TicketReplied":
            pauses.append(Pause(at, None, "under_review"))
        elif name == "ReplySentBack":
            pauses[-1] = Pause(pauses[-1].start, at, "under_review")
    return pauses
