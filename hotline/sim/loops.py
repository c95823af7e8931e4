"""Which loops have closed: every fact of the eight stages was seen, and every clock's end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hotline.deadline.v1.events_pb2 import ClockStarted, ClockStopped
from hotline.intake.v1.events_pb2 import TicketReceived
from hotline.sim.actors import Seen

FACTS = (
    "TicketReceived",
    "TicketAccepted",
    "TicketDispatched",
    "DispatchConfirmed",
    "CitizenContacted",
    "TicketReplied",
    "ReplyApproved",
    "TicketCompleted",
    "VisitScheduled",
    "VisitCompleted",
    "ScoreBooked",
    "TicketArchived",
)
CLOCKS = ("promise", "confirm", "contact", "resolve")
_MARKS = [*FACTS, *(f"{event} {clock}" for event in ("started", "stopped") for clock in CLOCKS)]
_BITS: Mapping[str, int] = {mark: 1 << n for n, mark in enumerate(_MARKS)}
_WHOLE = (1 << len(_MARKS)) - 1


@dataclass
class Loops:
    """Loops under way. `closed` is how many, `latencies` their seconds since `begun`.

    A loop counts once, when the last of its facts was seen, in whatever order they came.
    """

    begun: dict[str, float] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    closed: int = 0
    facts: int = 0
    latencies: list[float] = field(default_factory=list)
    _since: dict[str, float] = field(default_factory=dict)

    def begin(self, external_id: str, now: float) -> None:
        """A matter was sent."""
        self.begun[external_id] = now

    def see(self, fact: Seen, now: float) -> bool:
        """Whether this fact closed its loop; those of other people's matters never do."""
        self.facts += 1
        if fact.type == "TicketReceived":
            external_id = TicketReceived.FromString(fact.data).external_id
            began = self.begun.pop(external_id, None)
            if began is not None:
                self._since[fact.ticket], self.marks[fact.ticket] = began, 0
        had = self.marks.get(fact.ticket)
        if had is None:
            return False
        has = self.marks[fact.ticket] = had | _bit(fact)
        if has != _WHOLE:
            return False
        del self.marks[fact.ticket]
        self.closed += 1
        self.latencies.append(now - self._since.pop(fact.ticket))
        return True

    @property
    def open(self) -> int:
        """Matters that were sent and whose loops have not closed."""
        return len(self.begun) + len(self.marks)

    def missing(self) -> str:
        """What the first few open loops wait for."""
        lines = [f"{ticket}: {_names(has)}" for ticket, has in list(self.marks.items())[:3]]
        if self.begun:
            lines.append(f"{len(self.begun)} were never received")
        return "; ".join(lines)


def _bit(fact: Seen) -> int:
    if fact.type == "ClockStarted":
        return _BITS.get(f"started {ClockStarted.FromString(fact.data).clock}", 0)
    if fact.type == "ClockStopped":
        return _BITS.get(f"stopped {ClockStopped.FromString(fact.data).clock}", 0)
    return _BITS.get(fact.type, 0)


def _names(has: int) -> str:
    return ", ".join(mark for mark, bit in _BITS.items() if not has & bit)
