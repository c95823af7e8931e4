"""What a matter was filed as, one correction of intake after the other (R4, R27)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.kernel.decider import Value


class Filing(Value):
    """The words by which lengths are chosen, and the limit of law that they bring (R23).

    `until` is when intake corrected it; None for what the matter is filed as now.
    """

    kind: str
    urgency: str
    category: str
    statutory_days: int
    until: datetime | None = None

    @property
    def words(self) -> dict[str, str]:
        return {"kind": self.kind, "urgency": self.urgency, "category": self.category}


def filed_since(filings: Sequence[Filing], at: datetime) -> Sequence[Filing]:
    """What the matter was filed as at that instant, and then all that it was corrected to."""
    return [filing for filing in filings if filing.until is None or filing.until > at]
