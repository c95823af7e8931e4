"""The knowledge base after it has answered (R5): its answers are reviewed, its upkeep watched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from services.intake.domain import rejections
from services.intake.domain.articles import AnswerReviewed, ArticleOverdue
from services.intake.domain.categories import Catalogue
from services.intake.domain.commands import NoteOverdue, ReviewAnswer
from services.intake.domain.events import Event
from services.intake.domain.ticket import Phase, Ticket


def review_answer(command: ReviewAnswer, ticket: Ticket) -> Sequence[Event]:
    """Once, also where the citizen has said that it did not help.

    The ticket stays as it is: a wrong answer goes on as a ticket by an override, on the record.
    """
    if ticket.phase is Phase.UNKNOWN:
        raise rejections.UnknownTicket
    if not ticket.was_answered:
        raise rejections.NotAnswered(ticket.phase.value)
    if ticket.answer_is_right is not None:
        if ticket.answer_is_right is command.right:
            return []
        raise rejections.ReviewedAlready
    if not command.right and not command.reason.strip():
        raise rejections.NoReason
    reason = command.reason.strip()
    return [AnswerReviewed(command.at, ticket.article, command.right, command.by, reason)]


def note_overdue(command: NoteOverdue, ticket: Ticket, catalogue: Catalogue) -> Sequence[Event]:
    """Once per version and day of review; quiet where it was looked at, or holds no more.

    No other service's act can end this clock, only the registry by which the command is decided:
    there is no silence to prove, and the fact still carries its due instant.
    """
    article = catalogue.articles.get(command.article)
    if article is None or not article.is_overdue(catalogue.day(command.at)):
        return []
    if article.upkeep in ticket.overdue:
        return []
    too_late = datetime.combine(
        article.review_on + timedelta(days=1), time(), tzinfo=catalogue.zone
    ).astimezone(UTC)
    return [
        ArticleOverdue(
            too_late, article.id, article.version, article.unit, article.review_on.isoformat()
        )
    ]
