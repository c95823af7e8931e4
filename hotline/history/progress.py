"""How far an import has come, by the facts that came back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hotline.deadline.v1 import events_pb2 as deadline
from services.kernel.codec import to_datetime
from services.kernel.facts import Fact

_STOPS = {"ClockStopped", "DeadlineMissed", "ClockPaused", "ReturnWindowClosed"}


@dataclass
class Progress:
    """What was seen so far: `open_clocks` neither ended nor were missed.

    `late` are the tickets whose resolve clock was missed, `completed` those ever completed.
    """

    facts: Counter[str] = field(default_factory=Counter)
    done: int = 0
    total: int = 0
    multiset: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    open_clocks: dict[tuple[str, str, int], datetime] = field(default_factory=dict)
    missed: Counter[str] = field(default_factory=Counter)
    late: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    accepted_at: dict[str, datetime] = field(default_factory=dict)

    def summary(self, until: datetime) -> str:
        """How the imported tickets stand, by the facts that came back."""
        soon = until + timedelta(days=2)
        due = sum(c == "resolve" and at <= soon for (_, c, _), at in self.open_clocks.items())
        closed, tickets = len(self.completed), len(self.accepted_at)
        return (
            f"{tickets:,} tickets: {closed:,} closed, {tickets - closed:,} open, "
            f"{len(self.late - self.completed):,} of them overdue, {due:,} due within two days"
        )


def count_clock(progress: Progress, fact: Fact, name: str) -> None:
    """What a fact of deadline, of that name, says of a clock."""
    message = getattr(deadline, name).FromString(fact.data)
    clock = "return" if name == "ReturnWindowClosed" else message.clock
    key = (fact.ticket, clock, message.run)
    if name in ("ClockStarted", "ClockResumed"):
        progress.open_clocks[key] = to_datetime(message.due_at)
    elif name in _STOPS:
        progress.open_clocks.pop(key, None)
    if name == "DeadlineMissed":
        progress.missed[clock] += 1
        progress.late |= {fact.ticket} if clock == "resolve" else set()
    elif name == "MissWithdrawn":
        progress.missed[clock] -= 1
        progress.late -= {fact.ticket} if clock == "resolve" else set()
