"""given/when/then for dispatch: a history of facts, a command, and what it adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.dispatch.domain.commands import Command
from services.dispatch.domain.directory import Directory, Entry, Rules, Unit
from services.dispatch.domain.events import (
    CitizenContacted,
    DispatchConfirmed,
    DispatchQueued,
    Event,
    RedoOrdered,
    ReplyApproved,
    ReplySentBack,
    ReturnGranted,
    ReturnRefused,
    ReturnRequested,
    ReturnWindowEnded,
    TicketArchived,
    TicketCompleted,
    TicketDispatched,
    TicketReplied,
)
from services.dispatch.domain.reactions import decider
from services.dispatch.domain.rejections import UnknownTicket
from services.kernel.decider import Rejection
from tests.unit.specs import Specs

AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
NOW = AT + timedelta(hours=1)
LEVELS = {"transport": "city", "market": "city", "health": "city", "linquan": "county"}
DIRECTORY = Directory(
    "test@1",
    {unit: Unit(unit, unit, unit, level) for unit, level in LEVELS.items()},
    {
        ("traffic", ""): Entry("transport"),
        ("traffic/road", "linquan"): Entry("linquan"),
        ("market/food", ""): Entry("market", ("health",)),
    },
    Rules(disputed_return=2, redos_by_rule=1, redos=2),
)
DECIDER = decider(DIRECTORY)
SPECS = Specs(DECIDER, NOW)
fold, decided, quiet_again, reacted = (
    SPECS.fold, SPECS.decided, SPECS.quiet_again, SPECS.reacted
)  # fmt: skip


def refused(rejection: type[Rejection], command: Command, *history: Event) -> None:
    """The command is against a rule, and it names which."""
    told = SPECS.rejection(rejection, command, *history)
    assert told.rule or rejection is UnknownTicket or told.status == 422


def queued(about_unit: str = "") -> DispatchQueued:
    return DispatchQueued(AT, "parks/tree", "linquan", "no directory entry", AT, about_unit)


def dispatched(
    unit: str = "transport",
    co_handlers: tuple[str, ...] = (),
    *,
    basis: str = "directory",
    round_: int = 1,
    about_unit: str = "",
    at: datetime = AT,
    category: str = "traffic/road",
    area: str = "yingzhou",
) -> TicketDispatched:
    return TicketDispatched(
        at, unit, co_handlers, LEVELS[unit], category, area, basis, "test@1", round_,
        forced=basis == "dispute_review", about_unit=about_unit,
    )  # fmt: skip


def confirmed(unit: str = "transport") -> DispatchConfirmed:
    return DispatchConfirmed(AT, unit)


def contacted(unit: str = "transport") -> CitizenContacted:
    return CitizenContacted(AT, unit, "called")


def asked(number: int = 1, unit: str = "transport", suggested: str = "market") -> ReturnRequested:
    return ReturnRequested(AT, unit, "not our duty", suggested, number)


def granted(number: int = 1, unit: str = "transport", to: str = "market") -> ReturnGranted:
    return ReturnGranted(AT, unit, to, number)


def denied(number: int = 1, unit: str = "transport") -> ReturnRefused:
    return ReturnRefused(AT, unit, "it is your road", number)


def window_ended(unit: str = "transport") -> ReturnWindowEnded:
    return ReturnWindowEnded(AT, unit)


def replied(unit: str = "transport", *, solved: bool = True) -> TicketReplied:
    return TicketReplied(AT, unit, True, True, True, solved, "", "Filled.", "Crew 7.")


def sent_back(unit: str = "transport") -> ReplySentBack:
    return ReplySentBack(AT, unit, "no photo")


def completed(round_: int = 1) -> tuple[ReplyApproved, TicketCompleted]:
    return (
        ReplyApproved(AT, "transport", AT),
        TicketCompleted(AT, "transport", True, "traffic/road", "yingzhou", "city", round_),
    )


def redo(number: int = 1) -> RedoOrdered:
    return RedoOrdered(AT, "transport", "not solved", number)


def archived() -> TicketArchived:
    return TicketArchived(AT, "transport", "solved at the return visit")


AT_UNIT = (dispatched(), confirmed())
DONE = (*AT_UNIT, replied(), *completed())
REDONE = (*DONE, redo(), replied(), *completed(2))
REDONE_TWICE = (*REDONE, redo(2), replied(), *completed(3))
