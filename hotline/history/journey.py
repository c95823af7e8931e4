"""One imported ticket on its way: which command follows which fact, with which date."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from google.protobuf.message import Message

from hotline.deadline.v1 import events_pb2 as deadline
from hotline.dispatch.v1 import commands_pb2 as dispatch
from hotline.evaluation.v1.events_pb2 import VisitCompleted
from hotline.history.answers import Answers, reply
from hotline.history.nyc import Row
from hotline.intake.v1 import commands_pb2 as intake
from hotline.intake.v1 import events_pb2 as intake_events
from services.kernel.codec import put_datetime
from services.kernel.facts import Fact

NEVER = datetime.max.replace(tzinfo=UTC)
_CLOCK_TYPES = {
    f"hotline.deadline.v1.{m.__name__}": m for m in (deadline.ClockPaused, deadline.ClockStarted)
}
_ENDS = frozenset({"TicketArchived", "TicketRefused", "TicketDiverted"})


@dataclass(frozen=True, slots=True)
class Step:
    """A command that is due in the import; `acting_for` is the unit, empty for the desk."""

    message: Message
    at: datetime
    acting_for: str = ""


@dataclass
class Journey:
    """What the file says of a ticket, and what it lacks, from a seed.

    Steps later than `until` are left out: the live city goes on from there.
    """

    row: Row
    until: datetime = NEVER
    ticket: str = ""
    done: bool = False
    rounds: int = 0
    answered: dict[tuple[str, int], bool] = field(default_factory=dict)
    rests_after: str = ""

    def __post_init__(self) -> None:
        seed = random.Random(f"hotline {self.row.key}")
        end = self.row.closed_at or NEVER
        created = self.row.created_at
        self.confirmed_at = min(created + timedelta(minutes=seed.uniform(2, 100)), end)
        contact = self.confirmed_at + timedelta(hours=seed.uniform(0.5, 60))
        self.contacted_at = min(contact, end)
        self.visited_after = timedelta(minutes=seed.uniform(10, 1_200))
        self.answers = Answers.drawn(seed)

    def matter(self) -> Message:
        """The submission of the row."""
        row = self.row
        message = intake.SubmitMatter(
            channel=row.channel,
            external_id=row.key,
            kind=intake_events.KIND_COMPLAINT,
            urgency=intake_events.URGENCY_NORMAL,
            category=row.category,
            area=row.area,
            title=row.title,
            description=row.description,
            address=row.address,
            latitude=row.latitude,
            longitude=row.longitude,
        )
        if row.due_at is not None:
            put_datetime(message.stated_due_at, row.due_at)
        return message

    def follow(self, fact: Fact) -> list[Step]:
        """The commands that come after this fact of the ticket."""
        name = fact.type.rpartition(".")[2]
        planned = list(self._next(name, fact))
        steps = [step for step in planned if step.at <= self.until]
        if name == "TicketDispatched":
            self.rests_after = _last_fact(steps)
        beyond = bool(planned) and not steps
        self.done = self.done or beyond or name in _ENDS or name == self.rests_after
        return steps

    def _next(self, name: str, fact: Fact) -> Iterator[Step]:
        if name == "TicketDispatched":
            yield from self._handling()
        elif name in ("ClockPaused", "ClockStarted"):
            yield from self._after_clock(fact)
        elif name == "VisitCompleted" and self.rounds > 1:
            visit = VisitCompleted.FromString(fact.data)
            if not (visit.solved and visit.satisfied):
                message = dispatch.ArchiveTicket(reason="reviewed after the second visit")
                yield Step(message, fact.time)

    def _handling(self) -> Iterator[Step]:
        unit = self.row.unit
        yield Step(dispatch.ConfirmDispatch(), self.confirmed_at, unit)
        yield Step(dispatch.RecordContact(note="generated"), self.contacted_at, unit)
        if self.row.closed_at is not None:
            yield self._reply(self.row.closed_at)

    def _after_clock(self, fact: Fact) -> Iterator[Step]:
        """Deadline has answered: what came before is counted, so what comes after may be sent."""
        message = _CLOCK_TYPES[fact.type].FromString(fact.data)
        mark = (message.clock + fact.type, message.run)
        if self.answered.setdefault(mark, False):
            return
        self.answered[mark] = True
        paused = fact.type.endswith("ClockPaused")
        if paused and message.clock in ("resolve", "redo"):
            yield Step(dispatch.ApproveReply(), self._reply_at(self.rounds))
        elif message.clock == "visit" and not paused:
            yield self._visit()
        elif message.clock == "redo" and not paused:
            yield self._reply(self._reply_at(self.rounds))

    def _reply_at(self, rounds: int) -> datetime:
        if self.row.closed_at is None:
            return NEVER
        redone = self.visited_after + timedelta(hours=4)
        return self.row.closed_at + rounds * redone

    def _reply(self, at: datetime) -> Step:
        return Step(reply(self.row.answer or "Closed."), at, self.row.unit)

    def _visit(self) -> Step:
        message = self.answers.at_visit(again=self.rounds > 0)
        at = self._reply_at(self.rounds) + self.visited_after
        self.rounds += 1
        return Step(message, at)


def _last_fact(steps: list[Step]) -> str:
    """What the unit's last step before `until` leads to; empty where a reply follows."""
    leads_to = {"ConfirmDispatch": "DispatchConfirmed", "RecordContact": "CitizenContacted"}
    return leads_to.get(type(steps[-1].message).__name__, "") if steps else ""
