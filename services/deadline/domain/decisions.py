"""The table of everything that deadline decides about one ticket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce
from typing import assert_never

from services.deadline.domain import caring, commands, desk, expiring
from services.deadline.domain.calendar import Calendar
from services.deadline.domain.clock import Clock, Phase
from services.deadline.domain.commands import (
    WITHDRAWN,
    ExpireClock,
    PauseClock,
    ResumeClock,
    StartClock,
    StopClock,
)
from services.deadline.domain.desk import (
    DeskCommand,
    GrantExtension,
    PauseClocks,
    RefuseExtension,
    RequestExtension,
    ResumeClocks,
    SetLimit,
)
from services.deadline.domain.events import ClockStopped, Event, MatterWithdrawn
from services.deadline.domain.policy import Policy
from services.deadline.domain.refiling import (
    NoteWithdrawal,
    RefileMatter,
    corrected_since,
    judge_again,
    refile_matter,
)
from services.deadline.domain.replan import ReplanClocks, replan_clocks
from services.deadline.domain.rulebook import Rulebook, at_start
from services.deadline.domain.supervision import CareCommand
from services.deadline.domain.ticket import Clocks, evolve

ClockCommand = StartClock | PauseClock | ResumeClock | StopClock | ExpireClock
Command = ClockCommand | DeskCommand | RefileMatter | NoteWithdrawal | ReplanClocks | CareCommand
Decide = Callable[[Command, Clocks], Sequence[Event]]


def decisions(rules: Rulebook) -> Decide:
    """`decide` under the policy and calendar in effect at the command's time."""

    def decide(command: Command, state: Clocks) -> Sequence[Event]:
        policy, calendar = rules(command.at)
        if isinstance(command, ClockCommand):
            return _of_a_clock(command, state, rules)
        if isinstance(command, DeskCommand):
            return _of_the_desk(command, state, policy, calendar)
        if isinstance(command, RefileMatter):
            return refile_matter(command, state, rules)
        if isinstance(command, NoteWithdrawal):
            told = MatterWithdrawn(command.at, command.withdrawn_at, command.end_event)
            return [] if state.withdrawal else [told]
        if isinstance(command, ReplanClocks):
            return replan_clocks(command, state, policy, calendar)
        return caring.decide(command, state, policy, calendar)

    return decide


def _of_a_clock(command: ClockCommand, state: Clocks, rules: Rulebook) -> Sequence[Event]:
    policy, calendar = rules(command.at)
    clock = state.by_name.get(command.clock)
    match command:
        case StopClock():
            return commands.stop(command, clock, state.earlier_runs, policy)
        case StartClock():
            first = at_start(rules, command.clock, command.started_at, command.at)
            started = commands.start(command, clock, state, first, calendar)
            events = _and_corrections_since(started, command, state, rules)
        case PauseClock():
            paused = commands.pause(command, clock, policy)
            events = _and_the_correction(paused, command, command.paused_at, state, rules)
        case ResumeClock():
            resumed = commands.resume(command, clock, policy, calendar)
            events = _and_the_correction(resumed, command, command.resumed_at, state, rules)
        case ExpireClock():
            events = expiring.expire(command, clock, policy, calendar)
        case _:
            assert_never(command)
    return _and_the_withdrawal(events, command, state, rules)


def _and_corrections_since(
    events: Sequence[Event], command: StartClock, state: Clocks, rules: Rulebook
) -> Sequence[Event]:
    if not events or not state.is_filed_elsewhere_after(command.started_at):
        return events
    started = reduce(evolve, events, state)
    return [*events, *corrected_since(command.at, command.clock, started, rules)]


def _and_the_withdrawal(
    events: Sequence[Event],
    command: StartClock | PauseClock | ResumeClock | ExpireClock,
    state: Clocks,
    rules: Rulebook,
) -> Sequence[Event]:
    """What began before the withdrawal, and runs though that was heard of, ends at it (R27). Where
    it was due by then its timer says so first, once it is proven that nothing ended it in time; one
    that stands is looked at when it goes on."""
    if not events or state.withdrawal is None:
        return events
    withdrawn_at, event_id = state.withdrawal
    policy, _ = rules(withdrawn_at)
    after = reduce(evolve, events, state)
    clock = after.by_name[command.clock]
    late = clock.is_late(withdrawn_at)
    if (
        clock.phase is not Phase.RUNNING
        or clock.started_at > withdrawn_at
        or (late and not clock.missed)
        or not _is_ended_by(WITHDRAWN, clock, after.kind, policy)
    ):
        return events
    where = command.at, clock.name, clock.run, clock.unit
    return [*events, ClockStopped(*where, withdrawn_at, not late, WITHDRAWN, event_id)]


def _is_ended_by(type_: str, clock: Clock, kind: str, policy: Policy) -> bool:
    ends = policy.ending.get(type_, ())
    return any(row.name == clock.name and trigger.fits({"kind": kind}) for trigger, row in ends)


def _and_the_correction(
    events: Sequence[Event],
    command: PauseClock | ResumeClock,
    acted_at: datetime,
    state: Clocks,
    rules: Rulebook,
) -> Sequence[Event]:
    if not events or state.corrected_at is None:
        return events
    moved = reduce(evolve, events, state)
    return [*events, *judge_again(command.at, command.clock, acted_at, moved, rules)]


def _of_the_desk(
    command: DeskCommand, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    match command:
        case RequestExtension():
            return desk.request_extension(command, state, policy, calendar)
        case GrantExtension():
            return desk.grant_extension(command, state, policy, calendar)
        case RefuseExtension():
            return desk.refuse_extension(command, state, policy, calendar)
        case PauseClocks():
            return desk.pause_clocks(command, state, policy)
        case ResumeClocks():
            return desk.resume_clocks(command, state, policy, calendar)
        case SetLimit():
            return desk.set_limit(command, state, policy, calendar)
    assert_never(command)
