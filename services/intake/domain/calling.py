"""What becomes of telephone calls (R3): they make or join a ticket, or are called back."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.domain import rejections
from services.intake.domain.calls import LONGEST_WAIT_S, CallAnswered, CalledBack, CallMissed
from services.intake.domain.categories import Catalogue
from services.intake.domain.commands import CallBack, RecordCall, RecordMissedCall, SubmitMatter
from services.intake.domain.events import Event
from services.intake.domain.ticket import Phase, Ticket


def answered(command: SubmitMatter, called_mode: str) -> Sequence[CallAnswered]:
    """The call in which the matter was stated, if it was one."""
    call = command.call
    if call is None:
        return []
    _require_bounds(call.waited_s)
    return [
        CallAnswered(
            command.at, command.channel, command.called_number, called_mode,
            call.waited_s, call.operator or command.by, call.recording,
        )
    ]  # fmt: skip


def join(command: RecordCall, ticket: Ticket, catalogue: Catalogue) -> Sequence[Event]:
    """One more call on a matter: each is a fact of its own, so nothing here is quiet."""
    if ticket.phase is Phase.UNKNOWN:
        raise rejections.UnknownTicket
    _require_call(command, catalogue)
    return [
        CallAnswered(
            command.at, command.channel, command.called_number, _mode(command, catalogue),
            command.waited_s, command.operator or command.by, command.recording,
        )
    ]  # fmt: skip


def miss(command: RecordMissedCall, ticket: Ticket, catalogue: Catalogue) -> Sequence[Event]:
    if ticket.phase is not Phase.UNKNOWN:
        return []
    _require_call(command, catalogue)
    if not command.caller:
        raise rejections.NobodyToCall
    return [
        CallMissed(
            command.at, command.channel, command.external_id, command.called_number,
            _mode(command, catalogue), command.waited_s, command.person_id, command.caller,
        )
    ]  # fmt: skip


def call_back(command: CallBack, ticket: Ticket) -> Sequence[Event]:
    """A caller who was not reached may be called again."""
    if ticket.phase is Phase.UNKNOWN:
        raise rejections.UnknownTicket
    if ticket.phase is Phase.CALLED_BACK:
        return []
    if ticket.phase is not Phase.CALL_MISSED:
        raise rejections.NotMissed(ticket.phase.value)
    return [CalledBack(command.at, command.by, command.reached, command.recording, command.became)]


def _require_call(command: RecordCall | RecordMissedCall, catalogue: Catalogue) -> None:
    catalogue.switchboard.telephone(command.channel).require(command.by, ())
    _require_bounds(command.waited_s)


def _require_bounds(waited_s: int) -> None:
    if not 0 <= waited_s <= LONGEST_WAIT_S:
        raise rejections.CallOutOfBounds


def _mode(command: RecordCall | RecordMissedCall, catalogue: Catalogue) -> str:
    """R9: what the called number is that day."""
    line = catalogue.register.line(command.called_number, catalogue.day(command.at))
    return line.mode if line else ""
