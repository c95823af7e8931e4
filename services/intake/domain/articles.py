"""The knowledge base (R5): articles that answer a consultation at once, and their upkeep."""

from __future__ import annotations

from datetime import date, datetime

from services.intake.domain.rules import Words
from services.kernel.decider import Value


class Article(Value):
    """What `unit` owns and looks at again by `review_on`; `until` is the first day without it."""

    id: str
    version: str
    unit: str
    source: Words
    question: Words
    answer: Words
    since: date
    review_on: date
    until: date | None = None

    @property
    def upkeep(self) -> str:
        """What is to be looked at, and by when."""
        return upkeep_of(self.version, self.review_on.isoformat())

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    def is_overdue(self, day: date) -> bool:
        """R5: its upkeep is late."""
        return self.holds_on(day) and day > self.review_on


def upkeep_of(version: str, review_on: str) -> str:
    """One name for a version and its day of review."""
    return f"{review_on}/{version}"


class AnswerReviewed(Value):
    """R5: by staff, once."""

    at: datetime
    article: str
    right: bool
    reviewer: str
    reason: str


class ArticleOverdue(Value):
    """R5: its upkeep is late; `at` is the first instant after the day `review_on`."""

    at: datetime
    article: str
    version: str
    unit: str
    review_on: str
