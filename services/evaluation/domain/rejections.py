"""What evaluation refuses, and by which rule; the first line of each is what the caller reads."""

from __future__ import annotations

from typing import ClassVar

from services.kernel.decider import Rejection


class NoVisitDue(Rejection):
    """No visit is due for this ticket: it is not completed, or not known here."""

    rule: ClassVar[str] = "R29"
    status: ClassVar[int] = 404


class AlreadyVisited(Rejection):
    """The visit of this round is done and its answers stand."""

    rule: ClassVar[str] = "R29"


class ReasonMissing(Rejection):
    """A failed visit needs a reason."""

    rule: ClassVar[str] = "R29"
    status: ClassVar[int] = 422
