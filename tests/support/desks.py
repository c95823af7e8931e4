"""Two small services for the kernel's own tests: a desk that notes, an echo that confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hotline.deadline.v1 import events_pb2 as deadline_pb
from hotline.dispatch.v1 import commands_pb2, events_pb2
from services.kernel.codec import Codec
from services.kernel.decider import ClearTimer, Decider, Rejection, SetTimer, TimerChange, Value
from services.kernel.service import Service


class ProgressNoted(Value):
    at: datetime
    unit: str
    note: str


class NoteProgress(Value):
    at: datetime
    by: str
    note: str


class Empty(Rejection):
    """A note needs words."""

    rule = "R26"
    status = 422


def desk_decide(command: NoteProgress, notes: tuple[str, ...]) -> Sequence[ProgressNoted]:
    if not command.note:
        raise Empty
    if command.note in notes:
        return []
    return [ProgressNoted(command.at, command.by, command.note)]


def desk() -> Service:
    """Its state is the tuple of its notes; a repeated note is quiet."""
    return Service(
        "dispatch",
        Codec(
            "dispatch",
            own=[(ProgressNoted, events_pb2.ProgressNoted)],
            commands=[(NoteProgress, commands_pb2.NoteProgress)],
        ),
        Decider((), desk_decide, lambda s, e: (*s, e.note), lambda e, s, at: []),
    )


class UnknownTicket(Rejection):
    """Nobody has heard of the ticket."""

    status = 404


def strict_desk() -> Service:
    """Notes on tickets only that have one."""

    def decide(command: NoteProgress, notes: tuple[str, ...]) -> Sequence[ProgressNoted]:
        if not notes:
            raise UnknownTicket
        return [ProgressNoted(command.at, command.by, command.note)]

    service = desk()
    assert service.decider is not None
    return replace(service, decider=replace(service.decider, decide=decide))


class SeenNote(Value):
    at: datetime
    note: str
    event_id: str


class ClockStarted(Value):
    at: datetime
    clock: str
    due_at: datetime


class DeadlineMissed(Value):
    at: datetime
    clock: str
    due_at: datetime


class Start(Value):
    at: datetime
    clock: str
    due_at: datetime


class Expire(Value):
    at: datetime
    clock: str


def echo_decide(
    command: Start | Expire, state: frozenset[str]
) -> Sequence[ClockStarted | DeadlineMissed]:
    if isinstance(command, Start):
        if command.clock in state:
            return []
        return [ClockStarted(command.at, command.clock, command.due_at)]
    if f"{command.clock}!" in state:
        return []
    return [DeadlineMissed(command.at, command.clock, command.at)]


def echo_evolve(state: frozenset[str], event: ClockStarted | DeadlineMissed) -> frozenset[str]:
    mark = "" if isinstance(event, ClockStarted) else "!"
    return state | {event.clock + mark}


def echo_react(event: SeenNote, state: frozenset[str], at: datetime) -> Sequence[Start]:
    if event.note == "poison":
        raise ZeroDivisionError("this note makes the code fail")
    return [Start(at, event.note, event.at + timedelta(seconds=1))]


def echo_timers(event: ClockStarted | DeadlineMissed) -> list[TimerChange]:
    if isinstance(event, ClockStarted):
        return [SetTimer(event.clock, event.due_at, ("dispatch",))]
    return [ClearTimer(event.clock)]


def echo() -> Service:
    """Starts a clock of one second per note; it is missed, as nothing ends it."""
    return Service(
        "deadline",
        Codec(
            "deadline",
            own=[
                (ClockStarted, deadline_pb.ClockStarted),
                (DeadlineMissed, deadline_pb.DeadlineMissed),
            ],
            foreign=[(SeenNote, events_pb2.ProgressNoted)],
        ),
        Decider(frozenset(), echo_decide, echo_evolve, echo_react),
        timers=echo_timers,
        expire=lambda name, due_at: Expire(due_at, name),
    )
