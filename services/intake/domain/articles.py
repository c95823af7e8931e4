"""The knowledge base (R5): articles that answer a consultation at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.intake.domain.rules import Words


@dataclass(frozen=True, slots=True)
class Article:
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

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    def is_overdue(self, day: date) -> bool:
        """R5: its upkeep is late."""
        return self.holds_on(day) and day > self.review_on
