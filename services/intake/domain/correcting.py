"""An accepted matter that was filed under the wrong category (R4)."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.domain import rejections
from services.intake.domain.categories import Catalogue
from services.intake.domain.commands import CorrectCategory
from services.intake.domain.events import CategoryCorrected, Event
from services.intake.domain.ticket import Filing, Phase, Ticket


def correct_category(
    command: CorrectCategory, ticket: Ticket, catalogue: Catalogue
) -> Sequence[Event]:
    """Filed so already is quiet. Its kind is the one stated, else the category's, else as it was.

    It stays accepted: whether the city takes it was decided by its facts, not by its drawer.
    """
    if ticket.phase is Phase.UNKNOWN:
        raise rejections.UnknownTicket
    if ticket.phase is not Phase.ACCEPTED or ticket.filing is None:
        raise rejections.NotToCorrect(ticket.phase.value)
    old, wanted = ticket.filing, command.category
    new = Filing(
        wanted,
        command.kind or catalogue.tree.kind(wanted) or old.kind,
        command.urgency or old.urgency,
    )
    if new == old:
        return []
    if not command.reason.strip():
        raise rejections.NoReason
    if not catalogue.knows(wanted, command.at):
        raise rejections.UnknownCategory(wanted[:80])
    day = catalogue.day(command.at)
    return [
        CategoryCorrected(
            at=command.at,
            category=new.category,
            kind=new.kind,
            urgency=new.urgency,
            old_category=old.category,
            operator=command.by,
            reason=command.reason.strip(),
            statutory_days=catalogue.tree.limit_days(wanted, day),
            directory_hint=catalogue.tree.hint(wanted, day),
        )
    ]
