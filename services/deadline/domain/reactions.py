"""What deadline does about any service's fact: the policy's rows say it, no code does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.clock import Phase
from services.deadline.domain.commands import (
    WITHDRAWN,
    ExpireClock,
    PauseClock,
    ResumeClock,
    StartClock,
    StopClock,
)
from services.deadline.domain.decisions import Command, decisions
from services.deadline.domain.events import Event
from services.deadline.domain.policy import OWN, Policy, Trigger
from services.deadline.domain.refiling import NoteWithdrawal, RefileMatter
from services.deadline.domain.rulebook import Rulebook, always
from services.deadline.domain.supervision import PassUrgeOn
from services.deadline.domain.ticket import Clocks, evolve
from services.kernel.decider import Decider, Value

CATEGORY_CORRECTED = "hotline.intake.v1.CategoryCorrected"
MATTER = ("kind", "urgency", "category", "level")
STATUTORY = "statutory_days"


class Happened(Value):
    """Any fact that a row of the policy names, with the fields that the policy asks for."""

    type: str
    at: datetime
    source: str
    event_id: str
    import_id: str
    values: Mapping[str, object]

    def instant(self, trigger: Trigger) -> datetime:
        """The act's own time: what counts is when it reached us."""
        stated = self.values.get(trigger.instant) if trigger.instant else None
        return stated if isinstance(stated, datetime) else self.at


def decider(policy: Policy, calendar: Calendar) -> Decider[Clocks, Command, Event]:
    """Deadline under this policy and calendar, at any time."""
    return decider_by(always(policy, calendar))


def decider_by(rules: Rulebook) -> Decider[Clocks, Command, Event]:
    """Deadline under what is in effect at each instant."""
    return Decider(Clocks(), decisions(rules), evolve, reactions(rules))


def reactions(rules: Rulebook) -> Callable[[Happened, Clocks, datetime], Sequence[Command]]:
    """`react` under the policy in effect when it happened: ends before pauses, starts last."""

    def react(event: Happened, state: Clocks, at: datetime) -> Sequence[Command]:
        policy, _ = rules(event.at)
        commands: list[Command] = []
        known = {"kind": state.kind, **event.values}
        if event.import_id:
            commands += _overdue(event, state, policy)
        for trigger, row in policy.ending.get(event.type, ()):
            if trigger.fits(known) and row.name in state.by_name:
                by = event.type, event.event_id, event.at
                commands.append(StopClock(at, row.name, event.instant(trigger), *by))
        for trigger, row in policy.pausing.get(event.type, ()):
            if trigger.fits(known):
                commands.append(PauseClock(at, row.name, event.instant(trigger), row.pause_reason))
        for trigger, row in policy.resuming.get(event.type, ()):
            if trigger.fits(known):
                commands.append(ResumeClock(at, row.name, event.instant(trigger)))
        if event.type in ALWAYS_HEARD:
            commands.append(ALWAYS_HEARD[event.type](event, at))
        commands.extend(_starts(event, known, at, policy))
        return commands

    return react


def _refiled(event: Happened, at: datetime) -> RefileMatter:
    kind, urgency, category = (str(event.values.get(n) or "") for n in MATTER[:3])
    return RefileMatter(at, kind, urgency, category, event.at, _statutory_days(event))


def _statutory_days(event: Happened) -> int:
    days = event.values.get(STATUTORY)
    return days if isinstance(days, int) else 0


def _urged(event: Happened, at: datetime) -> PassUrgeOn:
    return PassUrgeOn(at, str(event.values.get("reason") or ""), event.event_id, event.at)


def _noted(event: Happened, at: datetime) -> NoteWithdrawal:
    return NoteWithdrawal(at, event.at, event.event_id)


ALWAYS_HEARD: Mapping[str, Callable[[Happened, datetime], Command]] = {
    CATEGORY_CORRECTED: _refiled,
    "hotline.intake.v1.MatterUrged": _urged,
    WITHDRAWN: _noted,
}  # whatever the policy's rows name


def _starts(
    event: Happened, known: Mapping[str, object], at: datetime, policy: Policy
) -> Iterator[Command]:
    for trigger, row in policy.starting.get(event.type, ()):
        stated = event.values.get(row.due_field or "stated_due_at")
        if trigger.fits(known) and not (row.due_field and stated is None):
            yield StartClock(
                at=at,
                clock=row.name,
                unit=str(event.values.get("unit") or ""),
                started_at=event.instant(trigger),
                start_event=event.event_id,
                stated_due_at=stated if isinstance(stated, datetime) else None,
                imported=event.import_id != "",
                statutory_days=_statutory_days(event),
                start_type=event.type,
                **{name: str(event.values.get(name) or "") for name in MATTER},
            )


def _overdue(event: Happened, state: Clocks, policy: Policy) -> Iterator[Command]:
    """In an import: a clock that only this source ends was due before this fact of it."""
    due = [
        clock
        for clock in state.by_name.values()
        if clock.phase is Phase.RUNNING
        and not clock.missed
        and clock.due_at <= event.at
        and set(policy.sources[clock.name]) <= {event.source, OWN}
    ]
    for clock in sorted(due, key=lambda c: (c.due_at, c.name)):
        yield ExpireClock(clock.due_at, clock.name, clock.run)
