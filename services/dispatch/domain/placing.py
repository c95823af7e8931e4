"""Whose ticket it is: dispatch, confirmation and returns (stage 2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.dispatch.domain.commands import (
    ConfirmDispatch,
    DispatchTicket,
    EndReturnWindow,
    GrantReturn,
    PlaceTicket,
    RefileTicket,
    RefuseReturn,
    RequestReturn,
)
from services.dispatch.domain.directory import Directory, Entry, Rules
from services.dispatch.domain.events import (
    DispatchConfirmed,
    DispatchQueued,
    Event,
    ReturnGranted,
    ReturnRefused,
    ReturnRequested,
    ReturnWindowEnded,
    TicketDispatched,
    TicketRefiled,
)
from services.dispatch.domain.rejections import (
    AboutThatUnit,
    NoNextUnit,
    NotAtUnit,
    NothingToRule,
    NotWaiting,
    NotYourTicket,
    ReturnAfterReply,
    ReturnNotAllowed,
    ReturnTooLate,
    ReturnWithoutReason,
    SameUnit,
    UnknownUnit,
)
from services.dispatch.domain.ticket import (
    AT_UNIT,
    Phase,
    Ruling,
    Ticket,
    evolve,
)
from services.kernel.decider import replace


def place(command: PlaceTicket, ticket: Ticket, directory: Directory) -> Sequence[Event]:
    if ticket.phase is not Phase.UNKNOWN:
        return []
    category, area, about_unit = command.category, command.area, command.about_unit
    known = Ticket(category=category, area=area, about_unit=about_unit)
    found = _by_directory(command.at, known, command.hint, directory)
    if not isinstance(found, str):
        return [found]
    return [DispatchQueued(command.at, category, area, found, command.accepted_at, about_unit)]


def _by_directory(
    at: datetime, ticket: Ticket, hint: str, directory: Directory
) -> TicketDispatched | str:
    """The dispatch, or why a dispatcher has to choose."""
    hinted = directory.hinted(ticket.category, ticket.area, hint)
    entry = hinted or directory.find(ticket.category, ticket.area)
    reason = _by_hand(ticket.about_unit, entry, directory)
    if entry is None or reason:
        return reason
    co_handlers = tuple(u for u in entry.co_handlers if u != ticket.about_unit)
    sent = _sent(at, ticket, entry.unit, co_handlers, "directory", directory)
    return replace(sent, directory_hint=hint) if hinted else sent


def _by_hand(about_unit: str, entry: Entry | None, directory: Directory) -> str:
    """Why a dispatcher has to choose the unit; empty where the directory may."""
    if entry is None:
        return "no directory entry"
    if about_unit and about_unit not in directory.units:
        return "about a unit that the directory does not know (R2)"
    return "about the unit's own conduct (R2)" if entry.unit == about_unit else ""


def refile(command: RefileTicket, ticket: Ticket, directory: Directory) -> Sequence[Event]:
    """R4: a unit keeps the ticket. One that waits for a dispatcher is looked up again."""
    if ticket.category == command.category:
        return []
    refiled = TicketRefiled(command.at, command.category, ticket.category)
    if ticket.phase is not Phase.QUEUED:
        return [refiled]
    found = _by_directory(command.at, evolve(ticket, refiled), command.hint, directory)
    return [refiled, *([] if isinstance(found, str) else [found])]


def dispatch(command: DispatchTicket, ticket: Ticket, directory: Directory) -> Sequence[Event]:
    co_handlers = tuple(dict.fromkeys(u for u in command.co_handlers if u != command.to_unit))
    if ticket.phase in AT_UNIT and (ticket.unit, ticket.co_handlers) == (
        command.to_unit,
        co_handlers,
    ):
        return []
    if ticket.phase is not Phase.QUEUED and not (ticket.refiled and ticket.phase in AT_UNIT):
        raise NotWaiting(ticket.phase.value)
    for unit in (command.to_unit, *co_handlers):
        _require_unit(unit, ticket, directory)
    return [_sent(command.at, ticket, command.to_unit, co_handlers, "dispatcher", directory)]


def confirm(command: ConfirmDispatch, ticket: Ticket) -> Sequence[Event]:
    require_lead(command.unit, ticket)
    if ticket.phase is Phase.DISPATCHED:
        return [DispatchConfirmed(command.at, command.unit)]
    if ticket.phase is Phase.ARCHIVED:
        raise NotAtUnit(ticket.phase.value)
    return []


def _require_unit(unit: str, ticket: Ticket, directory: Directory) -> None:
    if unit not in directory.units:
        raise UnknownUnit(unit)
    if unit == ticket.about_unit:
        raise AboutThatUnit(unit)


def require_lead(unit: str, ticket: Ticket) -> None:
    if unit != ticket.unit or not unit:
        raise NotYourTicket


def _sent(
    at: datetime,
    ticket: Ticket,
    unit: str,
    co_handlers: Sequence[str],
    basis: str,
    directory: Directory,
) -> TicketDispatched:
    return TicketDispatched(
        at=at,
        unit=unit,
        co_handlers=tuple(co_handlers),
        level=directory.units[unit].level,
        category=ticket.category,
        area=ticket.area,
        basis=basis,
        directory_version=directory.version,
        round=ticket.round + 1,
        forced=basis == "dispute_review",
        about_unit=ticket.about_unit,
    )


# Return (R24)


def request_return(command: RequestReturn, ticket: Ticket, rules: Rules) -> Sequence[Event]:
    require_lead(command.unit, ticket)
    if ticket.phase is Phase.RETURN_ASKED:
        return []
    if ticket.phase not in AT_UNIT:
        raise NotAtUnit(ticket.phase.value)
    if ticket.returns >= rules.disputed_return:
        raise ReturnNotAllowed
    if ticket.has_replied:
        raise ReturnAfterReply
    if ticket.window_ended:
        raise ReturnTooLate
    if not command.reason.strip():
        raise ReturnWithoutReason
    number = ticket.returns + 1
    return [
        ReturnRequested(command.at, command.unit, command.reason, command.suggested_unit, number)
    ]


def grant_return(command: GrantReturn, ticket: Ticket, directory: Directory) -> Sequence[Event]:
    """The ticket goes on at once, so that it is never at nobody's."""
    if _is_granted(command, ticket):
        return []
    if ticket.phase is not Phase.RETURN_ASKED:
        raise NothingToRule(ticket.phase.value)
    unit = command.to_unit or ticket.suggested_unit
    if not unit:
        raise NoNextUnit
    _require_unit(unit, ticket, directory)
    disputed = ticket.returns >= directory.rules.disputed_return
    basis = "dispute_review" if disputed else "return"
    if unit == ticket.unit and basis == "return":
        raise SameUnit(unit)
    return [
        ReturnGranted(command.at, ticket.unit, unit, ticket.returns),
        _sent(command.at, ticket, unit, (), basis, directory),
    ]


def _is_granted(command: GrantReturn, ticket: Ticket) -> bool:
    return (
        ticket.phase in AT_UNIT
        and ticket.ruling is Ruling.RETURN_GRANTED
        and command.to_unit in ("", ticket.unit)
    )


def refuse_return(command: RefuseReturn, ticket: Ticket) -> Sequence[Event]:
    if ticket.phase in AT_UNIT and ticket.ruling is Ruling.RETURN_REFUSED:
        return []
    if ticket.phase is not Phase.RETURN_ASKED:
        raise NothingToRule(ticket.phase.value)
    if not command.reason.strip():
        raise ReturnWithoutReason
    return [ReturnRefused(command.at, ticket.unit, command.reason, ticket.returns)]


def end_return_window(command: EndReturnWindow, ticket: Ticket) -> Sequence[Event]:
    """In any phase: an import's facts must not depend on how soon its timers come."""
    if command.unit != ticket.unit or ticket.window_ended:
        return []
    return [ReturnWindowEnded(command.at, command.unit)]
