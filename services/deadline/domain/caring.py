"""What is decided about supervision, disputes and the ladder after a miss (R25, R27)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from services.deadline.domain.calendar import Calendar
from services.deadline.domain.care_events import (
    BureauNotified,
    SupervisionAnswered,
    SupervisionClosed,
    SupervisionIssued,
    SupervisionOpened,
    SupervisionRaised,
    SupervisionReturned,
)
from services.deadline.domain.clock import Clock, Phase
from services.deadline.domain.events import (
    DisputeRuled,
    Event,
    MissDisputed,
    UnitReminded,
    UnitUrged,
)
from services.deadline.domain.policy import Policy
from services.deadline.domain.rejections import (
    AlreadySupervised,
    FeedbackMissing,
    NotDisputable,
    NotRunning,
    NotSupervised,
    NotYours,
    ReturnedOnce,
    UnknownTicket,
)
from services.deadline.domain.supervision import (
    AnswerSupervision,
    AnswerUrge,
    CareCommand,
    ClimbLadder,
    CloseSupervision,
    DisputeMiss,
    IssueSupervision,
    NotifyBureau,
    OpenSupervision,
    PassUrgeOn,
    RaiseSupervision,
    ReturnSupervision,
    RuleDispute,
    Supervision,
    UrgeTicket,
)
from services.deadline.domain.ticket import Clocks
from services.deadline.domain.urging import answer_urge, handler, pass_on, text, urge
from services.deadline.domain.warnings import STEPS, ladder

BY_LADDER = "ladder"


def decide(
    command: CareCommand, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    if isinstance(command, ClimbLadder):
        return climb(command, state, policy, calendar)
    if isinstance(command, PassUrgeOn):
        return pass_on(command, state, policy, calendar)
    if not state.by_name:
        raise UnknownTicket
    match command:
        case UrgeTicket():
            return urge(command, state, policy, calendar)
        case AnswerUrge():
            return answer_urge(command, state)
        case OpenSupervision():
            return open_supervision(command, state)
        case NotifyBureau():
            return [
                BureauNotified(command.at, "", 0, handler(state), text(command.reason), command.by)
            ]
        case DisputeMiss():
            return dispute(command, state)
        case RuleDispute():
            return rule_dispute(command, state)
        case _:
            return _supervise(command, state)


# 督办


def open_supervision(command: OpenSupervision, state: Clocks) -> Sequence[Event]:
    if state.care.supervision is not None:
        raise AlreadySupervised(str(state.care.supervision.number))
    units = tuple(dict.fromkeys(u for u in command.units if u)) or (handler(state),)
    if not all(units):
        raise NotRunning("no unit has the ticket: name the units")
    number = state.care.supervisions + 1
    return [
        SupervisionOpened(command.at, number, units, text(command.reason), "", 0, None, command.by)
    ]


def _supervise(
    command: IssueSupervision
    | AnswerSupervision
    | ReturnSupervision
    | RaiseSupervision
    | CloseSupervision,
    state: Clocks,
) -> Sequence[Event]:
    supervision = state.care.supervision
    if supervision is None:
        raise NotSupervised
    at, number = command.at, supervision.number
    match command:
        case IssueSupervision():
            if supervision.issued:
                return []
            return [SupervisionIssued(at, number, text(command.document), command.by)]
        case AnswerSupervision():
            return _answered(command, supervision)
        case ReturnSupervision():
            _require_feedback(supervision)
            if supervision.returned:
                raise ReturnedOnce
            return [SupervisionReturned(at, number, text(command.reason), command.by)]
        case RaiseSupervision():
            if command.level == supervision.level:
                return []
            level, reason = text(command.level), text(command.reason)
            return [SupervisionRaised(at, number, level, reason, command.by)]
        case CloseSupervision():
            _require_feedback(supervision)
            return [SupervisionClosed(at, number, text(command.conclusion), command.by)]
    assert_never(command)


def _answered(command: AnswerSupervision, supervision: Supervision) -> Sequence[Event]:
    if command.unit not in supervision.units:
        raise NotYours
    if not supervision.issued:
        raise NotSupervised
    if command.unit in supervision.answered:
        return []
    feedback = text(command.feedback)
    return [SupervisionAnswered(command.at, supervision.number, command.unit, feedback)]


def _require_feedback(supervision: Supervision) -> None:
    if not supervision.is_answered:
        missing = [unit for unit in supervision.units if unit not in supervision.answered]
        raise FeedbackMissing(", ".join(missing))


# Disputes over a miss


def dispute(command: DisputeMiss, state: Clocks) -> Sequence[Event]:
    """Also of a unit that has the ticket no more: a late fact may have brought the miss since.

    Of several misses the oldest that it does not dispute yet, unless it names the run. A unit is
    not told whether another one missed.
    """
    runs = _runs(state, command.clock, command.run)
    own = [run for run in runs if run.unit == command.unit]
    if runs and not own:
        raise NotYours
    missed = _missed(own, command.clock)
    clock = next((run for run in missed if not run.dispute), None)
    if clock is None:
        return []
    return [MissDisputed(command.at, clock.name, clock.run, clock.unit, text(command.reason))]


def rule_dispute(command: RuleDispute, state: Clocks) -> Sequence[Event]:
    """A ruling is final. Of several disputes over one clock the oldest, unless it names the run."""
    missed = _missed(_runs(state, command.clock, command.run), command.clock)
    clock = next((run for run in missed if run.dispute == "disputed"), missed[-1])
    if clock.dispute == "ruled":
        return []
    if not clock.dispute:
        raise NotDisputable("nobody disputes it")
    where = command.at, clock.name, clock.run, clock.unit
    return [DisputeRuled(*where, command.excused, text(command.reason), command.by)]


def _runs(state: Clocks, name: str, number: int) -> list[Clock]:
    """Every run of that clock, the last one last; of a number that one alone."""
    last = state.by_name.get(name)
    runs = [run for run in (*state.earlier_runs, *([last] if last else [])) if run.name == name]
    return [run for run in runs if number in (0, run.run)]


def _missed(runs: Sequence[Clock], name: str) -> Sequence[Clock]:
    missed = [run for run in runs if run.missed]
    if not missed:
        raise NotDisputable(name)
    return missed


# The ladder (R25)


def climb(
    command: ClimbLadder, state: Clocks, policy: Policy, calendar: Calendar
) -> Sequence[Event]:
    """Reminded, urged, supervised, the bureau notified; a clock that ended or stands is left, and
    a step that was told stays told when its timer fires again."""
    clock = state.by_name.get(command.clock)
    if clock is None or clock.run != command.run or not clock.missed:
        return []
    if clock.phase is not Phase.RUNNING or clock.rung >= len(STEPS):
        return []
    if clock.climbs_at is not None and command.at < clock.climbs_at:
        return []
    steps = policy.rows[clock.name].ladder
    if steps is None:
        return []
    at, where = command.at, (command.at, clock.name, clock.run, clock.unit)
    if clock.rung == 3:
        return [
            BureauNotified(*where, f"overdue since {calendar.local_date(clock.due_at)}", BY_LADDER)
        ]
    _, next_at = ladder(steps, clock.due_at, calendar)[clock.rung + 1]
    if clock.rung == 0:
        return [UnitReminded(*where, clock.due_at, next_at)]
    if clock.rung == 1 or state.care.supervision is not None or not clock.unit:
        return [UnitUrged(*where, clock.due_at, next_at)]
    number = state.care.supervisions + 1
    reason = f"{clock.name} overdue"
    return [
        SupervisionOpened(
            at, number, (clock.unit,), reason, clock.name, clock.run, next_at, BY_LADDER
        )
    ]
