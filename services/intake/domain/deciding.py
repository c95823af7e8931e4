"""What intake decides about each command, and what it does about deadline's facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import assert_never

from services.intake.domain import after, calling, commands, correcting, knowing
from services.intake.domain.acceptance import submit
from services.intake.domain.categories import Catalogue
from services.intake.domain.commands import After, Command
from services.intake.domain.events import Event
from services.intake.domain.rules import RuleSet
from services.intake.domain.ticket import Ticket, evolve
from services.kernel.decider import Decider, Value

SUPPLEMENT_CLOCK, DIVERSION_CLOCK = "supplement", "diversion_receipt"


class DeadlineMissed(Value):
    """Deadline's fact: one of intake's own clocks ran out, proven by silence (R27)."""

    at: datetime
    ticket: str
    clock: str
    run: int


# What the city has laid down at an instant.
LaidDown = Callable[[datetime], tuple[RuleSet, Catalogue]]


def decider(laid_down: LaidDown) -> Decider[Ticket, Command, Event]:
    """Intake; each command is decided by what is in effect at its time."""
    return Decider(Ticket(), decisions(laid_down), evolve, react)


def react(event: DeadlineMissed, ticket: Ticket, at: datetime) -> Sequence[Command]:
    """Quiet on repeats: each command looks at the state again."""
    match event.clock:
        case clock if clock == SUPPLEMENT_CLOCK:
            return [commands.ExpireSupplement(at, event.ticket)]
        case clock if clock == DIVERSION_CLOCK:
            return [commands.RepeatDiversion(at, event.run)]
        case _:
            return []


def decisions(laid_down: LaidDown) -> Callable[[Command, Ticket], Sequence[Event]]:
    """`decide` by what is laid down."""

    def decide(command: Command, ticket: Ticket) -> Sequence[Event]:
        return _decide(command, ticket, *laid_down(command.at))

    return decide


def _decide(  # noqa: C901 - a table
    command: Command, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    match command:
        case commands.SubmitMatter():
            return submit(command, ticket, rules, catalogue)
        case commands.UrgeMatter():
            return after.urge(command, ticket, catalogue)
        case commands.CorrectCategory():
            return correcting.correct_category(command, ticket, catalogue)
        case commands.CloseHistory():
            return after.close_history(command, ticket)
        case commands.ForgetPerson():
            return after.forget(command, ticket)
        case commands.RecordCall():
            return calling.join(command, ticket, catalogue)
        case commands.RecordMissedCall():
            return calling.miss(command, ticket, catalogue)
        case commands.CallBack():
            return calling.call_back(command, ticket)
        case commands.ReturnTransfer():
            return after.return_transfer(command, ticket, rules, catalogue)
        case commands.ReviewAnswer():
            return knowing.review_answer(command, ticket)
        case commands.NoteOverdue():
            return knowing.note_overdue(command, ticket, catalogue)
        case _:
            return _decide_after(command, ticket, rules, catalogue)


def _decide_after(  # noqa: C901 - a table
    command: After, ticket: Ticket, rules: RuleSet, catalogue: Catalogue
) -> Sequence[Event]:
    match command:
        case commands.WithdrawTicket():
            return after.withdraw(command, ticket)
        case commands.AcknowledgeDiversion():
            return after.acknowledge(command, ticket)
        case commands.HandBack():
            return after.hand_back(command, ticket, rules, catalogue)
        case commands.RepeatDiversion():
            return after.repeat_diversion(command, ticket)
        case commands.SupplyElements():
            return after.supply(command, ticket, rules, catalogue)
        case commands.ExpireSupplement():
            return after.expire_supplement(command, ticket, rules, catalogue)
        case commands.ReportUnhelpful():
            return after.report_unhelpful(command, ticket, rules, catalogue)
        case commands.OverrideDecision():
            return after.override(command, ticket, rules, catalogue)
        case commands.ObjectToRefusal():
            return after.object_to_refusal(command, ticket)
        case commands.ReviewObjection():
            return after.review_objection(command, ticket, rules, catalogue)
        case _:
            assert_never(command)
