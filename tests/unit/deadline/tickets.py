"""One ticket's clocks in memory: facts of any service in, deadline's facts out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.message import Message

from hotline.dispatch.v1 import events_pb2 as dispatch
from hotline.intake.v1 import events_pb2 as intake
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load
from services.deadline.domain.clock import Clock
from services.deadline.domain.events import (
    ClockWarned,
    DeadlineMissed,
    Event,
    HotlineAlarmed,
    MissWithdrawn,
)
from services.deadline.domain.reactions import decider
from services.deadline.domain.rulebook import always
from services.deadline.domain.ticket import Clocks
from services.deadline.domain.views import expire, timers
from services.kernel.codec import put_datetime
from services.kernel.decider import SetTimer
from services.kernel.facts import Fact

CITIES = {city: load(city) for city in ("nyc", "sample", "beijing")}
CHINA, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


def cn(month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """An instant of 2026 in China."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=CHINA)


class Ticket:
    """Applies facts as the worker does, one after the other; timers fire when the test says."""

    def __init__(self, city: str = "sample", import_id: str = "") -> None:
        self.policy, self.calendar = CITIES[city]
        self.codec = PolicyCodec(self.policy)
        self.decider = decider(self.policy, self.calendar)
        self.state, self.events = Clocks(), list[Event]()
        self.alarms: dict[str, SetTimer] = {}
        self._import_id, self._versions = import_id, dict[str, int]()

    def say(self, message: Message, at: datetime, reached: datetime | None = None) -> list[Event]:
        """What deadline records about a fact that happened at `at` and reached it later."""
        source = message.DESCRIPTOR.full_name.split(".")[1]
        version = self._versions[source] = self._versions.get(source, 0) + 1
        fact = Fact(
            source, 0, version, "T1", version, message.DESCRIPTOR.full_name,
            message.SerializeToString(), at, at, import_id=self._import_id,
        )  # fmt: skip
        if not self.codec.knows(fact.type):
            return []
        happened = self.codec.decode(fact)
        return self._run(self.decider.react(happened, self.state, reached or at))

    def fire(self, until: datetime) -> list[Event]:
        """Every timer that is due until then, the earliest first; `warnings` has the warnings."""
        due = [t for t in self.alarms.values() if t.due_at <= until]
        new: list[Event] = []
        for name in [t.name for t in sorted(due, key=lambda t: (t.due_at, t.name))]:
            events = self._fire(name)
            new += _told(events)
            while name in self.alarms and _warn(events) and self.alarms[name].due_at <= until:
                events = self._fire(name)
                new += _told(events)
        return new

    def _fire(self, name: str) -> list[Event]:
        timer = self.alarms.get(name)
        return [] if timer is None else self._run([expire(name, timer.due_at)])

    def warnings(self) -> list[ClockWarned]:
        """All that was warned of."""
        return [event for event in self.events if isinstance(event, ClockWarned)]

    def _run(self, commands: Iterable[Any]) -> list[Event]:
        new: list[Event] = []
        for command in commands:
            for event in self.decider.decide(command, self.state):
                self.state = self.decider.evolve(self.state, event)
                for change in timers(always(self.policy, self.calendar))(event):
                    if isinstance(change, SetTimer):
                        self.alarms[change.name] = change
                    else:
                        self.alarms.pop(change.name, None)
                new.append(event)
        self.events += new
        return new

    def reload(self) -> None:
        """As after another batch or a restart: the state is what the ledger's bytes give."""
        stored = [self.codec.encode(event, b"{}") for event in self.events]
        facts = [
            Fact("deadline", 0, n, "T1", n, new.type, new.data, new.time, new.time)
            for n, new in enumerate(stored, 1)
        ]
        self.state = self.decider.fold([self.codec.decode(fact) for fact in facts])

    def clock(self, name: str) -> Clock:
        return self.state.by_name[name]

    def misses(self) -> list[tuple[str, int]]:
        """(clock, run) of the misses that stand."""
        standing: list[tuple[str, int]] = []
        for event in self.events:
            if isinstance(event, DeadlineMissed):
                standing.append((event.clock, event.run))
            elif isinstance(event, MissWithdrawn):
                standing.remove((event.clock, event.run))
        return standing


def _warn(events: Iterable[Event]) -> bool:
    return any(isinstance(event, ClockWarned | HotlineAlarmed) for event in events)


def _told(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, ClockWarned)]


def names(events: Iterable[Event]) -> list[str]:
    """As `confirm ClockStarted`."""
    return [f"{getattr(e, 'clock', 'return')} {type(e).__name__}" for e in events]


def accepted(kind: str = "COMPLAINT", stated_due_at: datetime | None = None) -> Message:
    message = intake.TicketAccepted(kind=f"KIND_{kind}", category="c")
    if stated_due_at is not None:
        put_datetime(message.stated_due_at, stated_due_at)
    return message


def dispatched(unit: str = "U1", round_: int = 1, *, forced: bool = False) -> Message:
    return dispatch.TicketDispatched(unit=unit, round=round_, forced=forced)


def queued(accepted_at: datetime) -> Message:
    message = dispatch.DispatchQueued(category="c")
    put_datetime(message.accepted_at, accepted_at)
    return message


def archived(withdrawn_at: datetime | None) -> Message:
    message = dispatch.TicketArchived()
    if withdrawn_at is not None:
        put_datetime(message.withdrawn_at, withdrawn_at)
    return message


def approved(replied_at: datetime, unit: str = "U1") -> Message:
    message = dispatch.ReplyApproved(unit=unit)
    put_datetime(message.replied_at, replied_at)
    return message
