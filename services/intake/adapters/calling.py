"""Calls on their way in (R3): the record of a missed one, its number sealed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from services.intake.adapters.codec import MissedCall
from services.intake.adapters.vault import Vault
from services.intake.domain.commands import RecordMissedCall
from services.intake.domain.number import ticket_number
from services.kernel.personal import FieldCipher
from services.kernel.service import Submission


async def missed(
    call: MissedCall, at: datetime, by: str, *, vault: Vault, zone: ZoneInfo
) -> Submission:
    """The command on a ticket of its own; the caller is the person of that number."""
    person = await vault.person(call.caller)
    day = at.astimezone(zone).date()
    ticket = ticket_number(day, await vault.serial(day))
    command = RecordMissedCall(
        at=at,
        by=by,
        channel=call.channel,
        external_id=call.external_id,
        called_number=call.called_number,
        waited_s=call.waited_s,
        person_id=person.id,
        caller=FieldCipher(person.key, ticket, "caller").seal(call.caller),
    )
    return Submission(ticket, command)
